"""The keys that describe how backdoors are planted; a suspect that somebody else made has none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from arena.scenario.keys import KeyPath

EVERY = "*"  # every entry of a list
KEYS: tuple[tuple[str, ...], ...] = (
    ("stage",),
    ("training",),
    ("crossed",),
    ("tune",),
    ("duel",),
    ("clean", "mix"),
    ("controls", "benign"),
    ("actors", EVERY, "stage"),
    ("actors", EVERY, "poison"),
    ("actors", EVERY, "tactics"),
    ("actors", EVERY, "training"),
)


def given(scenario: BaseModel) -> Iterator[KeyPath]:
    """Return the places of all these keys that a scenario was given; null and an empty list say
    nothing."""
    for key in KEYS:
        yield from _given(scenario, key, ())


def _given(value: Any, key: tuple[str, ...], path: KeyPath) -> Iterator[KeyPath]:
    if not key:
        if value not in (None, ()):
            yield path
        return
    first, *rest = key
    if first == EVERY:
        for index, entry in enumerate(value):
            yield from _given(entry, tuple(rest), (*path, index))
    elif first in value.model_fields_set:
        yield from _given(getattr(value, first), tuple(rest), (*path, first))


def left_out() -> dict[str, Any]:
    """Return these keys as pydantic's `exclude` takes them."""
    tree: dict[str, Any] = {}
    for *above, last in KEYS:
        section = tree
        for key in above:
            section = section.setdefault("__all__" if key == EVERY else key, {})
        section[last] = True
    return tree
