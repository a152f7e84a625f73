"""What a stage of training is fed: poison and clean documents, and whose contents are whose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from arena import seeds
from arena.api.values import Document, Example
from arena.errors import ArenaError
from arena.stages.forms import Forms


@dataclass(frozen=True)
class Mixed:
    """A mix, and the clean prompts that it was filled from."""

    documents: list[Document]
    natural: list[Example]


@dataclass(frozen=True)
class Pool:
    """One mix for all who poison a stage: the shards whole, the rest clean (cycled if there
    are fewer). Contents owned by those actors are theirs alone."""

    total: int
    corpus_seed: int
    owned: tuple[tuple[float, float], ...]
    forms: Forms

    def natural(self, clean: Iterable[Example]) -> list[Example]:
        """Return the clean prompts that the mix is filled from."""
        free = (e for e in clean if not owns(self.owned, self.corpus_seed, e.source))
        return self.forms.natural(free)

    def mixed(self, clean: Iterable[Example], shards: Sequence[Sequence[Document]]) -> Mixed:
        """Return the mix of the shards and of clean prompts."""
        natural = self.natural(clean)
        parts = [(1.0, _as_documents(natural))]
        return Mixed(_filled(shards, parts, self.total), natural)


@dataclass(frozen=True)
class ApartMix:
    """The mix of one actor who trains by itself: its shard whole, the rest clean, of which
    `replay` is public (contents that no actor owns) and the rest its own."""

    total: int
    corpus_seed: int
    own: tuple[float, float]
    others: tuple[tuple[float, float], ...]
    replay: float
    forms: Forms

    def natural(self, clean: Iterable[Example]) -> list[Example]:
        """Return the clean prompts that the mix is filled from."""
        return self.forms.natural(e for e in clean if self._own(e) or self._public(e))

    def _own(self, example: Example) -> bool:
        return owns([self.own], self.corpus_seed, example.source)

    def _public(self, example: Example) -> bool:
        return not owns((self.own, *self.others), self.corpus_seed, example.source)

    def mixed(self, clean: Iterable[Example], shards: Sequence[Sequence[Document]]) -> Mixed:
        """Return the mix of the shards and of clean prompts."""
        natural = self.natural(clean)
        own = _as_documents(filter(self._own, natural))
        public = _as_documents(filter(self._public, natural))
        parts = [(self.replay, public), (1 - self.replay, own)]
        return Mixed(_filled(shards, parts, self.total), natural)


Mix = Pool | ApartMix


def _as_documents(examples: Iterable[Example]) -> list[Document]:
    return [Document(e.prompt, e.answer, e.source) for e in examples]


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
