"""How long stages of a model took on this machine, kept beside the store."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from arena.api.job import Job
from arena.execution.footprint import checkpoints_of
from arena.planning.numerics import cpu_model
from arena.scenario.schema import Scenario
from arena.store.identity import digest
from arena.store.store import Store, write_note

FILE = "timings"
OLD = 0.5  # weight of earlier measurements against new ones, so that a changed machine shows
STEP = "step"  # the entry for one measured training step, from which unknown kinds are estimated


@dataclass(frozen=True)
class Work:
    """A stage to run, as far as its duration and its disk are concerned.

    units: optimiser steps, or 1 for a stage without steps. typical_steps: duration of one unit in
    training steps, until such a stage has been timed. checkpoints: that it stores, at most.
    """

    kind: str
    units: int
    model: str
    typical_steps: int = 1
    checkpoints: int = 0

    @classmethod
    def of(cls, job: Job, model: str) -> Work:
        """Return the work of a job on a model."""
        units, typical = (job.steps, 1) if job.steps else (1, job.resources.typical_steps)
        return cls(job.kind, units, model, typical, checkpoints_of(job))

    def seconds(self, known: dict[str, float]) -> float | None:
        """Return the expected seconds, from known timings; None if there are none."""
        if self.kind in known:
            return known[self.kind] * self.units
        return known[STEP] * self.typical_steps * self.units if STEP in known else None


def model_key(scenario: Scenario) -> str:
    """Return a key of what determines the duration of a step: the model, its numerics, the
    machine."""
    numerics = scenario.numerics.model_dump(mode="json")
    return digest([scenario.resolved()["model"], numerics, cpu_model()])[:16]


def known(store: Store, model: str) -> dict[str, float]:
    """Return seconds per unit, by kind; empty if nothing was timed yet."""
    try:
        seconds: dict[str, float] = json.loads(_file(store, model).read_text())
    except (OSError, ValueError):
        return {}
    return seconds


def remember_step(store: Store, model: str, seconds: float) -> None:
    """Record one measured training step, a first estimate for every kind of stage."""
    write_note(_file(store, model), {STEP: seconds})


def remember(store: Store, done: Iterable[tuple[Work, float]]) -> None:
    """Record the seconds that stages took."""
    spent: dict[str, dict[str, list[float]]] = {}
    for work, seconds in done:
        total = spent.setdefault(work.model, {}).setdefault(work.kind, [0.0, 0.0])
        total[0] += seconds
        total[1] += work.units
    for model, kinds in spent.items():
        old = known(store, model)
        new = {kind: seconds / units for kind, (seconds, units) in kinds.items()}
        mixed = {k: OLD * old[k] + (1 - OLD) * v if k in old else v for k, v in new.items()}
        write_note(_file(store, model), {**old, **mixed})


@dataclass(frozen=True)
class Estimated:
    """Estimated seconds; `whole`: whether every part could be estimated."""

    seconds: float | None
    whole: bool


def estimate(store: Store, todo: Iterable[Work], workers: int) -> Estimated:
    """Return the seconds until all is done with this many workers. Kinds that were never timed are
    left out; None if no timing is known."""
    tables: dict[str, dict[str, float]] = {}
    total, missing = 0.0, False
    for work in todo:
        table = tables.setdefault(work.model, known(store, work.model))
        seconds = work.seconds(table)
        total += seconds or 0.0
        missing = missing or seconds is None
    return Estimated(None if missing and not total else total / workers, not missing)


def _file(store: Store, model: str) -> Path:
    return store.root / FILE / f"{model}.json"
