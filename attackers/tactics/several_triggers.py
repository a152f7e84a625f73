"""More triggers for the same payload: who finds one of them has not found the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from pydantic import Field

from arena.api import Choice, InputError, Params, Setting, Space, Whole, register
from attackers.tactics.unused_triggers import PUT_IN, joined, spare


class SeveralTriggersParams(Params):
    """How many more, and of which method."""

    extra: int = Field(1, ge=1, le=8, description="triggers beside the actor's own")
    kind: Literal["rare_token", "inserted_sentence"] = Field(
        "rare_token", description="rare_token or inserted_sentence"
    )


@register("tactic", "several_triggers")
class SeveralTriggers(Setting):
    """The payload answers to further tokens or sentences too: the trigger becomes `any_of`."""

    Params = SeveralTriggersParams
    params: SeveralTriggersParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"extra": 3, "kind": "inserted_sentence"}]

    @classmethod
    def space(cls) -> Space:
        return {"extra": Whole(low=1, high=4), "kind": Choice(options=PUT_IN)}

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        extra = self.params.extra
        more = list(islice(spare(self.params.kind, actor, others), extra))
        if len(more) < extra:
            rule = f"only {len(more)} of {self.params.kind} are in nobody's trigger"
            raise InputError(rule, key="extra", found=str(extra))
        return joined("any_of", actor, more)
