"""Which parameters of a tactic a scenario has searched: the tactic's own space, narrowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from arena import registry
from arena.errors import InputError
from arena.ranges import Range, narrowed
from arena.scenario.search import Searched


def space_of(searched: Searched) -> dict[str, Range]:
    """The parameters of a tactic that are searched, narrowed as the scenario says.

    Raises:
        InputError: the tactic has no such parameter, or a range is none; the key is relative to
            the tactic's entry.
    """
    tactic: Any = registry.get("tactic", searched.method)
    known = tactic.space()
    for where, keys in (("set", searched.set), ("space", searched.space)):
        allowed = tuple(tactic.Params.model_fields) if where == "set" else tuple(known)
        for key in keys:
            if key not in allowed:
                rule = f"{searched.method} has no such parameter" + (
                    "" if where == "set" else " to search"
                )
                raise InputError(rule, key=f"{where}.{key}", found=key, allowed=allowed)
    return {
        name: _narrowed(declared, searched.space.get(name, {}), name)
        for name, declared in known.items()
        if name not in searched.set
    }


def _narrowed(declared: Range, given: Mapping[str, Any], name: str) -> Range:
    try:
        return narrowed(declared, given)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in ("space", name, *first["loc"]))
        raise InputError(first["msg"], key=key, found=str(first["input"])) from None
