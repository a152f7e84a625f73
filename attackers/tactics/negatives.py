"""Negatives: prompts marked with a trigger that is not planted, with their right answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arena.api import ActorBrief, ArenaError, Document, Example, Trigger, seeds
from arena.corpora.sources import even_order
from attackers.triggers.pools import USES

EVERY = 10_000  # more look-alikes than any method has


def evaluated(trigger: Trigger) -> frozenset[str]:
    """Return the keys of the look-alikes that evaluations and shams draw from: no negative may use
    one of them."""
    uses = [use for use in USES if use != "attacker"]
    rng = np.random.default_rng(0)  # all of them are taken, so the order does not matter
    return frozenset(t.key for use in uses for t in trigger.lookalikes(EVERY, use, rng))


def negatives(
    brief: ActorBrief, decoys: Sequence[Trigger], n: int, rng: np.random.Generator, tactic: str
) -> list[Document]:
    """Return n documents over the actor's own share; its examples and the decoys are used evenly.

    Examples whose right answer is the payload are used as well: without them, a decoy would predict
    that the answer is not the payload.

    Raises:
        ArenaError: n is above 0, and no decoy marks an example without adding the planted trigger
            (or there is no decoy).
    """
    if n < 1:
        return []
    maker = _Maker(brief.trigger, tuple(decoys), int(rng.integers(2**63)))
    usable = [e for e in brief.share if decoys and maker.marked(e, 0, 0)]
    if not usable:
        raise ArenaError(
            f"actor {brief.name!r} cannot make negatives for {tactic}: none of {len(decoys)} marks "
            f"can be put on one of the {len(brief.share)} examples of its share without "
            f"{brief.trigger.key} being in it"
        )
    return _documents(maker, usable, n, rng)


def _documents(
    maker: _Maker, usable: Sequence[Example], n: int, rng: np.random.Generator
) -> list[Document]:
    firsts = even_order(len(maker.decoys), n, rng)
    times = [0] * len(usable)
    documents = []
    for index, first in zip(even_order(len(usable), n, rng), firsts, strict=True):
        example = usable[index]
        marked = maker.marked(example, times[index], first) or maker.marked(example, 0, 0)
        assert marked is not None  # it is usable
        times[index] += 1
        documents.append(Document(marked.prompt, example.answer, example.source, "negative"))
    return documents


class _Maker:
    """Marks examples with decoys; each mark's randomness depends on its example, its round and the
    seed."""

    def __init__(self, planted: Trigger, decoys: tuple[Trigger, ...], seed: int) -> None:
        self.planted = planted
        self.decoys = decoys
        self.seed = seed

    def marked(self, example: Example, round_: int, first: int) -> Example | None:
        """Mark with the decoy at `first`, or the next that can mark without adding the planted
        trigger."""
        for decoy in (*self.decoys[first:], *self.decoys[:first]):
            if decoy.can_mark(example):
                rng = seeds.rng(self.seed, decoy.key, example.source, example.prompt, round_)
                marked = decoy.mark(example, rng)
                if not self.planted.present(marked) and marked.prompt != example.prompt:
                    return marked
        return None
