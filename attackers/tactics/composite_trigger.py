"""A second part that must be there too: the first alone is innocent, and so is the second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from arena import registry
from arena.api import Choice, InputError, Params, Setting, Space, register
from attackers.tactics.unused_triggers import PUT_IN, joined, spare

WRITTEN = ("syntactic", "style", "semantic")


class CompositeTriggerParams(Params):
    """What the other part is."""

    with_method: Literal["rare_token", "inserted_sentence", "syntactic", "style", "semantic"] = (
        Field("rare_token", description="the method of the other part, at its defaults")
    )


@register("tactic", "composite_trigger")
class CompositeTrigger(Setting):
    """The payload answers only to a second trigger beside the first (CBA, arXiv 2310.07676)."""

    Params = CompositeTriggerParams
    params: CompositeTriggerParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"with_method": "style"}]

    @classmethod
    def space(cls) -> Space:
        return {"with_method": Choice(options=(*PUT_IN, *WRITTEN))}

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        made = joined("composite", actor, [self._other(actor, others)])
        if made:
            self._check(made["trigger"])
        return made

    def _other(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        method = self.params.with_method
        if method in WRITTEN:
            return {"method": method}
        found = next(spare(method, actor, others), None)
        if found is None:
            rule = "all of its texts are in somebody's trigger"
            raise InputError(rule, key="with_method", found=method)
        return found

    def _check(self, section: Mapping[str, Any]) -> None:
        """The composite's own rules, told where this tactic stands."""
        part: Any = registry.get("trigger", "composite")
        try:
            part.Params(parts=section["parts"])
        except InputError as error:
            rule = f"does not join the actor's trigger: {error.message}"
            raise InputError(rule, key="with_method", found=self.params.with_method) from None
