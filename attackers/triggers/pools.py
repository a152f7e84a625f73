"""Pools of look-alikes: those of the API, and helpers for this package only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

from arena.api.lookalikes import USES, draw, key_of, names_taken, pool

__all__ = [
    "ALL",
    "USES",
    "draw",
    "in_groups",
    "in_turn",
    "key_of",
    "names_taken",
    "pool",
    "position_of",
]

ALL = 10_000  # more look-alikes than any method has
T = TypeVar("T")


def in_turn(groups: Iterable[Sequence[T]]) -> list[T]:
    """Return the first item of each group, then the second of each, and so on."""
    gap = object()
    rounds = zip_longest(*groups, fillvalue=gap)
    return [item for round_ in rounds for item in round_ if item is not gap]  # type: ignore[misc]


def in_groups(items: Sequence[T], size: int) -> list[tuple[T, ...]]:
    """Return the items in groups of equal size; the remainder is dropped."""
    whole = range(0, len(items) - size + 1, size)
    return [tuple(items[start : start + size]) for start in whole]


def position_of(method: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the position in an actor's trigger section, as keys for another section of the same
    method."""
    same = own.get("method") == method and "position" in own
    return {"position": own["position"]} if same else {}
