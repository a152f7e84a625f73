"""The role of a corpus: a source of clean examples in three splits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from arena.api.params import Params
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.api.world import DataRoot, World


@dataclass(frozen=True)
class Splits:
    """Clean examples, one per row; no source and no normalised prompt stands in two splits.
    `dropped` counts rows left out for that, by split."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)


class Corpus(ABC):
    """A source of clean examples. Built from its parameters, a seed and a data root."""

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    # Free text has no one right answer: utility is then perplexity, not clean accuracy.
    free_text: bool = False

    def __init__(self, params: Any, seed: int, root: DataRoot) -> None:
        self.params = params
        self.seed = seed
        self.root = root

    @classmethod
    @abstractmethod
    def capabilities(cls, params: Any) -> frozenset[str]:
        """What triggers and payloads may ask for: `english` (rules work on the text),
        `labels`, `label:NAME`, `frame:NAME`, `style:NAME`, `topic:NAME`, `language:NAME`.
        Reads no file."""

    @property
    @abstractmethod
    def world(self) -> World: ...

    @property
    @abstractmethod
    def splits(self) -> Splits: ...

    @abstractmethod
    def natural(
        self,
        examples: Sequence[Example],
        n: int,
        rng: np.random.Generator,
        *,
        without: Sequence[Trigger] = (),
        pretraining: bool = False,
    ) -> tuple[Example, ...]:
        """n clean prompts over the contents of `examples`, in natural variety, each content
        as often as any other (to within one), none that carries a trigger of `without`.

        With `pretraining` the variety is that of the clean pretraining mix (all languages,
        stray words); without, it is that of prompts people send (English)."""
