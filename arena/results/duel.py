"""The results of a duel: rounds, strategies, and every strategy against every other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from arena.results.base import SCHEMA_VERSION, Named, Part
from arena.results.brief import Brief, counted
from arena.results.estimate import Estimate
from arena.results.scenario import ScenarioRecord
from arena.results.tune import PhaseSeeds

Side = Literal["red", "blue"]


class DuelStudy(Part):
    """Prefix of the studies' names, and where they are stored (no password)."""

    name: str = ""
    storage: str = ""


class MoveRecord(Part):
    """One side's turn.

    Attributes:
        name: of the strategy it found; None if no trial satisfied its constraints.
        before, after: ASR left on the selection seeds, with the strategy played so far and with the
            one found.
        gain: in this side's favour. kept: whether it changed to the strategy found.
        trials, feasible: how many, and how many of them satisfied the constraints. violated: how
            many violated each constraint, by name. seeds: on which both were measured; fewer than
            there are if the strategy found broke a limit, or an experiment failed. The gain is over
            these.
    """

    name: str | None = None
    against: str = ""
    before: Estimate = Estimate()
    after: Estimate = Estimate()
    gain: float | None = None
    kept: bool | None = None
    trials: int | None = None
    feasible: int | None = None
    violated: Named[int] = {}
    setup: str | None = None
    seeds: int | None = None


class DuelRound(Part):
    """Both moves of a round, red first; None for a side that did not move."""

    round: int | None = None
    red: MoveRecord | None = None
    blue: MoveRecord | None = None


class StrategyRecord(Part):
    """A strategy that a side can play.

    Attributes:
        round: in which it was found; 0 for the scenario's own.
        changes: keys of the scenario with their values.
        feasible: whether it satisfied its side's limits on the selection seeds; None if unknown.
        constraints: there, by name, each in its worst seed, violated above 0.
        spent: blue's share of the training compute; None for red.
    """

    name: str = ""
    round: int | None = None
    setup: str | None = None
    changes: Mapping[str, JsonValue] = {}
    feasible: bool | None = None
    constraints: Named[float] = {}
    spent: float | None = None


class Strategies(Part):
    """Every strategy of each side, the scenario's own first."""

    red: tuple[StrategyRecord, ...] = ()
    blue: tuple[StrategyRecord, ...] = ()


class LastPlayed(Part):
    """The name of the strategy that each side ends with."""

    red: str = ""
    blue: str = ""


class Payoff(Part):
    """One strategy of red against one of blue, on the report's seeds.

    Attributes:
        left, per_seed: ASR left. A seed in which red's backdoor is not installed before any defence
            counts as 0: red has no backdoor to keep there.
        seeds: that were measured. installed: in how many of them red's backdoor is installed; None
            in older results, in which `left`, `per_seed` and `seeds` are of these seeds only.
        failed: seed -> why it could not be measured; it counts nowhere.
    """

    red: str = ""
    blue: str = ""
    left: Estimate = Estimate()
    per_seed: tuple[float, ...] | None = None
    control: Estimate = Estimate()
    clean_accuracy: Estimate = Estimate()
    own_left: Estimate = Estimate()
    seeds: int | None = None
    installed: int | None = None
    failed: Mapping[str, str] = {}


class BestReplies(Part):
    """By mean payoff, among feasible strategies. red: blue's strategy -> red's best against it;
    blue: the reverse."""

    red: Named[str] = {}
    blue: Named[str] = {}


class MixedEquilibrium(Part):
    """The equilibrium of the game of mean payoffs, in which each side draws its strategy at random:
    neither could do better with other weights.

    Attributes:
        value: ASR left, with an interval by resampling the report's seeds.
        red, blue: weight of each feasible strategy; each side's sum to 1. There may be other
            weights with the same value.
        seeds: in which some payoff was measured. resamples: behind the interval.
        note: why there is no equilibrium; None if there is one.
    """

    value: Estimate = Estimate()
    red: Named[float] = {}
    blue: Named[float] = {}
    seeds: int | None = None
    resamples: int | None = None
    note: str | None = None


class DuelSeconds(Part):
    """Seconds of this command."""

    total: float | None = None


class DuelResults(Brief, Part):
    """results.json of `arena duel`.

    Attributes:
        threshold: the gain above which a side changes.
        constraints: the limits of strategies, by name.
        budget: share of the training compute that blue may spend.
        cycles: whether best replies return to an earlier strategy without settling.
        ended: `threshold` or `rounds`.
    """

    schema_version: int = SCHEMA_VERSION
    kind: Literal["duel"] = "duel"
    scenario: ScenarioRecord = ScenarioRecord()
    study: DuelStudy = DuelStudy()
    actor: str = ""
    disclosed: str = ""
    threshold: float | None = None
    budget: float | None = None
    constraints: Named[float] = {}
    seeds: PhaseSeeds = PhaseSeeds()
    rounds: tuple[DuelRound, ...] = ()
    strategies: Strategies = Strategies()
    last: LastPlayed = LastPlayed()
    payoff: tuple[Payoff, ...] = ()
    replies: BestReplies = BestReplies()
    cycles: bool | None = None
    equilibrium: MixedEquilibrium = MixedEquilibrium()
    ended: str = ""
    environment: Mapping[str, JsonValue] = {}
    seconds: DuelSeconds = DuelSeconds()

    def _headline(self) -> str:
        sides = f"{self.actor} against a defender" if self.actor else ""
        whole = (self.scenario.name, sides, counted(len(self.rounds), "round"))
        return ", ".join(filter(None, whole))
