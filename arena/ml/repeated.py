"""A training schedule run through several times: for a sham that trains until its update is as
large as that of the run it is compared with.

A schedule stretched to several times its steps would stay near its peak when the update is large
enough, and let the noise of large steps supply the norm.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field

from arena.ml.train_config import TrainConfig


class RepeatedConfig(TrainConfig):
    """A run that takes the same schedule over and over, warm-up and decay as they were.

    steps: of all together. once: of the schedule.
    """

    once: Annotated[int, Field(ge=1)]

    @classmethod
    def times(cls, config: TrainConfig, times: int) -> Self:
        """Return a run of so many times the steps of `config`, which takes one step or more."""
        return cls(**{**config.model_dump(), "steps": config.steps * times, "once": config.steps})

    def factor(self, step: int) -> float:
        return self._single.factor(step % self.once)

    @property
    def _single(self) -> TrainConfig:
        names = TrainConfig.model_fields
        return TrainConfig(**{n: getattr(self, n) for n in names} | {"steps": self.once})
