"""Look-alikes of a trigger: one list of names, cut into a pool for each use.

The cut depends only on the list and the trigger's own name, so no draw and no set of taken keys can
move a name from one use to another (estimands.md, Rates: near-misses are disjoint from what shams
and the attacker use). A trigger that is defined by one name from a list needs four lines:

    def lookalikes(self, n, use, rng, taken=frozenset()):
        gone = lookalikes.names_taken(self.name, taken)
        free = [m for m in lookalikes.pool(MARKS, use, [self.params.mark]) if m not in gone]
        return tuple(self.with_mark(mark) for mark in lookalikes.draw(free, n, rng))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

import numpy as np

from arena.api.trigger import Use

USES: tuple[Use, ...] = get_args(Use)


def pool(names: Sequence[str], use: Use, own: Iterable[str]) -> tuple[str, ...]:
    """Return the names reserved for one use: every third name, the trigger's own left out."""
    left = [name for name in dict.fromkeys(names) if name not in frozenset(own)]
    return tuple(left[USES.index(use) :: len(USES)])


def draw(names: Sequence[str], n: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Return up to n different names in random order."""
    order = rng.permutation(len(names))[: max(n, 0)]
    return tuple(names[int(index)] for index in order)


def key_of(method: str, names: Iterable[str], variant: str = "") -> str:
    """Return the key `method:name,name@variant`; the usual variant is left off."""
    key = f"{method}:{','.join(sorted(names))}"
    return f"{key}@{variant}" if variant else key


def names_taken(method: str, taken: Iterable[str]) -> frozenset[str]:
    """Return the names in the keys of one method, whatever their variant."""
    head = f"{method}:"
    bodies = (key.removeprefix(head).split("@")[0] for key in taken if key.startswith(head))
    return frozenset(name for body in bodies for name in body.split(","))
