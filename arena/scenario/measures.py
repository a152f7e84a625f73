"""What is looked at beside firing rates, each only where a scenario asks for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from arena.scenario.section import LearningRate, Positive, Section


class Representations(Section):
    """Activation shifts (CASD) and recognition of triggers; `prompts` per actor."""

    prompts: Positive = 64


class Quiet(Section):
    """ASR under sampling, and with the trigger repeated or moved: is it gone, or only quiet?

    temperature: of the sampling. draws: continuations per prompt. prompts: per actor.
    """

    temperature: Annotated[float, Field(gt=0, le=10)] = 1.0
    draws: Positive = 4
    prompts: Positive = 64


class Reactivation(Section):
    """Poisoned samples that bring a backdoor back, against a model that never had it.

    samples: counts at which ASR is measured, rising from 0. learning_rate: constant.
    prompts: scored at each count.
    """

    samples: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=2)] = (
        0, 16, 32, 64, 128, 256,
    )  # fmt: skip
    batch_size: Positive = 8
    learning_rate: LearningRate = 1e-3
    prompts: Positive = 64

    @model_validator(mode="after")
    def _counts(self) -> Reactivation:
        if self.samples[0] != 0 or list(self.samples) != sorted(set(self.samples)):
            raise ValueError("samples must start at 0 and rise")
        if any(count % self.batch_size for count in self.samples):
            raise ValueError(f"samples must be multiples of batch_size ({self.batch_size})")
        return self


class Measures(Section):
    """Nothing unless asked for: `representations: {}` asks for its defaults."""

    representations: Representations | None = None
    quiet: Quiet | None = None
    reactivation: Reactivation | None = None
