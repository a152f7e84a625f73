"""The part of its stage in which an actor's documents are trained on: early ones are partly
forgotten by its end, late ones are recent."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from arena.api import Arrival, Params, Real, Space, register


class ScheduleParams(Params):
    """Start and end."""

    start: float = Field(0.0, ge=0, lt=1, description="fraction of the stage's steps")
    end: float = Field(1.0, gt=0, le=1, description="fraction of the stage's steps, after start")

    @model_validator(mode="after")
    def _in_order(self) -> ScheduleParams:
        if self.start >= self.end:
            raise ValueError(f"start must be before end, got {self.start:g} and {self.end:g}")
        return self


@register("tactic", "schedule")
class Schedule(Arrival):
    """All of the actor's documents in one stretch of the training that it poisons, each seen as
    often as before."""

    Params = ScheduleParams
    params: ScheduleParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"start": 0.5}, {"end": 0.25}, {"start": 0.25, "end": 0.75}]

    @classmethod
    def space(cls) -> Space:
        """Return ranges that leave at least a tenth of the stage: in a shorter part the actor's
        documents would crowd out the rest."""
        return {"start": Real(low=0.0, high=0.45), "end": Real(low=0.55, high=1.0)}

    def window(self) -> tuple[float, float]:
        return self.params.start, self.params.end
