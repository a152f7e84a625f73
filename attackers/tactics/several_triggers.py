"""Further triggers for the same payload: a defender that finds one has not found the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from pydantic import Field, field_validator

from arena.api import Choice, InputError, Params, Setting, Space, Whole, register
from attackers.tactics.unused_triggers import (
    check_method,
    joined,
    methods_with_more,
    unused,
)


class SeveralTriggersParams(Params):
    """How many further triggers, and of which method."""

    extra: int = Field(1, ge=1, le=8, description="triggers beside the actor's own")
    kind: str = Field(
        "rare_token", description="a method with further strings, such as inserted_sentence"
    )

    @field_validator("kind")
    @classmethod
    def _has_more(cls, kind: str) -> str:
        return check_method(kind, methods_with_more())


@register("tactic", "several_triggers")
class SeveralTriggers(Setting):
    """Further tokens or sentences fire the payload too: the trigger becomes `any_of`."""

    Params = SeveralTriggersParams
    params: SeveralTriggersParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"extra": 3, "kind": "inserted_sentence"}]

    @classmethod
    def space(cls) -> Space:
        return {"extra": Whole(low=1, high=4), "kind": Choice(options=methods_with_more())}

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        extra = self.params.extra
        more = list(islice(unused(self.params.kind, actor, others), extra))
        if len(more) < extra:
            rule = f"only {len(more)} of {self.params.kind} are not used by a trigger yet"
            raise InputError(rule, key="extra", found=str(extra))
        return joined("any_of", actor, more)
