"""How long stages of a model took on this machine, remembered beside the store."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from arena.planning.numerics import cpu_model
from arena.scenario.schema import Scenario
from arena.store.store import VERSIONS, Store, digest, write_note

FILE = "timings"
BY_STEPS = ("train", "plant", "unlearn")  # kinds whose work is their optimiser steps
OLD = 0.5  # weight of what was known against what is new, so that a changed machine shows


@dataclass(frozen=True)
class Work:
    """A stage that is to do, as far as its duration goes. units: optimiser steps, or 1."""

    kind: str
    units: int
    model: str

    @classmethod
    def of(cls, kind: str, steps: int | None, model: str) -> Work:
        """units are the steps where those are the work."""
        return cls(kind, steps if steps and kind in BY_STEPS else 1, model)


def model_key(scenario: Scenario) -> str:
    """What decides how long a step takes here: the model, its numerics, the machine."""
    numerics = scenario.numerics.model_dump(mode="json")
    return digest([scenario.resolved()["model"], numerics, cpu_model()])[:16]


# What a stage that has no steps costs in training steps, about (nano, two cores): enough for a
# first plan, until stages of the model have been timed.
IN_STEPS = {
    "score": 20,
    "discover": 400,
    "represent": 10,
    "quiet": 15,
    "reactivate": 100,
    "examples": 20,
}
OTHERS = 10


def known(store: Store, model: str) -> dict[str, float]:
    """Seconds per unit, by kind; empty where nothing was timed yet."""
    try:
        found: dict[str, float] = json.loads(_file(store, model).read_text())
    except (OSError, ValueError):
        return {}
    return found


def remember_step(store: Store, model: str, seconds: float) -> None:
    """A first idea of every kind, from one measured training step."""
    steps = dict.fromkeys(BY_STEPS, 1) | IN_STEPS
    guess = {kind: seconds * steps.get(kind, OTHERS) for kind in VERSIONS}
    write_note(_file(store, model), guess)


def remember(store: Store, done: Iterable[tuple[Work, float]]) -> None:
    """Take note of stages and the seconds each took."""
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
    """How long something will take; `whole`: all of it could be told."""

    seconds: float | None
    whole: bool


def estimate(store: Store, todo: Iterable[Work], workers: int) -> Estimated:
    """Seconds until all is done with so many workers. What was never timed is left out, and
    None comes of nothing known."""
    tables: dict[str, dict[str, float]] = {}
    total, missing = 0.0, False
    for work in todo:
        table = tables.setdefault(work.model, known(store, work.model))
        if work.kind in table:
            total += table[work.kind] * work.units
        else:
            missing = True
    return Estimated(None if missing and not total else total / workers, not missing)


def _file(store: Store, model: str) -> Path:
    return store.root / FILE / f"{model}.json"
