"""`arena duel`: red and blue tune in turn, each against what the other played last.

Red's payoff is the ASR that is left of its backdoor; blue wants it low. Gains are measured on the
selection seeds, which neither side searched on (but the best of a few was picked there, so they
are a little optimistic); the payoff matrix on the report's, with prompts
that neither has met.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from optuna.trial import FrozenTrial

from arena.api.ranges import corners
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.runs.run import write_results
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Duel
from arena.search.choosing import Candidate, candidates
from arena.search.driver import Search
from arena.search.duel_results import duel_results
from arena.search.judges import BlueJudge, Judge, RedJudge
from arena.search.judging import DIGITS, Sighting, feasible
from arena.search.phases import on_test, on_validation
from arena.search.session import Session, opened
from arena.search.strategy import OPTION, BlueMoves, Moves, RedMoves
from arena.search.studies import facts_of

Side = Literal["red", "blue"]


@dataclass(frozen=True)
class Strategy:
    """What a side plays. round: in which it was found, 0 for what the scenario has. feasible: it
    kept its side's limits on the selection seeds, against what the other side played then."""

    name: str
    round: int
    changes: Mapping[str, Any]
    setup: str
    feasible: bool = True


@dataclass(frozen=True)
class Move:
    """One side's turn. before, after: on the selection seeds, what it played and what it found
    (None if no trial kept its constraints). kept: whether the gain was above the threshold."""

    side: Side
    against: Strategy
    before: tuple[Sighting, ...]
    found: Strategy | None
    after: tuple[Sighting, ...]
    gain: float
    kept: bool
    trials: int
    feasible: int


@dataclass(frozen=True)
class DuelResult:
    """A finished duel: its folder, and `results.json` as a dict."""

    folder: Path
    results: dict[str, Any]


def duel(
    scenario: Scenario,
    *,
    root: DataRoot | None = None,
    out: Path | None = None,
    storage: str | None = None,
    study: str | None = None,
    address: str | None = None,
    quiet: bool = False,
    store: Path | None = None,
) -> DuelResult:
    """Play the rounds, then every strategy of one side against every one of the other.

    Args:
        study: head of the studies' names (`NAME.red1`, `NAME.blue1`, ...). The other arguments as
            for `arena.search.tune.tune`. Stopped anywhere, the same command goes on.

    Raises:
        InputError: the scenario has no `duel` section or an option that is no defender, or as for
            `tune`.
    """
    if scenario.duel is None:
        raise InputError("the scenario has no such section, so nobody duels", key="duel")
    _check_options(scenario, scenario.duel)
    with opened(
        scenario,
        root=root,
        out=out,
        storage=storage,
        study=study,
        address=address,
        quiet=quiet,
        store=store,
    ) as session:
        results = _Game(session).play()
    write_results(session.folder, results)
    return DuelResult(session.folder, results)


def _check_options(scenario: Scenario, settings: Duel) -> None:
    """Raise InputError if an option of blue's is no defender, before anything is trained."""
    moves = BlueMoves(settings.blue, settings.compute)
    for option in settings.blue.options:
        first = {f"{option.name}:{key}": corners(each)[0] for key, each in option.space.items()}
        changes = moves.changes({OPTION: option.name, **first})
        varied(scenario, changes, f"blue's option {option.name}")


