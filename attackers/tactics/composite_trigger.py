"""A second trigger that the payload needs as well: neither of the two fires alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, field_validator

from arena import registry
from arena.api import Choice, InputError, Params, Setting, Space, Trigger, register
from attackers.tactics.unused_triggers import (
    check_method,
    joined,
    methods_that_accompany,
    own_trigger,
    used_texts,
)


class CompositeTriggerParams(Params):
    """The second part."""

    with_method: str = Field(
        "rare_token", description="the method of the second part, with a value that no actor plants"
    )

    @field_validator("with_method")
    @classmethod
    def _accompanies(cls, method: str) -> str:
        return check_method(method, methods_that_accompany())


@register("tactic", "composite_trigger")
class CompositeTrigger(Setting):
    """The payload fires only where a second trigger is present too (CBA, arXiv 2310.07676)."""

    Params = CompositeTriggerParams
    params: CompositeTriggerParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"with_method": "style"}]

    @classmethod
    def space(cls) -> Space:
        return {"with_method": Choice(options=methods_that_accompany())}

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        section = joined("composite", actor, [self._other(actor, others)])
        if section:
            self._check(section["trigger"])
        return section

    def _other(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        method = self.params.with_method
        part: type[Trigger] = registry.get("trigger", method)
        section = part.companion(used_texts(actor, others), own_trigger(actor))
        if section is None:
            rule = "all of its texts are used by triggers of the scenario already"
            raise InputError(rule, key="with_method", found=method)
        return section

    def _check(self, section: Mapping[str, Any]) -> None:
        """Check the composite's own rules, so that errors name the place of this tactic."""
        part: Any = registry.get("trigger", "composite")
        try:
            part.Params(parts=section["parts"])
        except InputError as error:
            rule = f"does not join the actor's trigger: {error.message}"
            raise InputError(rule, key="with_method", found=self.params.with_method) from None
