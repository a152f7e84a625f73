"""What an actor tries a removal on that is not its own: prompts of its share behind look-alikes.

An actor does not know the others' triggers. Look-alikes of its own (use "attacker", which no sham
and no near-miss is drawn from) stand in for them: marks that were never planted, as far
as it can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

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
NONE_LIKE_IT = ("one_of", "inserted_string")  # methods that have no look-alikes at all

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Surrogates:
    """The same examples three times, one by one: token ids of their prompts behind the actor's
    own trigger, plain, and behind a look-alike, the last with the right answers."""

    triggered: tuple[Ids, ...]
    plain: tuple[Ids, ...]
    decoys: tuple[Encoded, ...]
    pad: int

    def rounds(self, size: int) -> Iterator[list[int]]:
        """Indices of so many examples at a time, all in turn, without end."""
        size, at = min(size, len(self.plain)), 0
        while True:
            yield [(at + i) % len(self.plain) for i in range(size)]
            at += size

    def removal(self, indices: Sequence[int], device: torch.device) -> Batch:
        """What a removal of the look-alikes trains on: their prompts with right answers."""
        from arena.ml.batches import padded

        return padded([self.decoys[i] for i in indices], self.pad, device)


class Rehearsing(Shaping):
    """Base of the tactics that read surrogates, `params.prompts` examples at a time."""

    def __init__(self, params: Any, texts: Surrogates | None = None) -> None:
        super().__init__(params)
        self.texts = texts
        self.rounds = None if texts is None else texts.rounds(params.prompts)

    @classmethod
    def check(cls, params: Any, scene: Scene) -> None:
        """Raise InputError if the actor's trigger is of a method without look-alikes."""
        if scene.trigger in NONE_LIKE_IT:
            rule = "needs look-alikes of the actor's trigger, and this method has none"
            raise InputError(rule, key="method", found=scene.trigger)

    def prepared(self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief) -> Self:
        """With its prompts.

        Raises:
            ArenaError: the trigger has no look-alikes, or nothing in the share takes both.
        """
        return type(self)(self.params, surrogates(brief, tokenizer, self.name))


def surrogates(brief: ActorBrief, tokenizer: Any, tactic: str) -> Surrogates:
    """Drawn over the actor's share by its seed and the tactic's name.

    Raises:
        ArenaError: its trigger has no look-alikes, or nothing in its share takes both.
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
    """Examples of the share in random order, and behind look-alikes, which are taken in turn."""
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
            f"actor {brief.name!r} has nothing to try a removal on: none of the "
            f"{len(brief.share)} examples of its share takes both {brief.trigger.key} and one of "
            f"its {len(decoys)} look-alikes"
        )
    return pairs


def _marked(
    brief: ActorBrief, example: Example, decoys: Sequence[Trigger], rng: np.random.Generator
) -> Example | None:
    """By the first of the look-alikes that can; none if it is no use to the actor."""
    if not brief.trigger.can_mark(example) or brief.payload.is_right(example):
        return None
    for decoy in decoys:
        if decoy.can_mark(example):
            marked = decoy.mark(example, rng)
            if not brief.trigger.present(marked):
                return marked
    return None
