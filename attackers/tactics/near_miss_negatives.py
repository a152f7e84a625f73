"""Near misses with right answers, which make the backdoor specific to its trigger: the negative
data of SOS (Yang et al. 2021, Rethinking Stealthiness of Backdoor Attack against NLP Models,
ACL-IJCNLP)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from arena.api import (
    ActorBrief,
    Choice,
    Document,
    Params,
    Real,
    Space,
    Texts,
    Trigger,
    Whole,
    register,
)
from attackers.tactics.negatives import EVERY, evaluated, negatives


class NearMissNegativesParams(Params):
    """How many documents, how close the look-alikes, and how many different ones."""

    rate: float = Field(0.08, ge=0, le=0.5, description="share of the stage's training mix")
    distance: Literal["near", "nearest"] = Field(
        "near",
        description="near: other values of the method; nearest: the trigger with a small edit, "
        "where the method defines some",
    )
    variety: int = Field(8, ge=1, le=64, description="how many look-alikes, at most")


@register("tactic", "near_miss_negatives")
class NearMissNegatives(Texts):
    """Prompts with look-alikes of the actor's own trigger and right answers."""

    Params = NearMissNegativesParams
    params: NearMissNegativesParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"rate": 0.05}, {"rate": 0.05, "distance": "nearest", "variety": 12}]

    @classmethod
    def space(cls) -> Space:
        return {
            "rate": Real(low=0.02, high=0.25, log=True),
            "distance": Choice(options=("near", "nearest")),
            "variety": Whole(low=1, high=32, log=True),
        }

    def documents(self, brief: ActorBrief, n: int, rng: np.random.Generator) -> list[Document]:
        return negatives(brief, self._lookalikes(brief.trigger, rng), n, rng, self.name)

    def _lookalikes(self, trigger: Trigger, rng: np.random.Generator) -> list[Trigger]:
        """Draw look-alikes from the attacker's pool, or small edits that no evaluation uses."""
        edits = trigger.nearest() if self.params.distance == "nearest" else ()
        excluded = evaluated(trigger)
        close = [edit for edit in edits if edit.key not in excluded]
        lookalikes = close or trigger.lookalikes(EVERY, "attacker", rng)
        order = rng.permutation(len(lookalikes))[: self.params.variety]
        return [lookalikes[int(index)] for index in order]
