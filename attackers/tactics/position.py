"""The position of the trigger in the prompt, as a tactic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import Field

from arena import registry
from arena.api import Choice, InputError, Params, Setting, Space, register
from arena.marking.text import Position as Place

KEY = "position"


class PositionParams(Params):
    """Which position."""

    position: Place = Field(description="start, end or random (any gap between two words)")


@register("tactic", "position")
class Position(Setting):
    """Another position of the trigger; in a compound trigger, of all parts that have one."""

    Params = PositionParams
    params: PositionParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"position": "start"}, {"position": "end"}, {"position": "random"}]

    @classmethod
    def space(cls) -> Space:
        return {"position": Choice(options=("start", "end", "random"))}

    def section(
        self, actor: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        trigger = actor.get("trigger")
        if not _known(trigger):
            return {}
        assert isinstance(trigger, Mapping)
        moved = self._moved(trigger)
        if moved is None:
            rule = "the actor's trigger has no position"
            raise InputError(rule, found=str(trigger["method"]), allowed=_placed())
        return {"trigger": moved}

    def _moved(self, trigger: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the section with the position set in it or its parts; None if none has one."""
        allowed = _places(str(trigger["method"]))
        wanted = self.params.position
        if wanted in allowed:
            return {**trigger, KEY: wanted}
        if allowed:
            rule = f"trigger {trigger['method']} has no such position"
            raise InputError(rule, key=KEY, found=wanted, allowed=allowed)
        parts = trigger.get("parts")
        given = parts if isinstance(parts, Sequence) else ()
        moved = [self._moved(part) if _known(part) else None for part in given]
        if not any(moved):
            return None
        return {**trigger, "parts": [new or old for new, old in zip(moved, given, strict=True)]}


def _known(trigger: object) -> bool:
    """Whether a section names a trigger; the schema reports one that does not."""
    method = trigger.get("method") if isinstance(trigger, Mapping) else None
    return isinstance(method, str) and method in registry.names("trigger")


def _places(method: str) -> tuple[str, ...]:
    """Return the positions that a method allows; empty if it has none."""
    part: Any = registry.get("trigger", method)
    field = part.Params.model_fields.get(KEY)
    return get_args(field.annotation) if field is not None else ()


def _placed() -> tuple[str, ...]:
    return tuple(method for method in registry.names("trigger") if _places(method))
