"""A evaluators that measures nothing: rows made up from the strategy, at once. Torch-free.

The remaining ASR grows with the poison rate; every experiment is logged, so that a
test can tell what was run and how often.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.progress.observer import Silent
from arena.results.rows import Rate, Row
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario
from arena.scenario.search import Sampler
from arena.search import studies
from arena.search.criteria import AttackCriteria
from arena.search.driver import Driver, StudySpec
from arena.search.evaluators import Evaluated
from arena.search.experiment import Experiment, Measured
from arena.search.phases import on_validation
from arena.search.session import identity
from arena.search.storages import storage_of
from arena.search.strategy_spaces import TacticSpace
from arena.search.studies import outcome_of
from arena.search.study_identity import StudyIdentity
from arena.search.trial_outcome import TrialOutcome

N = 100


def counted(rate: float) -> Rate:
    return Rate(hits=round(rate * N), n=N)


def rows(
    experiment: Experiment,
    left: float,
    near: float = 0.0,
    hard: Mapping[str, float] = MappingProxyType({}),
    own: float = 0.0,
) -> list[Row]:
    """One seed's rows. left: the adaptive actor's ASR after each removal, less the entry in `hard`;
    own: the ASR that a removal leaves of its own trigger."""
    names = [actor.name for actor in experiment.scenario.actors]

    def row(kind: Any, target: str | None, asr: float) -> Row:
        rates = {name: counted(1.0) for name in names} | {experiment.actor: counted(asr)}
        if target is not None:
            rates[target] = counted(own)
        nothing = {name: counted(0.0) for name in names}
        misses = {**nothing, experiment.actor: counted(near if kind == "compromised" else 0.0)}
        name = f"{kind}:{target}" if target else kind
        return Row(
            kind=kind,
            name=name,
            target=target,
            seed=experiment.seed,
            asr=rates,
            false_fire=nothing,
            near_miss=misses,
            clean_accuracy=counted(1.0),
        )

    never = {name: counted(0.0) for name in names}
    reference = Row(
        kind="reference",
        name="reference",
        seed=experiment.seed,
        asr=never,
        false_fire=never,
        near_miss=never,
        clean_accuracy=counted(1.0),
    )
    before = [reference, row("compromised", None, 1.0), row("control", None, 0.95)]
    others = [name for name in names if name != experiment.actor]
    removed = [experiment.first or others[0]] if experiment.scope == "first" else others
    return [*before, *(row("unlearned", o, max(0.0, left - hard.get(o, 0.0))) for o in removed)]


def measured(key: Hashable, found: Sequence[Row]) -> Evaluated:
    """What evaluators return of these rows."""
    return Evaluated(key, Measured(tuple(found), "stages"))


class FakeEvaluators:
    """Runs experiments in order. log: one line per experiment. broken: fails above this rate.
    hard: by how much less these actors' removals leave."""

    def __init__(
        self,
        log: Path,
        *,
        pause: float = 0.0,
        broken: float = 1.0,
        hard: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self._log, self._pause, self._broken, self._hard = log, pause, broken, hard
        self._queue: list[tuple[Hashable, Experiment]] = []

    def submit(self, key: Hashable, experiment: Experiment) -> None:
        self._queue.append((key, experiment))

    def wait(self, timeout: float) -> list[Evaluated]:
        if not self._queue:
            return []
        key, experiment = self._queue.pop(0)
        time.sleep(self._pause)
        rate = experiment.scenario.actors[0].poison.rate or 0.0
        with self._log.open("a") as file:
            file.write(f"{key} {rate:.6f}\n")
        if rate > self._broken:
            return [Evaluated(key, None, ArenaError("diverged"))]
        return [measured(key, rows(experiment, min(1.0, 4 * rate), hard=self._hard))]


def scenario(*overrides: str) -> Scenario:
    return load_scenario("tune_evasion", overrides=["runtime.backend=serial", *overrides])


def search(
    trials: int = 6, *, sampler: str = "random", prunes: bool = True, **more: Any
) -> StudySpec:
    """A search over the bundled scenario's space."""
    base = scenario()
    attack = base.tune
    assert attack is not None
    values: dict[str, Any] = {
        "name": "s",
        "scenario": on_validation(base, attack, attack.seeds.search),
        "actor": attack.actor,
        "party": f"threat:{attack.actor}",
        "space": TacticSpace(attack),
        "criteria": AttackCriteria(attack),
        "sampler": Sampler(method=sampler, startup=3),  # type: ignore[arg-type]
        "trials": trials,
        "parallel": 2,
        "prunes": prunes,
        "root": DataRoot(),
    }
    return StudySpec(**{**values, **more})


def named(search: str) -> StudyIdentity:
    """The identity of some search."""
    return StudyIdentity({"search": search})


class Notes(Silent):
    """Keeps the notes that a driver shows."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def note(self, text: str) -> None:
        self._lines.append(text)


def drive(
    spec: StudySpec, storage: str, evaluators: FakeEvaluators, notes: list[str] | None = None
) -> Any:
    """Run a search on a storage; returns its study."""
    observer = Notes([] if notes is None else notes)
    study = studies.open_study(storage, spec.name, spec.criteria.directions, identity(spec))
    Driver(spec, study, evaluators, observer, lambda event: None).run()
    return study


def loaded(storage: str) -> optuna.Study:
    """The study of a search, as another process would open it."""
    return optuna.load_study(study_name="s", storage=storage_of(storage))


def stored(trial: FrozenTrial) -> TrialOutcome:
    """The trial's outcome, which it must have."""
    outcome = outcome_of(trial)
    assert outcome is not None
    return outcome


def lines(log: Path) -> list[str]:
    """What a fake's log says, one line per experiment that it was given."""
    return log.read_text().splitlines()


def main() -> None:
    """A driver of its own, to be killed: STORAGE LOG TRIALS."""
    storage, log, trials = sys.argv[1:]
    print(os.getpid(), flush=True)
    drive(search(int(trials)), storage, FakeEvaluators(Path(log), pause=0.05))


if __name__ == "__main__":
    main()
