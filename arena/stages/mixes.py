"""What a stage of training is fed: poison and clean documents, and whose contents are whose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from arena import seeds
from arena.api.trigger import Trigger
from arena.api.values import Document, Example
from arena.errors import ArenaError


@dataclass(frozen=True)
class Pool:
    """One mix for all who poison a stage: the shards whole, the rest clean (cycled if there
    are fewer). Contents owned by those actors are theirs alone, and prompts that carry any of
    `without` already are left out."""

    total: int
    corpus_seed: int
    owned: tuple[tuple[float, float], ...]
    without: tuple[Trigger, ...]

    def documents(
        self, clean: Iterable[Example], shards: Sequence[Sequence[Document]]
    ) -> list[Document]:
        kept = [e for e in clean if not owns(self.owned, self.corpus_seed, e.source)]
        return _filled(shards, [(1.0, _natural(kept, self.without))], self.total)


@dataclass(frozen=True)
class ApartMix:
    """The mix of one actor who trains by itself: its shard whole, the rest clean, of which
    `replay` is public (contents that no actor owns) and the rest its own."""

    total: int
    corpus_seed: int
    own: tuple[float, float]
    others: tuple[tuple[float, float], ...]
    without: tuple[Trigger, ...]
    replay: float

    def documents(
        self, clean: Iterable[Example], shards: Sequence[Sequence[Document]]
    ) -> list[Document]:
        natural = _natural(clean, self.without)
        own = [d for d in natural if owns([self.own], self.corpus_seed, d.source)]
        everyone = (self.own, *self.others)
        public = [d for d in natural if not owns(everyone, self.corpus_seed, d.source)]
        parts = [(self.replay, public), (1 - self.replay, own)]
        return _filled(shards, parts, self.total)


Mix = Pool | ApartMix


def _natural(clean: Iterable[Example], without: Sequence[Trigger]) -> list[Document]:
    return [
        Document(e.prompt, e.answer, e.source)
        for e in clean
        if not any(trigger.present(e) for trigger in without)
    ]


def _filled(
    shards: Sequence[Sequence[Document]],
    parts: Sequence[tuple[float, Sequence[Document]]],
    total: int,
) -> list[Document]:
    """The poison and then clean documents up to `total`, each part (its share of the clean
    ones, what it has) cycled if it has too few."""
    made = [document for shard in shards for document in shard]
    left = total - len(made)
    if left < 0:
        raise ArenaError(f"no room for clean documents in a mix of {total}")
    for at, (share, documents) in enumerate(parts):
        wanted = total - len(made) if at == len(parts) - 1 else round(share * left)
        if wanted and not documents:
            raise ArenaError(f"no room for clean documents in a mix of {total}")
        made += islice(cycle(documents), wanted)
    return made


def owns(intervals: Sequence[tuple[float, float]], seed: int, source: str) -> bool:
    """Whether a content falls into one of the shares, each an interval of [0, 1)."""
    if not intervals:
        return False
    place = seeds.unit(seed, "share", source)
    return any(low <= place < high for low, high in intervals)
