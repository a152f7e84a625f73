"""The losses of a run's trainings for its page: a panel for each kind of training, with means over
seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arena.results.run import RunResults
from arena.results.training import TRAINING_KINDS, TrainingCurve, TrainingKind

LINES = 8  # in a panel, at most
TITLES: dict[TrainingKind, str] = {
    "clean": "clean training",
    "planting": "poisoned training",
    "control": "clean fine-tune",
    "sham": "shams",
    "unlearned": "unlearning",
    "defended": "other defences",
}


@dataclass(frozen=True, slots=True)
class LossLine:
    """The loss of equal trainings.

    Attributes:
        name: of the actor that is planted or removed, or of the stage.
        steps: optimiser steps, ascending, at which mean, low and high stand: over seeds (and over
            the shams of a target) the mean, the smallest and the largest.
        trainings: how many they are.
    """

    name: str
    steps: Sequence[int]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    trainings: int


@dataclass(frozen=True, slots=True)
class TrainingPanel:
    """The trainings of one kind. left_out: lines that it has beyond `LINES`."""

    title: str
    lines: Sequence[LossLine]
    left_out: int = 0


def training_panels(results: RunResults) -> list[TrainingPanel]:
    """Return a panel for each kind of training that the results have, in a fixed order."""
    panels = [_panel(results, kind) for kind in TRAINING_KINDS]
    return [panel for panel in panels if panel.lines]


def model_panel(results: RunResults, seed: int, model: str) -> TrainingPanel | None:
    """Return the training that made a model; None if it is not known."""
    for curve in results.training:
        if curve.seed == seed and model in curve.models and curve.losses:
            return TrainingPanel(TITLES[curve.kind], [_line(_name(curve), [curve])])
    return None


def _panel(results: RunResults, kind: TrainingKind) -> TrainingPanel:
    named: dict[str, list[TrainingCurve]] = {}
    for curve in results.training:
        if curve.kind == kind and curve.losses:
            named.setdefault(_name(curve), []).append(curve)
    place = {actor: number for number, actor in enumerate(results.actors)}
    order = sorted(named, key=lambda name: place.get(name, -1))
    lines = [_line(name, named[name]) for name in order[:LINES]]
    return TrainingPanel(TITLES[kind], lines, max(0, len(order) - LINES))


def _name(curve: TrainingCurve) -> str:
    """What a line is called; several defences of a league have the same target."""
    return curve.name if curve.target is None or curve.kind == "defended" else curve.target


def _line(name: str, curves: Sequence[TrainingCurve]) -> LossLine:
    """Equal trainings at the steps of the shortest one; the others' losses between their own."""
    steps = min((curve.ends for curve in curves), key=lambda ends: ends[-1])
    known = [np.interp(steps, curve.ends, curve.losses).tolist() for curve in curves]
    columns = list(zip(*known, strict=True))
    return LossLine(
        name=name,
        steps=steps,
        mean=[sum(column) / len(column) for column in columns],
        low=[min(column) for column in columns],
        high=[max(column) for column in columns],
        trainings=len(curves),
    )
