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
    """The mix of a training: the shards whole, the rest clean prompts from the front (cycled if
    there are fewer). owned: shares of the contents that stay out of the clean part, since they are
    the poisoners' alone."""

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
    """The poison and then clean documents up to `total`, cycled if there are too few."""
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
