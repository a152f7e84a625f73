"""arena/search/phases.py: what an experiment that fails costs, and what stops the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError, MachineError, UnexpectedError
from arena.progress.observer import Silent
from arena.search.evaluators import Evaluated
from arena.search.phases import evaluate
from tests.support.search_fakes import FakeEvaluators, search


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
