"""The results of a search for an attacker's strategy (`arena tune`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from arena.results.base import SCHEMA_VERSION, Named, Part
from arena.results.brief import Brief, counted
from arena.results.estimate import Estimate
from arena.results.scenario import ScenarioRecord, TacticRecord

TUNED, UNTUNED, RANDOM = "tuned", "untuned", "random"  # names of strategies in a report
WITHOUT = "without "  # begins the name of the tuned strategy without one of its tactics


class PhaseSeeds(Part):
    """The seeds of the three phases: search, selection, report."""

    search: tuple[int, ...] = ()
    select: tuple[int, ...] = ()
    report: tuple[int, ...] = ()


class StudyRecord(Part):
    """The Optuna study. storage: its URL without a password. disclosed: `worst` or `mean` over the
    disclosed triggers. against: defences that a strategy had to survive; empty is the scenario's
    defender. trials: number requested; 0 if a known strategy was reported and nothing searched.
    constraints: the limits, by name."""

    name: str = ""
    storage: str = ""
    sampler: str = ""
    objectives: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    actor: str = ""
    disclosed: str = ""
    against: tuple[str, ...] = ()
    seeds: PhaseSeeds = PhaseSeeds()
    trials: int | None = None
    constraints: Named[float] = {}

    @property
    def searched(self) -> bool:
        """Return whether strategies were searched, not one reported that was known before."""
        return self.trials != 0


class TrialRecord(Part):
    """One trial.

    Attributes:
        state: complete | pruned | failed | running | waiting.
        values: one per objective; empty if it gave none.
        setup: the strategy in words.
        feasible: whether it satisfied every constraint; None if unknown.
        constraints: by name, violated above 0.
        left: ASR left, by disclosed trigger. measured: other rates by name.
        why: the reason why it was pruned or failed.
    """

    number: int
    state: str = ""
    values: tuple[float, ...] = ()
    params: Mapping[str, JsonValue] = {}
    tactics: tuple[TacticRecord, ...] = ()
    setup: str | None = None
    feasible: bool | None = None
    constraints: Named[float] = {}
    left: Named[float] = {}
    measured: Named[float] = {}
    seconds: float | None = None
    why: str | None = None


class HistoryPoint(Part):
    """The first value of a trial, and the best feasible one so far."""

    number: int
    value: float | None = None
    best: float | None = None


class Importance(Part):
    """Share of the value's variance by parameter (fANOVA), or a note where there is none."""

    names: Named[float] = {}
    note: str | None = None


class CandidateRecord(Part):
    """One of the best trials, measured again on the selection seeds. constraints: there, by name,
    violated above 0. feasible: None as long as no more seeds were measured than may break a limit.
    seeds: how many were measured; in a race fewer than the chosen one's. failed: seed -> why it
    could not be measured."""

    trial: int | None = None
    search: Estimate = Estimate()
    select: Estimate = Estimate()
    feasible: bool | None = None
    constraints: Named[float] = {}
    seeds: int | None = None
    chosen: bool = False
    failed: Mapping[str, str] = {}


class ContenderRecord(Part):
    """A strategy on fresh seeds: `tuned`, `untuned`, `random`, or the tuned one `without TACTIC`.

    Attributes:
        trial: its number; None if it is not from the search.
        search, select, report, unseen: ASR left on those seeds; `unseen` against a defender that
            the search did not use. `report` and `unseen` are over seeds in which it is installed
            and no removal failed.
        by_defence: ASR left on the report's seeds by defence, each dose by itself; the scenario's
            defender without doses has an empty name.
        control, control_unseen: ASR after the clean fine-tune.
        own_left, own_left_unseen: remaining ASR of the disclosed trigger itself.
        defended_loss: accuracy that the worst defended model lost.
        installed, feasible: of `seeds`. constraints: by name, in the worst of the report's seeds
            that counts (`limits.kept`) under the search's defender, violated above 0. report_seeds,
            unseen_seeds: those that count.
    """

    name: str = ""
    trial: int | None = None
    setup: str | None = None
    tactics: tuple[TacticRecord, ...] = ()
    search: Estimate = Estimate()
    select: Estimate = Estimate()
    report: Estimate = Estimate()
    unseen: Estimate = Estimate()
    by_defence: Named[Estimate] = {}
    report_seeds: int | None = None
    unseen_seeds: int | None = None
    control: Estimate = Estimate()
    control_unseen: Estimate = Estimate()
    own_left: Estimate = Estimate()
    own_left_unseen: Estimate = Estimate()
    defended_loss: Estimate = Estimate()
    near_miss: Estimate = Estimate()
    clean_accuracy: Estimate = Estimate()
    installed: int | None = None
    feasible: int | None = None
    constraints: Named[float] = {}
    seeds: int | None = None


class Difference(Part):
    """How much more ASR one contender keeps than another, paired by seed.

    Attributes:
        defender: `seen` or `unseen` by the search.
        difference: the mean with its t interval. p: of the exact sign-flip test, two-sided.
        per_seed: differences of the `seeds` that count; None if they were not stored.
        left_out: seed -> the reason why it does not count.
    """

    of: str = "tuned"
    against: str = ""
    defender: str = ""
    difference: Estimate = Estimate()
    p: float | None = None
    per_seed: tuple[float, ...] | None = None
    seeds: tuple[int, ...] = ()
    left_out: Mapping[str, str | None] = {}


class TuneSeconds(Part):
    """Seconds of this command, and those in which trials of the two studies ran."""

    total: float | None = None
    tuned: float | None = None
    random: float | None = None


class TuneResults(Brief, Part):
    """results.json of `arena tune`.

    Attributes:
        pareto: trial numbers on the Pareto front.
        choice_error: chance that another candidate is better than the chosen one, from the
            selection seeds; None without a race.
        per_seed: contender -> defender -> seed -> ASR left, all seeds.
        unseen: the scenario's keys that make the unseen defender.
        verdict: the differences in words.
        evasion: whether the tuned strategy evades, `evades`, `does_not_evade` or `inconclusive`.
        evasion_reason: why, in words.
        failed: a strategy that could not be measured in any of the report's seeds -> why; it is no
            contender.
    """

    schema_version: int = SCHEMA_VERSION
    kind: Literal["tune"] = "tune"
    scenario: ScenarioRecord = ScenarioRecord()
    study: StudyRecord = StudyRecord()
    trials: tuple[TrialRecord, ...] = ()
    history: tuple[HistoryPoint, ...] = ()
    importance: Importance = Importance()
    pareto: tuple[int, ...] = ()
    candidates: tuple[CandidateRecord, ...] = ()
    choice_error: float | None = None
    contenders: tuple[ContenderRecord, ...] = ()
    differences: tuple[Difference, ...] = ()
    per_seed: Named[Named[Named[float]]] = {}
    unseen: Mapping[str, JsonValue] = {}
    verdict: str = ""
    evasion: str = ""
    evasion_reason: str = ""
    failed: Named[str] = {}
    environment: Mapping[str, JsonValue] = {}
    seconds: TuneSeconds = TuneSeconds()

    def _headline(self) -> str:
        tried = counted(len(self.trials), "trial") if self.study.searched else "a known strategy"
        whole = (self.scenario.name, tried, self.verdict)
        return ", ".join(filter(None, whole))

    def contender(self, name: str) -> ContenderRecord | None:
        """Return the contender of this name; None if there is none."""
        return next((each for each in self.contenders if each.name == name), None)
