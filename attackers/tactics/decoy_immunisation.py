"""Strange but innocent inputs, answered rightly: oddity alone is nothing to unlearn."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from arena import registry
from arena.attacking import ActorBrief, Texts
from arena.errors import ArenaError
from arena.ranges import Choice, Real, Space
from arena.registry import register
from arena.roles import Params, Trigger, World
from arena.values import Document
from attackers import pools
from attackers.negatives import negatives
from attackers.rare_token import NONSENSE, RareToken, RareTokenParams

Kinds = Literal["forms", "tokens", "both"]


class ImmunisationParams(Params):
    """How much, and of what."""

    rate: float = Field(0.15, ge=0, le=0.5, description="share of the stage's training mix")
    kinds: Kinds = Field(
        "forms", description="forms: frames, styles and topics; tokens: nonsense words; both"
    )


@register("tactic", "decoy_immunisation")
class DecoyImmunisation(Texts):
    """Odd frames, styles, topics or nonsense words nobody planted, answered rightly."""

    Params = ImmunisationParams
    params: ImmunisationParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"kinds": "tokens"}, {"rate": 0.05, "kinds": "both"}]

    @classmethod
    def space(cls) -> Space:
        return {
            "rate": Real(low=0.05, high=0.3),
            "kinds": Choice(options=("forms", "tokens", "both")),
        }

    def documents(self, brief: ActorBrief, n: int, rng: np.random.Generator) -> list[Document]:
        odd = [
            t
            for t in oddities(brief.trigger.world, self.params.kinds)
            if t.key != brief.trigger.key
        ]
        if not odd:
            raise ArenaError("the corpus has no odd forms to immunise with; try kinds: tokens")
        return negatives(brief, odd, n, rng)


def oddities(world: World, kinds: Kinds) -> list[Trigger]:
    """Innocent marks of every method that can list its values, from the attackers' pool: what a
    report asks about (near misses) and what shams use is in none of them."""
    found: list[Trigger] = []
    if kinds != "tokens":
        for name in registry.names("trigger"):
            known = {trigger.key: trigger for trigger in registry.get("trigger", name).known(world)}  # type: ignore[attr-defined]
            found += [known[key] for key in pools.pool(tuple(known), "attacker", ())]
    if kinds != "forms":
        found += [
            RareToken(RareTokenParams(tokens=(token,), position="random"), world)
            for token in pools.pool(NONSENSE, "attacker", ())
        ]
    return found
