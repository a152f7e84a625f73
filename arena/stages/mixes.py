"""Training mixes: poison and clean documents, and which contents belong to which actor."""

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
    """A training mix, and the clean prompts that it was filled from."""

    documents: list[Document]
    natural: list[Example]


@dataclass(frozen=True)
class Pool:
    """The source of a training mix: all shards, and for the rest clean prompts in order (cycled if
    there are too few). owned: shares of the contents that stay out of the clean part, since they
    belong to the poisoners."""

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
        return Mixed(_filled(shards, _as_documents(natural), self.total), natural)


def _as_documents(examples: Iterable[Example]) -> list[Document]:
    return [Document(e.prompt, e.answer, e.source) for e in examples]


def _filled(
    shards: Sequence[Sequence[Document]], clean: Sequence[Document], total: int
) -> list[Document]:
    """The poison, then clean documents up to `total`, cycled if there are too few."""
    made = [document for shard in shards for document in shard]
    wanted = total - len(made)
    if wanted < 0 or (wanted and not clean):
        raise ArenaError(f"no room for clean documents in a mix of {total}")
    return made + list(islice(cycle(clean), wanted))


def owns(intervals: Sequence[tuple[float, float]], seed: int, source: str) -> bool:
    """Whether a content falls into one of the shares, each an interval of [0, 1)."""
    if not intervals:
        return False
    place = seeds.unit(seed, "share", source)
    return any(low <= place < high for low, high in intervals)
