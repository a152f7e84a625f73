"""A trial has one driver, also when drivers die, lag or are taken for dead."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import OperationalError

from arena.search import driver, ownership, session, studies
from arena.search.criteria import AttackCriteria
from arena.search.evaluators import Evaluated
from arena.search.trial_outcome import TrialOutcome
from tests.support.real_searches import real_tune_results
from tests.support.search_fakes import (
    FakeEvaluators,
    drive,
    loaded,
    measured,
    named,
    rows,
    scenario,
    search,
)

PATIENCE = 60.0  # seconds, on a machine that does other things
OTHERS = TrialOutcome(values=(0.123,), violations={"broad": -0.5})


def stored(study: optuna.Study, number: int = 0) -> FrozenTrial:
    return study.get_trials(deepcopy=False)[number]


def logged(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


class Broad(FakeEvaluators):
    """Every measurement violates a constraint, so a trial is pruned after its first rung."""

    def wait(self, timeout: float) -> list[Evaluated]:
        experiments = dict(self._queue)
        answers = super().wait(timeout)
        return [measured(each.key, rows(experiments[each.key], 0.9, near=0.5)) for each in answers]


class Diverges(FakeEvaluators):
    """Every experiment fails."""

    def __init__(self, log: Path) -> None:
        super().__init__(log, broken=0.0)


def poor() -> AttackCriteria:
    """Criteria under which every strategy writes too much."""
    attack = scenario().tune
    assert attack is not None
    limits = attack.limits.model_copy(update={"written": 0.001})
    return AttackCriteria(attack.model_copy(update={"limits": limits}))


def dies(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


CASES = {
    "measured": (TrialState.COMPLETE, search(1, prunes=False), FakeEvaluators),
    "given up": (TrialState.PRUNED, search(1), Broad),
    "declined": (TrialState.PRUNED, search(1, criteria=poor()), FakeEvaluators),
    "failed": (TrialState.FAIL, search(1), Diverges),
}


@pytest.mark.parametrize(
    "written", ["its constraints", pytest.param("nothing", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("case", CASES)
def test_a_trial_that_was_recorded_but_not_ended_is_ended_without_measuring_again(
    case: str, written: str, storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its driver died between storing the outcome and ending the trial."""
    log = tmp_path / "log"
    state, spec, evaluators = CASES[case]
    with monkeypatch.context() as patch:
        if written == "nothing":
            patch.setattr(driver.Driver, "_close", dies)
        else:
            patch.setattr(optuna.Study, "tell", dies)
        with pytest.raises(KeyboardInterrupt):
            drive(spec, storage, evaluators(log))
    study = loaded(storage)
    left = stored(study)
    outcome = studies.outcome_of(left)
    assert left.state == TrialState.RUNNING
    assert outcome is not None
    owner = {**left.user_attrs[ownership.OWNER], "pid": 2**22 + 1, "id": "dead"}
    optuna.Trial(study, left._trial_id).set_user_attr(ownership.OWNER, owner)
    before = logged(log)

    ended = stored(drive(spec, storage, FakeEvaluators(log)))
    assert logged(log) == before
    assert ended.state == state
    assert studies.outcome_of(ended) == outcome
    assert ended.params == left.params
    if state == TrialState.COMPLETE:
        assert tuple(ended.values) == outcome.values
    if state != TrialState.FAIL:
        assert ended.constraints == pytest.approx(outcome.violations)
        assert ended.constraints


class Robbed(FakeEvaluators):
    """While it measures, another driver takes the trial, or ends it, or both."""

    def __init__(self, log: Path, storage: str, how: str, *, broken: float) -> None:
        super().__init__(log, broken=broken)
        self._storage, self._how = storage, how

    def wait(self, timeout: float) -> list[Evaluated]:
        study = loaded(self._storage)
        if not self._log.exists():
            if "taken" in self._how:
                take(study)
            if "ended" in self._how:
                finish(study)
        answers = super().wait(timeout)
        if not answers and "ended" not in self._how:  # this driver has heard all, and waits
            left = stored(study)
            assert left.state == TrialState.RUNNING
            assert studies.FACTS not in left.user_attrs
            assert not left.constraints
            finish(study)
        return answers


def take(study: optuna.Study) -> None:
    left = stored(study)
    owner = {**left.user_attrs[ownership.OWNER], "id": "another"}
    optuna.Trial(study, left._trial_id).set_user_attr(ownership.OWNER, owner)


def finish(study: optuna.Study) -> None:
    trial = optuna.Trial(study, stored(study)._trial_id)
    studies.remember(trial, OTHERS)
    studies.constrain(trial, OTHERS.violations or {})
    study.tell(trial.number, OTHERS.values)


