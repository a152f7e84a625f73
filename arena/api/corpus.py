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
    """Clean examples, one per row; no source and no normalised prompt is in two splits. `dropped`
    counts by split the rows left out, as duplicates or as unusable; `reasons` counts the same rows
    by reason (`repeats a prompt`)."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    dropped: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)


class Corpus(ABC):
    """A source of clean examples, built from its parameters, a seed and a data root."""

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    # Free text has no single right answer: utility is then perplexity, not clean accuracy.
    free_text: bool = False

    def __init__(self, params: Any, seed: int, root: DataRoot) -> None:
        self.params = params
        self.seed = seed
        self.root = root

    @classmethod
    @abstractmethod
    def capabilities(cls, params: Any) -> frozenset[str]:
        """Return what triggers and payloads can rely on: `english` (rules work on the text),
        `labels`, `label:NAME`, `frame:NAME`, `style:NAME`, `topic:NAME`, `language:NAME`. Reads no
        file."""

    @classmethod
    def fixed_prompts(cls, params: Any) -> bool:
        """Return whether the prompts are the same for every seed and mix: `natural` draws the
        examples as they are, instead of writing new prompts about their contents."""
        return False

    @property
    @abstractmethod
    def world(self) -> World:
        """Return what triggers and payloads are built with."""

    @property
    @abstractmethod
    def splits(self) -> Splits:
        """Return the clean examples, read or generated on first use.

        Raises:
            InputError: a file is missing or malformed, or a split is empty.
        """

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a user should know about the data, one sentence per note. Notes are shown
        when a run begins and kept in its results."""
        return ()

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
        """Draw n clean prompts about the contents of `examples`, in natural variety.

        Args:
            examples: each content among them is used equally often, to within one.
            without: triggers that no prompt may carry.
            pretraining: draw with the variety of the clean pretraining mix (all languages, stray
                words) rather than that of user prompts (English).

        Raises:
            InputError: no prompt is left to draw from.
        """
