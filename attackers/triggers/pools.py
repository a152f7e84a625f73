"""Look-alikes nobody planted: one list of names, cut into a pool for each use.

The cut depends on the list and the trigger's own name alone, so that no draw and no set of
taken keys can move a name from one use to another (estimands.md, Rates: near-misses are
disjoint from what shams and the attacker use).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeVar, get_args

import numpy as np

from arena.api import Use

USES: tuple[Use, ...] = get_args(Use)
ALL = 10_000  # more look-alikes than any method has
T = TypeVar("T")


def pool(names: Sequence[str], use: Use, own: Iterable[str]) -> tuple[str, ...]:
    """The names that belong to one use: every third one, own names left out."""
    left = [name for name in dict.fromkeys(names) if name not in frozenset(own)]
    return tuple(left[USES.index(use) :: len(USES)])


def draw(names: Sequence[str], n: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Up to n different names in random order."""
    order = rng.permutation(len(names))[: max(n, 0)]
    return tuple(names[int(index)] for index in order)


def key_of(method: str, names: Iterable[str], variant: str = "") -> str:
    """`method:name,name@variant`; the variant says how, and is left off where it is usual."""
    key = f"{method}:{','.join(sorted(names))}"
    return f"{key}@{variant}" if variant else key


def names_taken(method: str, taken: Iterable[str]) -> frozenset[str]:
    """The names behind the keys of one method, in whatever variant they were taken."""
    head = f"{method}:"
    bodies = (key.removeprefix(head).split("@")[0] for key in taken if key.startswith(head))
    return frozenset(name for body in bodies for name in body.split(","))


def in_turn(groups: Iterable[Sequence[T]]) -> list[T]:
    """The first of each group, then the second of each, and so on."""
    gap = object()
    rounds = zip_longest(*groups, fillvalue=gap)
    return [item for round_ in rounds for item in round_ if item is not gap]  # type: ignore[misc]


def position_of(method: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """The position of an actor's trigger section, as keys of another of the same method."""
    same = own.get("method") == method and "position" in own
    return {"position": own["position"]} if same else {}
