"""`arena duel`: red and blue search in turn, each against the other's current strategy.

Red's payoff is the ASR left of its backdoor, and 0 in a seed in which that is not installed; blue
minimises it. Gains are measured on the selection seeds, which neither side searched on (they are
slightly optimistic, since the best of a few trials is selected there); the payoff matrix is
measured on the report's seeds with test prompts, which neither side has seen.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import optuna
from optuna.trial import FrozenTrial

from arena.api.ranges import corners
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.results.duel import DuelResults, Side
from arena.runs.run import opened as open_scenario
from arena.runs.run import write_folder
from arena.scenario.load import Given, varied
from arena.scenario.schema import Scenario
from arena.scenario.search import GROUPING, Duel
from arena.search.choosing import RankedTrial, candidates
from arena.search.constraints import (
    DIGITS,
    Constraints,
    feasible,
    judged,
    violated,
    without_control,
)
from arena.search.criteria import AttackCriteria, Criteria, DefenceCriteria
from arena.search.driver import SearchEvent, StudySpec
from arena.search.duel_results import duel_results, payoffs_of
from arena.search.observations import Observation, SeedObservations
from arena.search.phases import on_test, on_validation
from arena.search.session import Session, check_suits, opened
from arena.search.strategies import Move, Strategy
from arena.search.strategy_spaces import (
    OPTION,
    DefenceSpace,
    Parameters,
    StrategySpace,
    TacticSpace,
)
from arena.search.studies import FINISHED, outcome_of
from arena.store.identity import digest

OTHER: Mapping[Side, Side] = {"red": "blue", "blue": "red"}


@dataclass(frozen=True)
class DuelResult:
    """A finished duel: its folder, and its results as in `results.json`."""

    folder: Path
    results: DuelResults


def duel(
    scenario: Given,
    *,
    root: DataRoot | str | Path | None = None,
    out: str | Path | None = None,
    storage: str | None = None,
    study: str | None = None,
    address: str | None = None,
    quiet: bool = False,
    store: str | Path | None = None,
) -> DuelResult:
    """Play the rounds, then every strategy of one side against every one of the other.

    After an interruption the same call continues the duel.

    Example:
        >>> done = arena.duel("duel", out=Path("runs/duel"))
        >>> done.results.kind
        'duel'

    Args:
        study: prefix of the studies' names (`NAME.red1`, `NAME.blue1-4f02aa`, ...: against a
            strategy that was found, its mark). The other arguments as for `arena.search.tune.tune`.

    Raises:
        InputError: the scenario has no `duel` section, or an option is not a valid defender; or as
            for `tune`.
    """
    with open_scenario(scenario, root) as (scenario, where):
        if scenario.duel is None:
            raise InputError("the scenario has no such section: no duel to play", key="duel")
        for option, made in _options(scenario, scenario.duel):
            check_suits(made, where, store, f"duel.blue.options.{option}")
        with opened(
            scenario,
            root=where,
            out=out,
            storage=storage,
            study=study,
            address=address,
            quiet=quiet,
            store=store,
            call="duel",
        ) as session:
            results = _Duel(session).play()
            write_folder(session.folder, results)
        return DuelResult(session.folder, results)


def _options(scenario: Scenario, settings: Duel) -> Iterator[tuple[int, Scenario]]:
    """Yield the place of each of blue's options, and a scenario with it; and the same for its known
    strategies. Raises InputError if one is not a valid defender."""
    places = {option.name: at for at, option in enumerate(settings.blue.options)}
    space = DefenceSpace(settings.blue, settings.compute)
    first = {
        option.name: {key: corners(each)[0] for key, each in option.space.items()}
        for option in settings.blue.options
    }
    for name, values in first.items():
        params = space.start({OPTION: name, **values})
        yield places[name], varied(scenario, space.changes(params), f"blue's option {name}")
    for start in settings.blue.starts:
        name = str(start[OPTION])
        params = space.start({**first[name], **start})
        yield places[name], varied(scenario, space.changes(params), f"blue's start {name}")


class _Duel:
    """The state of a duel: each side's current strategy, and all strategies found so far."""

    def __init__(self, session: Session) -> None:
        settings = session.scenario.duel
        assert settings is not None
        self._session, self._settings = session, settings
        within = {"defender.compute": settings.compute}
        first_red = Strategy("red0", 0, {}, "untuned")
        first_blue = Strategy("blue0", 0, within, "as in the scenario, within the budget")
        self._plays: dict[Side, Strategy] = {"red": first_red, "blue": first_blue}
        self._all: dict[Side, list[Strategy]] = {"red": [first_red], "blue": [first_blue]}
        self._spaces: dict[Side, StrategySpace] = {
            "red": TacticSpace(settings),
            "blue": DefenceSpace(
                settings.blue, settings.compute, varies=settings.sampler.method in GROUPING
            ),
        }
        # The clean fine-tune has blue's steps and learning rate: with a limit on the control ASR,
        # blue could make every strategy of red's infeasible.
        red = AttackCriteria(
            settings.model_copy(update={"limits": without_control(settings.limits)})
        )
        self._criteria: dict[Side, Criteria] = {"red": red, "blue": DefenceCriteria(settings)}

    def play(self) -> DuelResults:
        """Play all rounds, measure the payoffs, and return the results."""
        scenario, settings = self._session.scenario, self._settings
        searched = (*settings.seeds.search, *settings.seeds.select)
        self._session.plan(
            on_validation(scenario, settings, searched),
            on_test(scenario, settings.seeds.report, self._plays["blue"].changes, "blue0"),
        )
        rounds: list[tuple[Move, Move]] = []
        ended = "rounds"
        while len(rounds) < self._settings.most_rounds:
            number = len(rounds) + 1
            rounds.append((self._turn("red", number), self._turn("blue", number)))
            gained = any(move.kept for move in rounds[-1])
            if number >= self._settings.rounds and not gained:
                ended = "threshold"
                break
        self._session.phase("payoffs: every strategy against every other on fresh seeds")
        payoffs = self._payoffs()
        return duel_results(self._session, self._settings, rounds, self._all, payoffs, ended)

    def _turn(self, side: Side, number: int) -> Move:
        """Search against the other side's strategy, and adopt the best one if it gains enough."""
        other = self._plays[OTHER[side]]
        base = varied(
            self._session.scenario, other.changes, f"round {number}, against {other.name}"
        )
        most = self._settings.most_rounds
        self._session.phase(f"round {number} of at most {most}: {side} searches")
        study = self._session.search(self._spec(side, number, base))
        self._session.phase(f"round {number} of at most {most}: {side} selects")
        best = self._best(side, study, base)
        current = self._current(side, base)
        before = current.seen
        if number == 1:
            self._judge_first(side, self._constraints(side, current, base))
        strategy = None if best is None else self._named(side, self._strategy(side, number, best))
        gain = 0.0 if best is None else self._gain(side, before, best.seen)
        kept = best is not None and best.feasible and self._must_change(side, gain, current, base)
        if strategy is not None and kept:
            self._plays[side] = strategy
        self._report(side, number, strategy, gain, kept)
        trials = study.get_trials(deepcopy=False, states=FINISHED)
        return Move(
            side=side,
            against=other,
            before=before,
            best=strategy,
            after=tuple(best.seen) if best else (),
            gain=gain,
            kept=kept,
            trials=len(trials),
            feasible=sum(_is_feasible(trial) for trial in trials),
            violated=violations(trials),
        )

    def _spec(self, side: Side, number: int, base: Scenario) -> StudySpec:
        settings = self._settings
        return StudySpec(
            name=f"{self._session.name}.{side}{number}{_mark_of(self._plays[OTHER[side]])}",
            scenario=on_validation(base, settings, settings.seeds.search),
            actor=settings.actor,
            party=self._party(side),
            space=self._spaces[side],
            criteria=self._criteria[side],
            sampler=settings.sampler,
            trials=settings.trials if side == "red" else settings.blue.trials,
            parallel=self._session.parallel,
            prunes=side == "red" or settings.race is not None,
            root=self._session.root,
            race=settings.race,
            starts=self._starts(side),
        )

    def _starts(self, side: Side) -> list[Parameters]:
        """The strategy that the side plays, if a search found it, then the scenario's known ones:
        those may be as many as the trials."""
        given = self._settings.starts if side == "red" else self._settings.blue.starts
        known = [self._spaces[side].start(each) for each in given]
        playing = self._plays[side].params
        return [playing, *known] if playing else known

    def _best(self, side: Side, study: optuna.Study, base: Scenario) -> RankedTrial | None:
        """The study's best trial on the selection seeds; None if no trial is feasible."""
        ranking = candidates(
            study,
            base,
            self._settings,
            self._spaces[side],
            self._criteria[side],
            self._session.evaluate,
        )
        return next(iter(ranking.candidates), None)

    def _current(self, side: Side, base: Scenario) -> SeedObservations:
        """Observations of the side's current strategy on the selection seeds."""
        settings, plays = self._settings, self._plays[side]
        scenarios: dict[Hashable, Scenario] = {plays.name: self._selected(side, base)}
        return self._session.evaluate(scenarios, settings.actor)[plays.name]

    def _constraints(
        self, side: Side, current: SeedObservations, base: Scenario
    ) -> Constraints:  # fmt: skip
        """The constraints on the side's current strategy."""
        return judged(current, self._criteria[side].constraints, self._selected(side, base))

    def _selected(self, side: Side, base: Scenario) -> Scenario:
        """The side's current strategy on the selection seeds, all of which judge it."""
        settings, plays = self._settings, self._plays[side]
        played = varied(base, plays.changes, plays.name)
        return on_validation(played, settings, settings.seeds.select)

    def _must_change(
        self, side: Side, gain: float, current: SeedObservations, base: Scenario
    ) -> bool:
        """Whether the gain is large enough; a strategy that violates its constraints is given up
        whatever the gain."""
        broken = not feasible(self._constraints(side, current, base))
        return gain > self._settings.threshold or broken

    def _judge_first(self, side: Side, constraints: Constraints) -> None:
        """Record whether the scenario's own strategy is feasible, once it is measured."""
        allowed = feasible(constraints)
        own = replace(self._plays[side], feasible=allowed, constraints=constraints)
        self._plays[side] = own
        self._all[side] = [self._plays[side]]

    def _strategy(self, side: Side, number: int, best: RankedTrial) -> Strategy:
        params, space = best.trial.params, self._spaces[side]
        setup = space.describe(params)
        if side == "blue":
            setup += _step_limit(best.scenario)
        changes = space.changes(params)
        name = f"{side}{number}"
        return Strategy(name, number, changes, setup, best.feasible, best.constraints, params)

    def _named(self, side: Side, found: Strategy) -> Strategy:
        """The strategy as it is known: one that an earlier round found keeps its name, with the
        latest judgement of its limits."""
        known = self._all[side]
        for place, each in enumerate(known):
            if each.changes == found.changes:
                known[place] = replace(each, feasible=found.feasible, constraints=found.constraints)
                return known[place]
        known.append(found)
        return found

    def _gain(
        self, side: Side, before: Sequence[Observation], after: Sequence[Observation]
    ) -> float:
        """The change in this side's favour over the seeds that both strategies were measured on: a
        candidate that broke a limit may have lost the race after two."""
        thresholds = self._session.scenario.thresholds
        was, now = (payoffs_of(seen, self._settings, thresholds) for seen in (before, after))
        both = was.keys() & now.keys()
        rise = fmean(now[seed] - was[seed] for seed in sorted(both)) if both else 0.0
        return round(rise if side == "red" else -rise, DIGITS)

    def _payoffs(self) -> dict[tuple[str, str], SeedObservations]:
        """Observations of every pair. Strategies of different rounds never met in a search: a pair
        that makes no valid scenario has a reason in every seed."""
        settings = self._settings
        scenarios: dict[Hashable, Scenario] = {}
        seen: dict[Hashable, SeedObservations] = {}
        for red, blue in itertools.product(self._all["red"], self._all["blue"]):
            pair, name = (red.name, blue.name), f"{red.name} against {blue.name}"
            changes = {**red.changes, **blue.changes}
            try:
                own = on_test(self._session.scenario, settings.seeds.report, changes, name)
            except InputError as error:
                self._session.note(f"{name} is left out: {error}")
                seen[pair] = SeedObservations((), dict.fromkeys(settings.seeds.report, str(error)))
                continue
            scenarios[pair] = own
            seen[pair] = SeedObservations()
        seen |= self._session.evaluate(scenarios, settings.actor)
        return seen  # type: ignore[return-value]

    def _report(
        self, side: Side, number: int, best: Strategy | None, gain: float, kept: bool
    ) -> None:
        what = "has no feasible trial" if best is None else (
            f"{'changes to' if kept else 'keeps its strategy; the best trial was'} {best.setup} "
            f"(gain {gain:+.3f})"
        )  # fmt: skip
        line = f"round {number}: {side} {what}"
        self._session.note(line)
        self._session.emit(SearchEvent(self._party(side), line))

    def _party(self, side: Side) -> str:
        return f"threat:{self._settings.actor}" if side == "red" else "defender"


def _mark_of(other: Strategy) -> str:
    """What tells a study against this strategy from one against another of the same round, which a
    longer search before it may have found; empty for the scenario's own."""
    return f"-{digest(dict(other.changes))[:6]}" if other.round else ""


def _step_limit(scenario: Scenario) -> str:
    """Words for the steps that blue's budget pays for, if fewer than were chosen."""
    defender = scenario.defender
    taken = defender.steps_within(scenario.training_passes)
    limited = defender.steps is not None and taken < defender.steps
    return f", of which the budget pays for {taken} steps" if limited else ""


def violations(trials: Sequence[FrozenTrial]) -> dict[str, int]:
    """Return how many trials violated each constraint, the most violated first."""
    outcomes = (outcome_of(trial) for trial in trials)
    counts = Counter(
        name for o in outcomes if o is not None for name in violated(o.violations or {})
    )
    return dict(counts.most_common())


def _is_feasible(trial: FrozenTrial) -> bool:
    """Whether a trial ran to its end and satisfied all constraints."""
    outcome = outcome_of(trial)
    return outcome is not None and outcome.why is None and outcome.feasible
