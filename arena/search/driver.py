"""The driver of a search: Optuna proposes strategies, evaluators run them, the study keeps them.

Everything measured in a trial is stored with it, so that the report can be built from a study
alone, whichever driver ran it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import TrialState

from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.planning.plan import plan_seed
from arena.progress.observer import Observer, Planned
from arena.results.rows import Row
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.scenario.search import Race, Sampler
from arena.search import ownership, studies
from arena.search.blame import refuse_foreign
from arena.search.constraints import Constraints, feasible
from arena.search.criteria import Criteria, sign_of
from arena.search.evaluators import Evaluated, Evaluators
from arena.search.experiment import Experiment, Scope
from arena.search.observations import Observation, observe
from arena.search.pruning import Pruning, Rung, rungs, violation
from arena.search.strategy_spaces import Parameters, StrategySpace
from arena.search.trial_outcome import TrialOutcome

POLL = 1.0  # seconds


@dataclass(frozen=True)
class SearchEvent:
    """A line of events.jsonl. party: whose search it is; event: in words."""

    party: str
    event: str


@dataclass(frozen=True)
class StudySpec:
    """What one study searches.

    Attributes:
        name: of the study.
        scenario: with the search's seeds, prompts and split.
        actor: the adaptive one. party: whose search it is.
        trials: in total, those of earlier runs included.
        parallel: trials that run at the same time.
        prunes: whether a trial may end before it was measured on all seeds.
        race: how seeds are spent; None measures the rest of them at once. starts: parameters of the
            first trials.
        check: raises InputError if what a strategy changes suits no later phase.
    """

    name: str
    scenario: Scenario
    actor: str
    party: str
    space: StrategySpace
    criteria: Criteria
    sampler: Sampler
    trials: int
    parallel: int
    prunes: bool
    root: DataRoot
    race: Race | None = None
    starts: Sequence[Parameters] = ()
    check: Callable[[Mapping[str, Any]], object] = lambda changes: None


@dataclass
class _Running:
    """A trial that is being measured. left: rungs still to run; rows: of `rung`, by seed; seen:
    observations of the seeds that were measured in full."""

    trial: optuna.Trial
    scenario: Scenario
    left: list[Rung]
    began: float
    rung: Rung = ("all", ())
    rows: dict[int, list[Row]] = field(default_factory=dict)
    seen: list[Observation] = field(default_factory=list)


class Driver:
    """Runs a search to its end. After an interruption the next driver continues the study."""

    def __init__(
        self,
        spec: StudySpec,
        study: optuna.Study,
        evaluators: Evaluators,
        observer: Observer,
        emit: Callable[[SearchEvent], None],
    ) -> None:
        self._spec, self._study, self._evaluators = spec, study, evaluators
        self._observer, self._emit = observer, emit
        self._distributions = studies.distributions(spec.space.dimensions())
        self._running: dict[int, _Running] = {}
        self._listener = ownership.Listener()
        self._pruning = Pruning(study, spec.criteria, spec.race)

    def run(self) -> None:
        """Run until the study has its number of trials and all are finished.

        Raises:
            Exception: a bug, the machine's failure, or data that have gone since the start; the
                next driver repeats that trial.
        """
        try:
            studies.enqueue(self._study, self._spec.starts)
            self._announce()
            with ownership.heartbeat(self._trials):
                while self._fill():
                    for evaluated in self._evaluators.wait(POLL):
                        self._take(evaluated)
            self._tell_untried()
        except BaseException:  # also raised by a signal
            ownership.release(self._trials())
            raise

    def _announce(self) -> None:
        """Announce all trials, and report those that ended before this driver began."""
        spec = self._spec
        ended = [t for t in self._study.get_trials(deepcopy=False) if t.state.is_finished()]
        stored = {trial.number for trial in ended}
        total = max([spec.trials, *(number + 1 for number in stored)])
        trials = [Planned(_name(k), "trial", 1, 0.0 if k in stored else None) for k in range(total)]
        self._observer.plan(trials, spec.parallel, "trials")
        for number in sorted(stored):
            self._observer.stage_finished(_name(number), 0.0, cached=True)
        self._show_best()

    def _tell_untried(self) -> None:
        """Note the known strategies for which no trial was left."""
        waiting = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if waiting:
            total = f"the study has its {self._spec.trials} trials"
            self._observer.note(f"{self._spec.name}: starts not tried: {len(waiting)}; {total}")

    def _ended(self, trial: optuna.Trial, outcome: TrialOutcome) -> None:
        """Report the end of a trial, and the best one so far."""
        self._observer.stage_finished(_name(trial.number), outcome.seconds or 0.0, cached=False)
        self._show_best()

    def _show_best(self) -> None:
        seen = {trial.number: studies.outcome_of(trial) for trial in studies.completed(self._study)}
        valued = [(n, o) for n, o in seen.items() if o is not None and o.feasible and o.values]
        if not valued:
            return
        sign = sign_of(self._spec.criteria)
        number, best = max(valued, key=lambda each: sign * (each[1].values or (0.0,))[0])
        values = ", ".join(f"{value:.3f}" for value in best.values or ())
        self._observer.best(f"{values} ({_name(number)}: {best.setup})")

    def _trials(self) -> list[optuna.Trial]:
        return [each.trial for each in list(self._running.values())]

    def _fill(self) -> bool:
        """Adopt and propose trials while there is room; return whether any is running."""
        while len(self._running) < self._spec.parallel:
            trial = self._next()
            if trial is None:
                break
            self._start(trial)
        return bool(self._running) or self._others_running()

    def _next(self) -> optuna.Trial | None:
        trial = self._listener.adopt(self._study, list(self._running))
        if trial is not None:
            self._emit_event(trial, "resumed")
        elif studies.count(self._study) < self._spec.trials:
            trial = studies.proposed(self._study)
        if trial is None:
            return None
        self._study.sampler = studies.sampler_of(
            self._spec.sampler, self._spec.name, trial.number, grouped=self._spec.space.varies
        )
        return studies.filled(trial, self._distributions, self._spec.space.has)

    def _others_running(self) -> bool:
        """Whether another driver is running a trial; if so, wait a moment for its result."""
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        if running:
            time.sleep(POLL)
        return bool(running)

    def _start(self, trial: optuna.Trial) -> None:
        """Validate the strategy like any scenario; an invalid one fails with the schema's error."""
        outcome = studies.outcome_of(trial)
        if outcome is not None:  # left by a driver that died before it ended the trial
            self._close(trial, outcome)
            return
        changes = self._spec.space.changes(trial.params)
        try:
            scenario = varied(self._spec.scenario, changes, f"trial {trial.number}")
            self._spec.check(changes)
        except ArenaError as error:
            self._fail(trial, str(error), 0.0)
            return
        beforehand = self._spec.criteria.beforehand(scenario)
        if self._spec.prunes and not feasible(beforehand):
            self._decline(trial, beforehand)
            return
        races = self._spec.race is not None and self._spec.prunes
        left = rungs(
            scenario,
            self._spec.actor,
            self._spec.criteria,
            prunes=self._spec.prunes,
            races=races,
        )
        self._running[trial.number] = _Running(trial, scenario, left, time.monotonic())
        self._emit_event(trial, "started")
        self._observer.stage_started(_name(trial.number), self._spec.party, None, None)
        self._submit(self._running[trial.number])

    def _submit(self, running: _Running) -> None:
        running.rung, running.rows = running.left.pop(0), {}
        scope, seeds = running.rung
        first = self._decisive_removal() if scope == "first" else None
        for seed in seeds:
            key = (self._spec.name, running.trial.number, scope, seed)
            self._evaluators.submit(
                key,
                Experiment(running.scenario, seed, self._spec.root, self._spec.actor, scope, first),
            )

    def _decisive_removal(self) -> str | None:
        """The removal to measure first, judged by the finished trials."""
        observations = [
            each
            for trial in studies.completed(self._study)
            for each in studies.observations_of(trial)
        ]
        return self._spec.criteria.decisive_removal(observations)

    def _take(self, evaluated: Evaluated) -> None:
        key: tuple[str, int, Scope, int] = evaluated.key  # type: ignore[assignment]
        name, number, scope, seed = key
        running = self._running.get(number) if name == self._spec.name else None
        if running is None or running.rung[0] != scope or seed not in running.rung[1]:
            return  # from a trial that failed meanwhile, possibly of an earlier search
        if evaluated.rows is None:
            error = refuse_foreign(evaluated.error)
            if isinstance(error, InputError):
                # if data have gone, no strategy can be planned: this raises, and the trial is kept
                plan_seed(self._spec.scenario, seed, self._spec.root)
            del self._running[number]
            self._fail(running.trial, str(error), time.monotonic() - running.began)
            return
        running.rows[seed] = evaluated.rows
        if len(running.rows) == len(running.rung[1]):
            self._end_rung(running)

    def _end_rung(self, running: _Running) -> None:
        """Continue with the next rung, prune the trial, or complete it. What one removal showed is
        only for the decision: the next rung measures that seed in full."""
        if not ownership.ours(self._study, running.trial):
            del self._running[running.trial.number]
            return  # another driver assumed that this one was dead and adopted the trial
        rows = [running.rows[seed] for seed in running.rung[1]]
        new = [observe(each, running.scenario, self._spec.actor) for each in rows]
        if running.rung[0] == "all":
            running.seen += new
        seen = running.seen or new
        constraints = self._spec.criteria.constraints(seen, running.scenario)
        values = self._spec.criteria.values(seen, running.scenario)
        why = None
        if running.left:
            whole = bool(running.seen)
            why = self._pruning.reason(running.trial, seen, whole, values, constraints)
            if why is None:
                self._submit(running)
                return
        del self._running[running.trial.number]
        seconds = time.monotonic() - running.began
        self._record(running.trial, tuple(values), constraints, why, seen, seconds)

    def _record(
        self,
        trial: optuna.Trial,
        values: tuple[float, ...],
        constraints: Constraints,
        why: str | None,
        seen: Sequence[Observation],
        seconds: float,
    ) -> None:
        """Store everything about a trial in one write, then end it: if this driver dies in between,
        the next one only has to end it."""
        outcome = TrialOutcome(
            changes=self._spec.space.changes(trial.params),
            setup=self._spec.space.describe(trial.params),
            violations=constraints,
            values=values,
            why=why,
            seen=tuple(seen),
            seconds=round(seconds, 2),
        )
        studies.remember(trial, outcome)
        self._close(trial, outcome)

    def _close(self, trial: optuna.Trial, outcome: TrialOutcome) -> None:
        """End a trial in the state that its outcome gives."""
        if outcome.values is None or outcome.violations is None:
            self._study.tell(trial.number, state=TrialState.FAIL)
            self._observer.note(f"trial {trial.number} failed: {outcome.why}")
            self._ended(trial, outcome)
            self._emit_event(trial, "failed")
            return
        studies.constrain(trial, outcome.violations)
        if outcome.why is None:
            self._study.tell(trial.number, outcome.values, state=TrialState.COMPLETE)
        else:
            self._study.tell(trial.number, state=TrialState.PRUNED)
        state = "feasible" if outcome.feasible else violation(dict(outcome.violations))
        self._report_end(trial, outcome.values, outcome.why, state)
        self._ended(trial, outcome)

    def _decline(self, trial: optuna.Trial, constraints: Constraints) -> None:
        """Prune a strategy that violates a constraint known without running it."""
        self._record(trial, (), constraints, violation(constraints), (), 0.0)

    def _fail(self, trial: optuna.Trial, why: str, seconds: float) -> None:
        if not ownership.ours(self._study, trial):
            return
        outcome = TrialOutcome(why=why, seconds=seconds)
        studies.remember(trial, outcome)
        self._close(trial, outcome)

    def _report_end(
        self, trial: optuna.Trial, values: Sequence[float], why: str | None, state: str
    ) -> None:
        numbers = ", ".join(f"{value:.3f}" for value in values) or "not run"
        total = self._spec.trials
        which = f"{self._spec.name}: trial {trial.number} ({trial.number + 1} of {total})"
        self._observer.note(f"{which}: {numbers} ({why or state})")
        self._emit_event(trial, "finished" if why is None else "pruned")

    def _emit_event(self, trial: optuna.Trial, what: str) -> None:
        event = f"{what} trial {trial.number} of {self._spec.name}"
        self._emit(SearchEvent(self._spec.party, event))


def _name(number: int) -> str:
    return f"trial {number}"
