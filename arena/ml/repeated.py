"""A training schedule repeated several times: for a sham that trains until its update norm equals
that of the run it is compared with.

A schedule stretched over more steps would still be near its peak when the update is large enough,
so the noise of large steps would supply the norm.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field

from arena.ml.train_config import TrainConfig


class RepeatedConfig(TrainConfig):
    """A run that repeats the same schedule, warm-up and decay unchanged.

    steps: in total. once: steps of the schedule.
    """

    once: Annotated[int, Field(ge=1)]

    @classmethod
    def times(cls, config: TrainConfig, times: int) -> Self:
        """Return `config` repeated this many times; `config` takes at least one step."""
        return cls(**{**config.model_dump(), "steps": config.steps * times, "once": config.steps})

    def factor(self, step: int) -> float:
        return self._single.factor(step % self.once)

    @property
    def _single(self) -> TrainConfig:
        names = TrainConfig.model_fields
        return TrainConfig(**{n: getattr(self, n) for n in names} | {"steps": self.once})
