"""How long an actor plants its backdoor, as a tactic: deeply planted ones are harder to remove.

Its price is exposures, the documents with its trigger that are trained on (steps times batch times
the share of poison): a search limits them by `limits.exposures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from arena.api import Params, Real, Space, Whole, limits, register
from attackers.tactics.apart import ApartSetting


class OwnTrainingParams(Params):
    """Steps, learning rate, or both."""

    steps: int | None = Field(
        None, ge=1, le=limits.STEPS, description="optimiser steps; null: the recipe's"
    )
    learning_rate: float | None = Field(
        None, gt=0, le=1, description="AdamW's peak, above 0; null: the recipe's"
    )

    @model_validator(mode="after")
    def _something(self) -> OwnTrainingParams:
        if self.steps is None and self.learning_rate is None:
            raise ValueError("needs steps or learning_rate")
        return self


@register("tactic", "own_training")
class OwnTraining(ApartSetting):
    """The actor trains the checkpoint that it receives for its own number of steps, at its own
    learning rate."""

    Params = OwnTrainingParams
    params: OwnTrainingParams
    no_training = "the actor has no training of its own under this composition"
    no_pretraining = "pretraining is one training for all; only later ones are an actor's own"

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"steps": 30}, {"learning_rate": 0.001}, {"steps": 50, "learning_rate": 0.002}]

    @classmethod
    def space(cls) -> Space:
        return {
            "steps": Whole(low=50, high=1600, log=True),
            "learning_rate": Real(low=1e-4, high=4e-3, log=True),
        }

    def training(self, actor: Mapping[str, Any], composition: str) -> Mapping[str, Any]:
        return self.params.model_dump(exclude_none=True)
