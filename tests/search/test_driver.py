"""The driver: the experiments it submits, when it prunes, and how it resumes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from arena.api.world import DataRoot
from arena.errors import MachineError, UnexpectedError
from arena.progress.observer import Silent
from arena.results.rows import Row
from arena.search import ownership
from arena.search.criteria import AttackCriteria
from arena.search.evaluators import Evaluated
from arena.search.experiment import Experiment
from arena.search.phases import evaluate
from arena.search.strategy_spaces import TacticSpace
from tests.support.search_fakes import (
    FakeEvaluators,
    drive,
    lines,
    loaded,
    measured,
    rows,
    scenario,
    search,
    stored,
)


def test_as_many_trials_as_asked_for_and_all_finished(database: str, tmp_path: Path) -> None:
    study = drive(search(6), database, FakeEvaluators(tmp_path / "log"))
    trials = study.get_trials()
    assert len(trials) == 6
    assert all(trial.state.is_finished() for trial in trials)
    assert {trial.number for trial in trials} == set(range(6))


def test_a_finished_study_asks_for_nothing_more(storage: str, tmp_path: Path) -> None:
    drive(search(4), storage, FakeEvaluators(tmp_path / "log"))
    before = lines(tmp_path / "log")
    drive(search(4), storage, FakeEvaluators(tmp_path / "log"))
    assert lines(tmp_path / "log") == before


def test_more_trials_go_on_with_the_study(database: str, tmp_path: Path) -> None:
    drive(search(3), database, FakeEvaluators(tmp_path / "log"))
    study = drive(search(5), database, FakeEvaluators(tmp_path / "log"))
    logged = Counter(line for line in lines(tmp_path / "log"))
    assert len(study.get_trials()) == 5
    assert set(logged.values()) == {1}  # no part of any trial was run twice


@pytest.mark.parametrize(
    ("sampler", "at_once"),
    [
        ("tpe", None),
        ("tpe", 1),
        ("nsga2", None),
        pytest.param("gp", None, marks=pytest.mark.slow),
        ("random", None),
        ("random", 2),
    ],
)
def test_a_stopped_study_proposes_what_a_whole_one_does(
    sampler: str, at_once: int | None, storage: str, tmp_path: Path
) -> None:
    """Not the same draws again, as a sampler that is seeded once would after each start."""
    attack = scenario().tune
    assert attack is not None
    space = TacticSpace(attack.model_copy(update={"at_once": at_once}))
    spec = search(5, sampler=sampler, parallel=1, space=space)
    whole = drive(spec, storage, FakeEvaluators(tmp_path / "log"))
    for trials in (2, 4, 5):
        part = search(trials, sampler=sampler, parallel=1, space=space)
        parts = drive(part, storage.replace("studies", "parts"), FakeEvaluators(tmp_path / "log"))
    chosen = [trial.params for trial in whole.get_trials()]
    assert [trial.params for trial in parts.get_trials()] == chosen
    assert len({str(params) for params in chosen}) == 5


def test_a_trial_in_flight_is_gone_on_with_under_its_number(storage: str, tmp_path: Path) -> None:
    class Stops(FakeEvaluators):
        def wait(self, timeout: float) -> list[Evaluated]:
            if self._log.exists() and len(lines(self._log)) == 7:
                raise KeyboardInterrupt
            return super().wait(timeout)

    with pytest.raises(KeyboardInterrupt):
        drive(search(6, sampler="tpe"), storage, Stops(tmp_path / "log"))
    study = loaded(storage)
    left = [t for t in study.get_trials() if t.state == TrialState.RUNNING]
    assert left
    for trial in left:  # as if the process were gone: its id is unused
        stored = optuna.Trial(study, trial._trial_id)
        stored.set_user_attr("driver", {**trial.user_attrs["driver"], "pid": 2**22 + 1})
    after = drive(search(6, sampler="tpe"), storage, FakeEvaluators(tmp_path / "log"))
    by_number = {trial.number: trial for trial in after.get_trials()}
    assert len(by_number) == 6
    for trial in left:
        assert by_number[trial.number].params == trial.params
        assert by_number[trial.number].state.is_finished()


def test_a_trial_of_a_living_driver_is_left_alone(storage: str, tmp_path: Path) -> None:
    spec = search(3)
    study = drive(spec, storage, FakeEvaluators(tmp_path / "log"))
    other = study.ask()
    listener = ownership.Listener()
    ownership.claim(other)
    assert listener.adopt(study, []) is None
    ownership.release([other])
    adopted = listener.adopt(study, [])
    assert adopted is not None
    assert adopted.number == other.number
    assert listener.adopt(study, [adopted.number]) is None


def test_the_first_trigger_in_the_first_seed_decides_whether_to_go_on(
    storage: str, tmp_path: Path
) -> None:
    study = drive(search(14), storage, FakeEvaluators(tmp_path / "log"))
    given_up = [t for t in study.get_trials() if t.state == TrialState.PRUNED]
    below = [t for t in given_up if "median" in (stored(t).why or "")]
    assert below
    logged = lines(tmp_path / "log")
    for trial in below:
        assert sum(line.startswith(f"('s', {trial.number}, 'all'") for line in logged) == 0


def test_what_is_looked_at_first_is_the_removal_that_was_hardest_so_far(
    storage: str, tmp_path: Path
) -> None:
    class Hard(FakeEvaluators):
        first: list[str | None] = []

        def submit(self, key: Hashable, experiment: Experiment) -> None:
            if experiment.scope == "first":
                self.first.append(experiment.first)
            super().submit(key, experiment)

    evaluators = Hard(tmp_path / "log", hard={"merchant": 0.15})
    study = drive(search(14, parallel=1), storage, evaluators)
    assert evaluators.first[0] is None  # nothing is known yet: the scenario's first
    assert set(evaluators.first[1:]) == {"merchant"}
    below = [t for t in study.get_trials() if "median" in (stored(t).why or "")]
    assert below
    assert all(list(stored(t).seen[0].left) == ["merchant"] for t in below)


def test_nothing_is_given_up_where_pruning_is_off(storage: str, tmp_path: Path) -> None:
    study = drive(search(6, prunes=False), storage, FakeEvaluators(tmp_path / "log"))
    assert {trial.state for trial in study.get_trials()} == {TrialState.COMPLETE}
    assert not any("'first'" in line for line in lines(tmp_path / "log"))


def test_a_failing_trial_is_told_and_counted(storage: str, tmp_path: Path) -> None:
    notes: list[str] = []
    study = drive(search(8), storage, FakeEvaluators(tmp_path / "log", broken=0.08), notes)
    failed = [trial for trial in study.get_trials() if trial.state == TrialState.FAIL]
    assert failed
    assert len(study.get_trials()) == 8
    assert {stored(trial).why for trial in failed} == {"diverged"}
    assert any("diverged" in note for note in notes)


def test_what_a_failed_trial_left_under_way_is_nobody_elses_answer(
    storage: str, tmp_path: Path
) -> None:
    """Its other seeds come in later: to the next phase, which has the same evaluators."""
    evaluators = FakeEvaluators(tmp_path / "log", broken=0.0)
    spec = search(1, prunes=False)
    study = drive(spec, storage, evaluators)
    assert [trial.state for trial in study.get_trials()] == [TrialState.FAIL]
    assert len(evaluators._queue) == len(spec.scenario.seeds) - 1
    evaluators._broken = 1.0
    seen = evaluate({0: spec.scenario}, spec.actor, evaluators, DataRoot(), Silent())
    assert [each.seed for each in seen[0].seen] == list(spec.scenario.seeds)


def test_what_a_failed_trial_left_under_way_is_no_other_studys_answer(
    storage: str, tmp_path: Path
) -> None:
    """Both have a trial 0 under way in the same seed: the strategies differ."""
    evaluators = FakeEvaluators(tmp_path / "log", broken=0.0)
    drive(search(1, prunes=False), storage, evaluators)
    assert evaluators._queue
    evaluators._broken = 1.0
    study = drive(search(1, name="another", prunes=False), storage, evaluators)
    alone = drive(
        search(1, name="another", prunes=False),
        f"{storage}.alone",
        FakeEvaluators(tmp_path / "log"),
    )
    assert [t.values for t in study.get_trials()] == [t.values for t in alone.get_trials()]


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError("a bug of the arena's own"),
        UnexpectedError("stage 'suspect' failed: KeyError: 'a'"),
        MachineError("the disk is full"),
    ],
)
def test_what_is_no_fault_of_the_strategy_stops_the_search_and_costs_no_trial(
    error: Exception, storage: str, tmp_path: Path
) -> None:
    class Broken(FakeEvaluators):
        def wait(self, timeout: float) -> list[Evaluated]:
            key, _ = self._queue.pop(0)
            return [Evaluated(key, None, error)]

    with pytest.raises(type(error)):
        drive(search(4), storage, Broken(tmp_path / "log"))
    study = drive(search(4), storage, FakeEvaluators(tmp_path / "log"))
    assert len(study.get_trials()) == 4
    assert not [trial for trial in study.get_trials() if trial.state == TrialState.FAIL]


def test_constraints_are_kept_with_the_trial(storage: str, tmp_path: Path) -> None:
    class Broad(FakeEvaluators):
        def wait(self, timeout: float) -> list[Evaluated]:
            key, experiment = self._queue.pop(0)
            return [measured(key, _broad(experiment))]

    study = drive(search(3), storage, Broad(tmp_path / "log"))
    for trial in study.get_trials():
        assert trial.state == TrialState.PRUNED
        assert trial.constraints["broad"] == pytest.approx(0.3)
        assert "broad" in (stored(trial).why or "")


def _broad(experiment: Experiment) -> list[Row]:
    return rows(experiment, 0.9, near=0.5)


@pytest.mark.parametrize(
    ("limit", "value"), [("written", 0.001), ("exposures", 10), ("attack_compute", 0.01)]
)
def test_a_strategy_over_its_budget_is_never_run(
    limit: str, value: float, storage: str, tmp_path: Path
) -> None:
    base = search(6)
    attack = base.criteria.attack  # type: ignore[attr-defined]
    tight = attack.model_copy(update={"limits": attack.limits.model_copy(update={limit: value})})
    spec = search(6, criteria=AttackCriteria(tight))
    study = drive(spec, storage, FakeEvaluators(tmp_path / "log"))
    assert not (tmp_path / "log").exists()
    assert {stored(t).why for t in study.get_trials()} == {f"violates {limit}"}


def test_a_line_names_the_limits_that_a_trial_broke(storage: str, tmp_path: Path) -> None:
    class Broad(FakeEvaluators):
        def wait(self, timeout: float) -> list[Evaluated]:
            experiments = dict(self._queue)
            return [
                measured(each.key, rows(experiments[each.key], 0.9, near=0.5))
                for each in super().wait(timeout)
            ]

    notes: list[str] = []
    drive(search(1, prunes=False), storage, Broad(tmp_path / "log"), notes)
    assert notes == ["s: trial 0 (1 of 1): 0.900 (violates broad)"]


def test_several_objectives_are_told_together(storage: str, tmp_path: Path) -> None:
    base = search(5)
    attack = base.criteria.attack  # type: ignore[attr-defined]
    judge = AttackCriteria(attack, ("evasion", "stealth", "budget"))
    study = drive(
        search(5, criteria=judge, prunes=False), storage, FakeEvaluators(tmp_path / "log")
    )
    assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE", "MINIMIZE"]
    assert all(len(trial.values) == 3 for trial in study.get_trials())
