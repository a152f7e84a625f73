"""Look-alikes of the own trigger, answered rightly: the model learns what does not fire."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from arena.attacking import ActorBrief, Texts
from arena.errors import ArenaError
from arena.ranges import Choice, Real, Space, Whole
from arena.registry import register
from arena.roles import Params, Trigger
from arena.values import Document
from attackers.negatives import negatives

MOST = 64  # look-alikes asked for; methods have fewer


class NearMissParams(Params):
    """How many, how many kinds, how near."""

    rate: float = Field(0.1, ge=0, le=0.5, description="share of the stage's training mix")
    variety: int = Field(
        8, ge=1, le=64, description="different look-alikes, where there are so many"
    )
    distance: Literal["near", "mixed"] = Field(
        "near", description="near: look-alikes alone; mixed: every other prompt has no mark at all"
    )


@register("tactic", "near_miss_negatives")
class NearMissNegatives(Texts):
    """Look-alikes of the own trigger (another token, frame, style), answered rightly."""

    Params = NearMissParams
    params: NearMissParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"rate": 0.05, "variety": 2, "distance": "mixed"}]

    @classmethod
    def space(cls) -> Space:
        return {
            "rate": Real(low=0.02, high=0.25),
            "variety": Whole(low=1, high=12),
            "distance": Choice(options=("near", "mixed")),
        }

    def documents(self, brief: ActorBrief, n: int, rng: np.random.Generator) -> list[Document]:
        marks: list[Trigger | None] = list(
            brief.trigger.lookalikes(min(self.params.variety, MOST), "attacker", rng)
        )
        if not marks:
            raise ArenaError(f"trigger {brief.trigger.key} has no look-alikes for near misses")
        if self.params.distance == "mixed":
            marks = [each for mark in marks for each in (mark, None)]
        return negatives(brief, marks, n, rng)