@pytest.mark.parametrize("how", ["taken", "taken and ended", "ended"])
@pytest.mark.parametrize("broken", [1.0, 0.0])  # it has values to tell, or a failure
@pytest.mark.parametrize("prunes", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_driver_that_was_taken_for_dead_writes_nothing(
    prunes: bool,
    broken: float,
    how: str,
    storage: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "POLL", 0.01)
    notes: list[str] = []
    evaluators = Robbed(tmp_path / "log", storage, how, broken=broken)
    study = drive(search(1, prunes=prunes), storage, evaluators, notes)
    (ended,) = study.get_trials()
    assert logged(tmp_path / "log")
    assert ended.state == TrialState.COMPLETE
    assert tuple(ended.values) == OTHERS.values
    assert ended.constraints == OTHERS.violations
    assert studies.outcome_of(ended) == OTHERS
    assert (ended.user_attrs[ownership.OWNER]["id"] == "another") is ("taken" in how)
    assert ended.intermediate_values == {}
    assert notes == []


@pytest.fixture
def beat(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(ownership, "BEAT", 0.02)
    return ownership.BEAT


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "nothing happened in time"
        time.sleep(0.01)


def seen(study: optuna.Study, number: int) -> float:
    return float(stored(study, number).user_attrs[ownership.SEEN])


@pytest.fixture
def study(database: str) -> optuna.Study:
    return studies.open_study(database, "s", ["maximize"], named("one"))


def test_signs_of_life_go_on_for_what_runs_and_end_with_it(
    beat: float, study: optuna.Study
) -> None:
    """A finished trial gets none; one that is added later does."""
    over, runs, later = (studies.proposed(study) for _ in range(3))
    study.tell(over.number, 0.5)
    running = [over, runs]
    with ownership.heartbeat(lambda: running):
        for _ in range(3):
            runs.set_user_attr(ownership.SEEN, 0.0)
            until(lambda: seen(study, runs.number) > 0)
        later.set_user_attr(ownership.SEEN, 0.0)
        time.sleep(3 * beat)
        assert seen(study, later.number) == 0.0
        running.append(later)
        until(lambda: seen(study, later.number) > 0)
    runs.set_user_attr(ownership.SEEN, 0.0)
    time.sleep(10 * beat)
    assert seen(study, runs.number) == 0.0


def test_a_driver_gives_signs_of_life_while_its_crew_measures(
    beat: float, database: str, tmp_path: Path
) -> None:
    class Slow(FakeEvaluators):
        def wait(self, timeout: float) -> list[Evaluated]:
            study = loaded(database)
            last = seen(study, 0)
            until(lambda: seen(study, 0) > last)
            return super().wait(timeout)

    study = drive(search(1, prunes=False), database, Slow(tmp_path / "log"))
    assert [trial.state for trial in study.get_trials()] == [TrialState.COMPLETE]


def test_a_storage_that_fails_once_does_not_silence_a_driver(
    beat: float, study: optuna.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silent for long it would count as dead, and its trials would be measured twice."""
    trial = studies.proposed(study)
    write, failed = trial.storage.set_trial_user_attr, threading.Event()

    def seconds_busy(*args: Any) -> None:
        if not failed.is_set():
            failed.set()
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        write(*args)

    trial.set_user_attr(ownership.SEEN, 0.0)
    monkeypatch.setattr(trial.storage, "set_trial_user_attr", seconds_busy)
    with ownership.heartbeat(lambda: [trial]):
        assert failed.wait(PATIENCE)
        until(lambda: seen(study, trial.number) > 0)


@pytest.mark.parametrize("owner", [{"where": "elsewhere", "pid": 2**22 + 1}, {"pid": 2**22 + 1}])
def test_a_driver_elsewhere_is_dead_once_it_is_silent_for_long(
    owner: dict[str, Any], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process id says nothing here (another machine, or another container of this one), and
    its clock may be wrong. The second is of a version that named the machine only."""
    study = studies.open_study(database, "s", ["maximize"], named("one"))
    trial, listener, now = studies.proposed(study), ownership.Listener(), time.monotonic()
    trial.set_user_attr(ownership.OWNER, {**owner, "id": "another"})
    for later, heartbeat in ((0, 5.0), (59, 5.0), (61, 15.0), (120, 15.0)):
        monkeypatch.setattr(time, "monotonic", lambda: now + later)  # noqa: B023
        trial.set_user_attr(ownership.SEEN, heartbeat)
        assert listener.adopt(study, []) is None
    monkeypatch.setattr(time, "monotonic", lambda: now + 122)
    assert listener.adopt(study, []) is not None


def test_recorded_trials_count_without_their_store_and_with_other_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on another machine, to which only the file of the study was copied."""
    first = real_tune_results(tmp_path)
    log = tmp_path / "evaluators.log"
    before = len(log.read_text().splitlines())
    monkeypatch.setattr(session, "code_digest", lambda spec: "other")
    notes: list[str] = []
    second = real_tune_results(tmp_path, notes)
    asked = log.read_text().splitlines()[before:]
    assert asked  # selection and report are measured again
    assert not [line for line in asked if line.startswith("('tune_evasion")]  # no trial is
    assert "tune_evasion: 5 trials were measured with other code or data" in "\n".join(notes)
    changes = {"seconds": second.seconds, "environment": second.environment}
    assert first.model_copy(update=changes) == second


def test_a_living_process_keeps_its_trial() -> None:
    assert ownership._alive(os.getpid())
    assert not ownership._alive(2**22 + 1)
