"""The driver of a search: asks Optuna for strategies, has them measured, tells what came of it.

Everything that a trial came to stands with it in the storage, so that a report can be made of a
study alone, whoever ran it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from arena.api.values import Row
from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Sampler
from arena.search import studies
from arena.search.experiment import Ask, Part, splits
from arena.search.judges import Judge
from arena.search.judging import Constraints, Sighting, broken, feasible, sighting
from arena.search.strategy import Moves
from arena.search.workers import Answer, Crew

POLL = 1.0  # seconds
WARM_UP = 8  # finished trials before the median means something

Note = Callable[[str], None]
Leg = tuple[Part, tuple[int, ...]]  # what is measured, in which seeds
Event = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Search:
    """What is searched.

    name: of the study. scenario: with the search's seeds, prompts and split. actor: the adaptive
    one. party: whose search it is, as events name it. trials: in all, those of earlier runs
    included. abreast: trials under way at a time.
    """

    name: str
    scenario: Scenario
    actor: str
    party: str
    moves: Moves
    judge: Judge
    sampler: Sampler
    trials: int
    abreast: int
    prunes: bool
    root: DataRoot


@dataclass
class _Flight:
    """A trial under way."""

    trial: optuna.Trial
    scenario: Scenario
    left: list[Leg]
    began: float
    leg: Leg = ("all", ())
    rows: dict[int, list[Row]] = field(default_factory=dict)


class Driver:
    """Runs a search to its end; stopped at any point, the next one goes on from there."""

    def __init__(
        self, search: Search, study: optuna.Study, crew: Crew, note: Note, event: Event
    ) -> None:
        self._search, self._study, self._crew = search, study, crew
        self._note, self._event = note, event
        self._space = studies.distributions(search.moves.dimensions())
        self._flights: dict[int, _Flight] = {}

    def run(self) -> None:
        """Until there are as many trials as asked for, and all are finished.

        Raises:
            Exception: what nobody foresaw went wrong; its trial is taken up again next time.
        """
        with studies.signs_of_life(lambda: [f.trial for f in list(self._flights.values())]):
            while self._fill():
                for answer in self._crew.wait(POLL):
                    self._take(answer)

    def _fill(self) -> bool:
        """Adopt and propose as far as there is room; whether there is anything to wait for."""
        while len(self._flights) < self._search.abreast:
            trial = self._next()
            if trial is None:
                break
            self._start(trial)
        return bool(self._flights) or self._others_at_work()

    def _next(self) -> optuna.Trial | None:
        trial = studies.adopt(self._study, list(self._flights))
        if trial is not None:
            self._tell_event(trial, "goes on with")
        elif studies.count(self._study) < self._search.trials:
            trial = studies.proposed(self._study)
        if trial is None:
            return None
        settings, name = self._search.sampler, self._search.name
        self._study.sampler = studies.sampler_of(settings, name, trial.number)
        return studies.filled(trial, self._space)

    def _others_at_work(self) -> bool:
        """Whether another driver still runs a trial; then its outcome is worth waiting for."""
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        if running:
            time.sleep(POLL)
        return bool(running)

    def _start(self, trial: optuna.Trial) -> None:
        """Through the schema, like any scenario: a strategy that is wrong fails with its words."""
        if studies.recorded(trial):  # by a driver that died before it could say so
            self._close(trial)
            return
        changes = self._search.moves.changes(trial.params)
        try:
            scenario = varied(self._search.scenario, changes, f"trial {trial.number}")
        except ArenaError as error:
            self._fail(trial, str(error), 0.0)
            return
        beforehand = self._search.judge.beforehand(scenario)
        if self._search.prunes and not feasible(beforehand):
            self._decline(trial, beforehand)
            return
        left = list(legs(scenario, self._search.actor, self._search.prunes))
        self._flights[trial.number] = _Flight(trial, scenario, left, time.monotonic())
        self._tell_event(trial, "started")
        self._ask(self._flights[trial.number])

    def _ask(self, flight: _Flight) -> None:
        flight.leg, flight.rows = flight.left.pop(0), {}
        part, seeds = flight.leg
        first = self._telling() if part == "first" else None
        for seed in seeds:
            ask = Ask(flight.scenario, seed, self._search.root, self._search.actor, part, first)
            self._crew.ask((self._search.name, flight.trial.number, part, seed), ask)

    def _telling(self) -> str | None:
        """The removal to look at first: by finished strategies, the one that says most."""
        seen = [each for trial in self._finished() for each in studies.seen_by(trial)]
        return self._search.judge.telling(seen)

    def _finished(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))

    def _take(self, answer: Answer) -> None:
        key: tuple[str, int, Part, int] = answer.key  # type: ignore[assignment]
        name, number, part, seed = key
        flight = self._flights.get(number) if name == self._search.name else None
        if flight is None or flight.leg[0] != part:
            return  # of a trial that has failed meanwhile, perhaps of an earlier search
        if answer.rows is None:
            if not isinstance(answer.error, ArenaError):
                raise answer.error or RuntimeError("an answer without rows")
            del self._flights[number]
            self._fail(flight.trial, str(answer.error), time.monotonic() - flight.began)
            return
        flight.rows[seed] = answer.rows
        if len(flight.rows) == len(flight.leg[1]):
            self._judge(flight)

    def _judge(self, flight: _Flight) -> None:
        """A leg is done: go on, give up, or finish."""
        if not studies.ours(self._study, flight.trial):
            del self._flights[flight.trial.number]
            return  # this driver was taken for dead; the trial is another's now
        rows = [flight.rows[seed] for seed in flight.leg[1]]
        seen = [sighting(each, flight.scenario, self._search.actor) for each in rows]
        constraints = self._search.judge.constraints(seen, flight.scenario)
        values = self._search.judge.values(seen, flight.scenario)
        why = None
        if flight.left:
            why = self._give_up(flight.trial, values, constraints)
            if why is None:
                self._ask(flight)
                return
        del self._flights[flight.trial.number]
        self._record(flight.trial, values, constraints, why, _facts(seen, flight))

    def _record(
        self,
        trial: optuna.Trial,
        values: Sequence[float],
        constraints: Constraints,
        why: str | None,
        facts: Mapping[str, Any],
    ) -> None:
        """Everything about a trial in one write, and then its end: of a driver that dies between
        the two the next has only to say so."""
        told = {
            "changes": self._search.moves.changes(trial.params),
            "setup": self._search.moves.told(trial.params),
            "violations": constraints,
            "values": list(values),
            "why": why,
        }
        studies.remember(trial, {**facts, **told})
        self._close(trial)

    def _close(self, trial: optuna.Trial) -> None:
        """End a trial as its record has it."""
        facts = studies.recorded(trial)
        if "values" not in facts:
            self._study.tell(trial.number, state=TrialState.FAIL)
            self._note(f"trial {trial.number} failed: {facts['why']}")
            self._tell_event(trial, "failed")
            return
        constraints, why = facts["violations"], facts["why"]
        studies.constrain(trial, constraints)
        if why is None:
            self._study.tell(trial.number, facts["values"], state=TrialState.COMPLETE)
        else:
            self._study.tell(trial.number, state=TrialState.PRUNED)
        self._tell_end(trial, facts["values"], constraints, why)

    def _give_up(
        self, trial: optuna.Trial, values: Sequence[float], constraints: Constraints
    ) -> str | None:
        """Why a strategy is not worth measuring to the end, if it is not: what is violated in one
        seed stays so, and the worst case over the triggers can only sink within a seed. (A mean
        can rise, so there the removal that was nearest to it so far is looked at.)"""
        single = len(values) == 1  # what is reported is the pruned trial's value, for the sampler
        if single and not self._reported(trial):
            trial.report(values[0], step=0)
        if not feasible(constraints):
            return _violates(constraints)
        if single and values[0] < self._bar():
            return "after one removal in one seed already below the median strategy"
        return None

    def _bar(self) -> float:
        """The median of what finished strategies came to in the end. Not of what they had after
        one removal, by which Optuna's median pruner goes: that may be easy to outlast (then all
        are near 1, and half of the best would go)."""
        values = [trial.values[0] for trial in self._finished()]
        return median(values) if len(values) >= WARM_UP else -math.inf

    def _reported(self, trial: optuna.Trial) -> bool:
        """Whether a driver that is gone got as far as this."""
        stored = self._study.get_trials(deepcopy=False)[trial.number]
        return bool(stored.intermediate_values)

    def _decline(self, trial: optuna.Trial, constraints: Constraints) -> None:
        """What breaks its budget need not be run to know it."""
        self._record(trial, (), constraints, _violates(constraints), {"seconds": 0.0})

    def _fail(self, trial: optuna.Trial, why: str, seconds: float) -> None:
        if not studies.ours(self._study, trial):
            return
        studies.remember(trial, {"why": why, "seconds": seconds})
        self._close(trial)

    def _tell_end(
        self,
        trial: optuna.Trial,
        values: Sequence[float],
        constraints: Constraints,
        why: str | None,
    ) -> None:
        state = why or ("kept" if feasible(constraints) else "infeasible")
        numbers = ", ".join(f"{value:.3f}" for value in values)
        total = self._search.trials
        which = f"{self._search.name}: trial {trial.number} ({trial.number + 1} of {total})"
        self._note(f"{which}: {numbers} ({state})")
        self._tell_event(trial, "finished" if why is None else "gave up")

    def _tell_event(self, trial: optuna.Trial, what: str) -> None:
        event = f"{what} trial {trial.number} of {self._search.name}"
        self._event({"party": self._search.party, "event": event})


def legs(scenario: Scenario, actor: str, prunes: bool) -> list[Leg]:
    """The legs of a trial: where it may be given up, one disclosed trigger in the first seed is
    looked at before the rest."""
    whole: Leg = ("all", scenario.seeds)
    return [("first", scenario.seeds[:1]), whole] if prunes and splits(scenario, actor) else [whole]


def sightings(rows: Mapping[int, Sequence[Row]], scenario: Scenario, actor: str) -> list[Sighting]:
    """What was seen, seeds in the scenario's order."""
    return [sighting(rows[seed], scenario, actor) for seed in scenario.seeds]


def _violates(constraints: Constraints) -> str:
    return "violates " + ", ".join(broken(constraints))


def _facts(seen: Sequence[Sighting], flight: _Flight) -> dict[str, Any]:
    return {
        "seen": [each.to_json() for each in seen],
        "seconds": round(time.monotonic() - flight.began, 2),
    }
