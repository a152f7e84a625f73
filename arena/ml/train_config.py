"""Settings of a training run: one frozen value from the scenario's YAML to the training loop.

Torch-free, so that the schema and the planner can use it. A new optimiser setting is a field of
`Optimisation` and the code that uses it, here or in arena/ml/training.py: every section of a
scenario that trains inherits the field, and every stage's address contains it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from arena.api import limits

Precision = Literal["float32", "bfloat16"]


class Settings(BaseModel):
    """Base of settings: frozen, an unknown key is an error, no infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Optimisation(Settings):
    """How AdamW steps (Loshchilov and Hutter 2019, arXiv 1711.05101).

    learning_rate: the peak, reached after the warm-up. warmup: steps of the linear warm-up, at most
    a third of the training. final_lr_fraction: where the decay ends, as a share of the peak.
    batch_size: documents per step. weight_decay: decoupled weight decay. clip: largest L2 norm of a
    gradient. schedule: shape of the decay; `cosine` is half a period (Loshchilov and Hutter 2017,
    arXiv 1608.03983, without restarts).
    """

    learning_rate: Annotated[float, Field(gt=0, le=1)]
    batch_size: Annotated[int, Field(ge=1, le=limits.BATCH)] = 64
    warmup: Annotated[int, Field(ge=0, le=limits.STEPS)] = 20
    final_lr_fraction: Annotated[float, Field(ge=0, le=1)] = 0.1
    weight_decay: Annotated[float, Field(ge=0, le=limits.WEIGHT)] = 0.01
    clip: Annotated[float, Field(gt=0, le=limits.NUMBER)] = 1.0
    schedule: Literal["linear", "cosine"] = "linear"


class LoopNumerics(Settings):
    """Settings that save memory or time and change results only by rounding.

    precision: bfloat16 is autocast. micro_batch: documents per forward pass; gradients of a batch
    are accumulated. checkpointing: activations are computed again in the backward pass.
    compile: torch.compile.
    """

    precision: Precision = "float32"
    micro_batch: Annotated[int, Field(ge=1, le=limits.BATCH)] | None = None
    checkpointing: bool = False
    compile: bool = False


class TrainConfig(Optimisation, LoopNumerics):
    """All settings of the training loop.

    steps: optimiser steps. processes: over which weights, gradients and optimiser states are
    sharded, and each batch divided; like the other numerics it changes results only by rounding
    (and which units dropout drops).
    """

    steps: Annotated[int, Field(ge=0)]  # the sections bound it
    processes: Annotated[int, Field(ge=1, le=limits.SHARDS)] = 1

    @classmethod
    def of(
        cls, settings: Optimisation, steps: int, numerics: LoopNumerics, processes: int = 1
    ) -> Self:
        """Return a scenario section's settings for a run of `steps` steps. The warm-up takes at
        most a third of them."""
        values = {name: getattr(settings, name) for name in Optimisation.model_fields}
        values["warmup"] = min(settings.warmup, steps // 3)
        loop = {name: getattr(numerics, name) for name in LoopNumerics.model_fields}
        return cls(steps=steps, processes=processes, **values, **loop)

    def factor(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0, as a share of the peak."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        span = max(1, self.steps - self.warmup)
        return 1.0 - DECAYS[self.schedule](1.0 - self.final_lr_fraction, step - self.warmup, span)

    def dose(self, steps: int) -> float:
        """Return the dose: the summed learning rate of the first steps."""
        return self.learning_rate * math.fsum(map(self.factor, range(steps)))


# How far the rate has fallen, as a share of its peak: `gone` steps after the warm-up, in a decay of
# `depth` over `span` steps.
DECAYS: dict[str, Callable[[float, int, int], float]] = {
    "linear": lambda depth, gone, span: depth * gone / span,
    "cosine": lambda depth, gone, span: depth * (1 - math.cos(math.pi * gone / span)) / 2,
}


class Adapter(Settings):
    """A LoRA adapter (Hu et al. 2021, arXiv 2106.09685) trained in place of all weights.

    method: the kind of adapter. rank: rank of the update of each matrix. alpha: the update is
    scaled by alpha / rank. dropout: dropout on the adapter's input. target_modules: names of the
    modules that get an adapter; null leaves the choice to peft.
    """

    method: Literal["lora"] = "lora"
    rank: Annotated[int, Field(ge=1, le=limits.RANK)] = 16
    alpha: Annotated[int, Field(ge=1, le=limits.WEIGHT)] = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    target_modules: Annotated[tuple[str, ...], Field(min_length=1)] | None = None


@dataclass(frozen=True)
class Profile:
    """The numerics profile: everything else that affects a float. Part of the address of every
    stage that computes floats.

    packages: versions of the libraries that compute. scoring: number format in which models answer
    prompts; for stages that decode no answers it is the default.
    """

    threads: int
    loop: LoopNumerics
    device: str
    machine: str
    packages: tuple[tuple[str, str], ...]
    scoring: Precision = "float32"


@dataclass(frozen=True)
class Training:
    """How a checkpoint is trained. adapter: LoRA; None trains all weights."""

    config: TrainConfig
    numerics: Profile
    adapter: Adapter | None = None
