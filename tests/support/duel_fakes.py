"""A duel whose experiments follow rules."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.progress.observer import Silent
from arena.search.duel import _Duel
from arena.search.evaluators import Evaluated
from arena.search.session import Session
from arena.store.store import Store
from tests.support.observations import scenario
from tests.support.search_fakes import FakeEvaluators, measured, rows

SEARCH, SELECT, REPORT = (200,), (201, 202), (10, 11)
RATE, STEPS = 0.08, 60  # what both have in the scenario, and no search proposes
SMALL = (
    "runtime.backend=serial",
    "duel.tactics=[{method: poison_budget, always: true, space: {rate: {low: 0.1, high: 0.2}}}]",
    "duel.blue.options=[{name: relabel, space: {defender.steps: {low: 20, high: 50}}}]",
    f"duel.seeds={{search: {[*SEARCH]}, select: {[*SELECT]}, report: {[*REPORT]}}}",
    "duel.sampler={method: random}",
    "duel.trials=6",
    "duel.blue.trials=6",
)


@dataclass(frozen=True)
class Met:
    """A red and a blue in one seed."""

    rate: float
    steps: int
    seed: int
    split: str

    @property
    def untuned(self) -> bool:
        return self.rate == RATE and self.steps == STEPS


Rule = Callable[[Met], float]


def nothing(met: Met) -> float:
    return 0.0


class Table(FakeEvaluators):
    """Evaluates by rules: remaining ASR, how broad red is, and what is left of the target; `fails`
    says whose experiment fails."""

    def __init__(self, left: Rule, near: Rule = nothing, own: Rule = nothing) -> None:
        super().__init__(Path())
        self.left, self.near, self.own = left, near, own
        self.met: list[Met] = []
        self.fails: Callable[[Met], bool] = lambda met: False

    def wait(self, timeout: float) -> list[Evaluated]:
        if not self._queue:
            return []
        key, experiment = self._queue.pop(0)
        rate, steps = experiment.scenario.actors[0].poison.rate, experiment.scenario.defender.steps
        assert rate is not None
        assert steps is not None
        met = Met(rate, steps, experiment.seed, experiment.scenario.evaluation.split)
        self.met.append(met)
        if self.fails(met):
            return [Evaluated(key, None, ArenaError("diverged"))]
        model_rows = rows(experiment, self.left(met), near=self.near(met), own=self.own(met))
        return [measured(key, model_rows)]


Start = Callable[..., _Duel]


def duel_of(storage: str, folder: Path, *rules: Rule, **settings: float | str) -> _Duel:
    """Return a duel before its first turn, with rules for its evaluators and settings of its
    section (`blue__trials` is `duel.blue.trials`)."""
    given = [f"duel.{name.replace('__', '.')}={value}" for name, value in settings.items()]
    return _Duel(
        Session(
            scenario=scenario("duel_two_rounds", *SMALL, *given),
            name="d",
            storage=storage,
            folder=folder,
            store=Store(folder / "store"),
            root=DataRoot(),
            evaluators=Table(*rules),
            parallel=1,
            observer=Silent(),
            emit=lambda event: None,
            began=time.monotonic(),
        )
    )


def evaluators_of(game: _Duel) -> Table:
    """Return the evaluators of a duel that `duel_of` made."""
    evaluators = game._session.evaluators
    assert isinstance(evaluators, Table)
    return evaluators
