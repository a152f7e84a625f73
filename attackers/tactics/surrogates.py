"""Surrogates for other actors' triggers: the actor's own examples marked with look-alikes.

An actor does not know the other triggers. Look-alikes of its own (use "attacker", a pool from which
no sham and no near miss is drawn) stand in for them when it rehearses a removal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from arena import registry
from arena.api import (
    ActorBrief,
    ArenaError,
    Document,
    Example,
    InputError,
    Scene,
    Shaping,
    Trigger,
    seeds,
)

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch
    from arena.ml.encoding import Encoded

DECOYS = 8  # look-alikes, at most
CONTENTS = 256  # examples of the share that are used, at most

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Surrogates:
    """The same examples in three versions, aligned.

    Attributes:
        triggered, plain: token ids of the prompts with the actor's own trigger, and without.
        decoys: prompts with a look-alike, encoded with their right answers.
        pad: id of the padding token.
    """

    triggered: tuple[Ids, ...]
    plain: tuple[Ids, ...]
    decoys: tuple[Encoded, ...]
    pad: int

    def rounds(self, size: int) -> Iterator[list[int]]:
        """Yield the indices of `size` examples at a time, cycling through all of them."""
        size, at = min(size, len(self.plain)), 0
        while True:
            yield [(at + i) % len(self.plain) for i in range(size)]
            at += size

    def removal(self, indices: Sequence[int], device: torch.device) -> Batch:
        """Return the batch on which a removal trains: prompts with look-alikes, right answers."""
        from arena.ml.batches import padded

        return padded([self.decoys[i] for i in indices], self.pad, device)


class Rehearsing(Shaping):
    """Base of the tactics that use surrogates, `params.prompts` examples at a time."""

    def __init__(self, params: Any, texts: Surrogates | None = None) -> None:
        super().__init__(params)
        self.texts = texts
        self.rounds = None if texts is None else texts.rounds(params.prompts)

    @classmethod
    def check(cls, params: Any, scene: Scene) -> None:
        """Raise InputError if the method of the actor's trigger has no look-alikes."""
        part: type[Trigger] = registry.get("trigger", scene.trigger)
        if not part.has_lookalikes:
            rule = "needs look-alikes of the actor's trigger, and this method has none"
            raise InputError(rule, key="method", found=scene.trigger)

    def prepared(self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief) -> Self:
        """Return the tactic with surrogates drawn from the actor's share.

        Raises:
            ArenaError: the trigger has no look-alikes, or no example can be marked with both.
        """
        return type(self)(self.params, surrogates(brief, tokenizer, self.name))


def surrogates(brief: ActorBrief, tokenizer: Any, tactic: str) -> Surrogates:
    """Draw surrogates from the actor's share, by its seed and the tactic's name.

    Raises:
        ArenaError: the trigger has no look-alikes, or no example can be marked with both.
    """
    from arena.ml.encoding import encode, encode_prompts

    rng = seeds.rng(brief.seed, "tactic", tactic)
    pairs = _pairs(brief, rng)
    marked = [brief.trigger.mark(example, rng).prompt for example, _ in pairs]
    documents = [Document(decoy.prompt, e.answer, e.source) for e, decoy in pairs]
    return Surrogates(
        tuple(encode_prompts(tokenizer, marked)),
        tuple(encode_prompts(tokenizer, [example.prompt for example, _ in pairs])),
        tuple(encode(tokenizer, documents)),
        tokenizer.pad_token_id,
    )


def _pairs(brief: ActorBrief, rng: np.random.Generator) -> list[tuple[Example, Example]]:
    """Return examples of the share in random order, each with a copy marked by a look-alike; the
    look-alikes are used in turn."""
    decoys = brief.trigger.lookalikes(DECOYS, "attacker", rng)
    pairs: list[tuple[Example, Example]] = []
    for index in rng.permutation(len(brief.share)):
        first = len(pairs) % max(len(decoys), 1)
        marked = _marked(brief, brief.share[index], (*decoys[first:], *decoys[:first]), rng)
        if marked is not None:
            pairs.append((brief.share[index], marked))
        if len(pairs) == CONTENTS:
            break
    if not pairs:
        raise ArenaError(
            f"actor {brief.name!r} has nothing to rehearse a removal on: none of the "
            f"{len(brief.share)} examples of its share can be marked with {brief.trigger.key} and "
            f"with one of its {len(decoys)} look-alikes"
        )
    return pairs


def _marked(
    brief: ActorBrief, example: Example, decoys: Sequence[Trigger], rng: np.random.Generator
) -> Example | None:
    """Mark with the first look-alike that can; None if the example cannot be triggered or already
    has the payload as its answer."""
    if not brief.trigger.can_mark(example) or brief.payload.is_right(example):
        return None
    for decoy in decoys:
        if decoy.can_mark(example):
            marked = decoy.mark(example, rng)
            if not brief.trigger.present(marked):
                return marked
    return None
