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

MOST = 64  # look-alikes asked for; methods have fewer
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
        odd = oddities(brief.trigger, self.params.kinds, rng)
        if not odd:
            raise ArenaError("the corpus has no odd forms to immunise with; try kinds: tokens")
        return negatives(brief, odd, n, rng)


def oddities(own: Trigger, kinds: Kinds, rng: np.random.Generator) -> list[Trigger]:
    """Innocent marks: of the own method its attacker's pool, which leaves those alone that a report
    asks about; of the others a third of what anybody could name. Which of those another actor
    planted the attacker cannot know."""
    found: list[Trigger] = []
    for method in registry.names("trigger") if kinds != "tokens" else ():
        if method != own.name:
            found += _third(method, own.world)
        elif method != RareToken.name:
            found += own.lookalikes(MOST, "attacker", rng)
    if kinds != "forms":
        found += _tokens(own, rng)
    return [mark for mark in found if mark.key != own.key]


def _third(method: str, world: World) -> list[Trigger]:
    trigger: Any = registry.get("trigger", method)
    known = {each.key: each for each in trigger.known(world)}
    return [known[key] for key in pools.pool(tuple(known), "attacker", ())]


def _tokens(own: Trigger, rng: np.random.Generator) -> list[Trigger]:
    if isinstance(own, RareToken):
        return list(own.lookalikes(MOST, "attacker", rng))
    words = pools.pool(NONSENSE, "attacker", ())
    return [RareToken(RareTokenParams(tokens=(w,), position="random"), own.world) for w in words]
