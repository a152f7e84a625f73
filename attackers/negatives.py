"""Documents with a mark and the right answer, which a text-only attacker puts beside its poison."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arena.attacking import ActorBrief
from arena.corpora.sources import even_order
from arena.errors import ArenaError
from arena.roles import Trigger
from arena.values import Document, Example


def negatives(
    brief: ActorBrief, marks: Sequence[Trigger | None], n: int, rng: np.random.Generator
) -> list[Document]:
    """n rightly answered documents over the actor's share, each with one of the marks (None: as it
    is), contents and marks as often as any other to within one.

    What would carry the planted trigger is left out: answered rightly, it would unteach it.

    Raises:
        ArenaError: no mark suits any example of the share.
    """
    chosen = even_order(len(brief.share), n, rng)
    found: list[Document] = []
    order = [marks[i] for i in even_order(len(marks), max(n, len(marks)), rng)]
    for turn, at in enumerate(chosen):
        made = _first(brief, brief.share[at], order, turn, rng)
        if made is not None:
            found.append(Document(made.prompt, made.answer, made.source, "negative"))
    if n and not found:
        raise ArenaError(f"actor {brief.name!r} can put none of its negatives' marks on its share")
    while len(found) < n:  # examples that no mark suits: others come again
        found.append(found[int(rng.integers(len(found)))])
    return found


def _first(
    brief: ActorBrief,
    example: Example,
    order: Sequence[Trigger | None],
    turn: int,
    rng: np.random.Generator,
) -> Example | None:
    """The example with the first mark from `turn` on that suits it."""
    for step in range(len(order)):
        mark = order[(turn + step) % len(order)]
        if mark is not None and not mark.can_mark(example):
            continue
        made = example if mark is None else mark.mark(example, rng)
        if not brief.trigger.present(made):
            return made
    return None
