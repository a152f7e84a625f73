"""How a stage trained, in results."""

from __future__ import annotations

from typing import Literal, get_args

from arena.results.base import Part

TrainingKind = Literal["clean", "planting", "control", "sham", "unlearned", "defended"]
TRAINING_KINDS: tuple[TrainingKind, ...] = get_args(TrainingKind)


class TrainingCurve(Part):
    """The loss along one training, in nats per answer token for plain training; a removal's is that
    of its objective.

    Attributes:
        kind: `clean` and `planting` are trainings on clean and on poisoned mixes; the others are as
            in `Row`.
        name: of the stage. target: the actor whose trigger it removes or plants; None if it is no
            single actor's.
        models: names of the rows whose models it made, or that were taken along it.
        steps: optimiser steps taken.
        every: steps behind each loss, which is their mean; the last one may have fewer.
    """

    kind: TrainingKind
    name: str
    target: str | None = None
    seed: int
    models: tuple[str, ...] = ()
    steps: int = 0
    every: int = 1
    losses: tuple[float, ...] = ()

    @property
    def ends(self) -> tuple[int, ...]:
        """Return the step after which each loss was complete."""
        return tuple(min((k + 1) * self.every, self.steps) for k in range(len(self.losses)))
