"""arena/search/phases.py: what an experiment that fails costs, and what stops the command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError, MachineError, UnexpectedError
from arena.progress.observer import Silent
from arena.scenario.schema import Scenario
from arena.search import driver
from arena.search.evaluators import Evaluated
from arena.search.phases import evaluate
from tests.support.search_fakes import FakeEvaluators, drive, search


class Failing(FakeEvaluators):
    """Fails in one seed, with this error."""

    def __init__(self, log: Path, seed: int, error: Exception) -> None:
        super().__init__(log)
        self._seed, self._error = seed, error

    def wait(self, timeout: float) -> list[Evaluated]:
        return [
            Evaluated(each.key, None, self._error) if each.key[1] == self._seed else each
            for each in super().wait(timeout)
        ]


def test_an_experiment_that_fails_costs_only_itself(tmp_path: Path) -> None:
    spec = search(1)
    first, *rest = spec.scenario.seeds
    both = {"a": spec.scenario, "b": spec.scenario}
    evaluators = Failing(tmp_path / "log", first, ArenaError("its training diverged"))
    seen = evaluate(both, spec.actor, evaluators, DataRoot(), Silent())
    for measured in seen.values():
        assert measured.failed == {first: "its training diverged"}
        assert [each.seed for each in measured.seen] == rest


@pytest.mark.parametrize(
    "error",
    [
        MachineError("the disk is full"),
        InputError("no such file", key="corpus.train"),
        UnexpectedError("stage 'base' failed: KeyError: 'a'"),
        ValueError("a bug"),
    ],
)
def test_what_is_not_the_experiments_fault_stops_the_command(
    error: Exception, tmp_path: Path
) -> None:
    spec = search(1)
    evaluators = Failing(tmp_path / "log", spec.scenario.seeds[0], error)
    with pytest.raises(type(error)):
        evaluate({"a": spec.scenario}, spec.actor, evaluators, DataRoot(), Silent())


class Gone(FakeEvaluators):
    """Every experiment is wrong input."""

    def wait(self, timeout: float) -> list[Evaluated]:
        error = InputError("no such file", key="corpus.train")
        return [Evaluated(each.key, None, error) for each in super().wait(timeout)]


def test_data_that_have_gone_cost_no_trial(
    storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(scenario: Scenario, seed: int, root: DataRoot) -> None:
        raise InputError("no such file", key="corpus.train")

    with monkeypatch.context() as patch:
        patch.setattr(driver, "plan_seed", gone)
        with pytest.raises(InputError, match="no such file"):
            drive(search(4), storage, Gone(tmp_path / "log"))
    study = drive(search(4), storage, FakeEvaluators(tmp_path / "log"))
    assert TrialState.FAIL not in {trial.state for trial in study.get_trials()}
    assert len(study.get_trials()) == 4


def test_wrong_input_of_a_strategys_own_fails_its_trial(storage: str, tmp_path: Path) -> None:
    """The scenario without the strategy can still be planned."""
    study = drive(search(2), storage, Gone(tmp_path / "log"))
    assert [trial.state for trial in study.get_trials()] == [TrialState.FAIL] * 2


def test_a_strategy_that_no_later_phase_can_have_fails_before_it_is_measured(
    storage: str, tmp_path: Path
) -> None:
    def check(changes: Mapping[str, Any]) -> None:
        raise InputError("is an actor's trigger", key="league[0].decoys.plant[0].trigger")

    study = drive(search(2, check=check), storage, FakeEvaluators(tmp_path / "log"))
    assert [trial.state for trial in study.get_trials()] == [TrialState.FAIL] * 2
    assert not (tmp_path / "log").exists()


def test_starts_for_which_no_trial_was_left_are_told(storage: str, tmp_path: Path) -> None:
    start = {"poison_budget.rate": 0.21, "decoy_immunisation": False}
    notes: list[str] = []
    drive(search(2), storage, FakeEvaluators(tmp_path / "log"))
    drive(search(2, starts=(start,)), storage, FakeEvaluators(tmp_path / "log"), notes)
    assert notes[-1] == "s: starts not tried: 1; the study has its 2 trials"