class _Game:
    """The state of a duel: what each side plays, and everything that it has found."""

    def __init__(self, session: Session) -> None:
        settings = session.scenario.duel
        assert settings is not None
        self._session, self._settings = session, settings
        within = {"defender.compute": settings.compute}
        first_red = Strategy("red0", 0, {}, "untuned")
        first_blue = Strategy("blue0", 0, within, "as the scenario has it, within the budget")
        self._plays: dict[Side, Strategy] = {"red": first_red, "blue": first_blue}
        self._all: dict[Side, list[Strategy]] = {"red": [first_red], "blue": [first_blue]}
        self._moves: dict[Side, Moves] = {
            "red": RedMoves(settings),
            "blue": BlueMoves(settings.blue, settings.compute),
        }
        # The clean fine-tune has blue's steps and rate: by it blue could forbid red every strategy.
        free = settings.limits.model_copy(update={"control_asr": 0.0})
        red = RedJudge(settings.model_copy(update={"limits": free}))
        self._judges: dict[Side, Judge] = {"red": red, "blue": BlueJudge(settings)}

    def play(self) -> dict[str, Any]:
        """All rounds and the payoffs, as results.json."""
        rounds: list[tuple[Move, Move]] = []
        ended = "rounds"
        while len(rounds) < self._settings.most:
            number = len(rounds) + 1
            rounds.append((self._turn("red", number), self._turn("blue", number)))
            gained = any(move.kept for move in rounds[-1])
            if number >= self._settings.rounds and not gained:
                ended = "threshold"
                break
        self._session.note("payoffs: every strategy against every other on fresh seeds")
        payoffs = self._payoffs()
        return duel_results(self._session, self._settings, rounds, self._all, payoffs, ended)

    def _turn(self, side: Side, number: int) -> Move:
        """One side searches against what the other plays, and changes if it gains enough."""
        other = self._plays["blue" if side == "red" else "red"]
        base = varied(
            self._session.scenario, other.changes, f"round {number}, against {other.name}"
        )
        study = self._session.search(self._search(side, number, base))
        found = candidates(
            study,
            base,
            self._settings,
            self._moves[side],
            self._judges[side],
            self._session.measure,
        )
        before = self._now(base, self._plays[side])
        best = found[0] if found else None
        strategy = None if best is None else self._strategy(side, number, best)
        gain = 0.0 if best is None else self._gain(side, before, best.seen)
        now = varied(base, self._plays[side].changes, self._plays[side].name)
        allowed = feasible(self._judges[side].constraints(before, now))
        enough = gain > self._settings.threshold or not allowed  # what breaks its limits must go
        kept = best is not None and best.feasible and enough
        if number == 1:
            self._plays[side] = replace(self._plays[side], feasible=allowed)
            self._all[side] = [self._plays[side]]
        if strategy is not None:
            self._all[side].append(strategy)
            self._plays[side] = strategy if kept else self._plays[side]
        trials = study.get_trials(deepcopy=False)
        self._tell(side, number, strategy, gain, kept)
        return Move(
            side=side,
            against=other,
            before=tuple(before),
            found=strategy,
            after=tuple(best.seen) if best else (),
            gain=gain,
            kept=kept,
            trials=len(trials),
            feasible=sum(facts_of(t).get("why") is None and _kept(t) for t in trials),
        )

    def _search(self, side: Side, number: int, base: Scenario) -> Search:
        settings = self._settings
        return Search(
            name=f"{self._session.name}.{side}{number}",
            scenario=on_validation(base, settings, settings.seeds.search),
            actor=settings.actor,
            party=self._party(side),
            moves=self._moves[side],
            judge=self._judges[side],
            sampler=settings.sampler,
            trials=settings.trials if side == "red" else settings.blue.trials,
            abreast=self._session.abreast,
            prunes=side == "red",
            root=self._session.root,
        )

    def _now(self, base: Scenario, plays: Strategy) -> list[Sighting]:
        """What the side has without changing, on the selection seeds."""
        settings = self._settings
        scenario = on_validation(
            varied(base, plays.changes, plays.name), settings, settings.seeds.select
        )
        asked: dict[Hashable, Scenario] = {plays.name: scenario}
        return self._session.measure(asked, settings.actor)[plays.name]

    def _strategy(self, side: Side, number: int, best: Candidate) -> Strategy:
        params, moves = best.trial.params, self._moves[side]
        told, name = moves.told(params), f"{side}{number}"
        if side == "blue":
            told += _cut(best.scenario)
        return Strategy(name, number, moves.changes(params), told, best.feasible)

    def _gain(self, side: Side, before: list[Sighting], after: list[Sighting]) -> float:
        disclosed = self._settings.disclosed
        rise = fmean(s.value(disclosed) for s in after) - fmean(s.value(disclosed) for s in before)
        return round(rise if side == "red" else -rise, DIGITS)

    def _payoffs(self) -> dict[tuple[str, str], list[Sighting]]:
        settings = self._settings
        asked: dict[Hashable, Scenario] = {}
        for red in self._all["red"]:
            for blue in self._all["blue"]:
                changes = {**red.changes, **blue.changes}
                name = f"{red.name} against {blue.name}"
                asked[red.name, blue.name] = on_test(
                    self._session.scenario, settings.seeds.report, changes, name
                )
        seen = self._session.measure(asked, settings.actor)
        return {key: seen[key] for key in asked}  # type: ignore[misc]

    def _tell(
        self, side: Side, number: int, found: Strategy | None, gain: float, kept: bool
    ) -> None:
        what = "found nothing that keeps its constraints" if found is None else (
            f"{'changes to' if kept else 'stays; its best was'} {found.setup} (gain {gain:+.3f})"
        )  # fmt: skip
        self._session.note(f"round {number}: {side} {what}")
        event = {"party": self._party(side), "event": f"round {number}: {side} {what}"}
        self._session.event(event)

    def _party(self, side: Side) -> str:
        return f"threat:{self._settings.actor}" if side == "red" else "defender"


def _cut(scenario: Scenario) -> str:
    """Blue's steps, where the budget pays fewer than were chosen."""
    defender = scenario.defender
    taken = defender.steps_within(scenario.training_passes)
    cut = defender.steps is not None and taken < defender.steps
    return f", of which the budget pays {taken} steps" if cut else ""


def _kept(trial: FrozenTrial) -> bool:
    violations = facts_of(trial).get("violations")
    return violations is not None and feasible(violations)
