"""The role of a hot form: a way of writing that no training text has, for shams.

A look-alike of a trigger is often common in clean training, so a sham on it starts near zero loss
and could not suppress anything. A hot form starts with a substantial loss (docs/estimands.md,
Shams).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from arena.api.trigger import Trigger, Use
from arena.api.values import Example


class HotForm(Trigger):
    """A way of writing that no training text has, and into which any prompt can be rewritten.
    Subclasses define the rewriting (`rewrite`) and its recognition (`shows`); they have no
    parameters.

    A text with nothing to rewrite (a number, for capitals) is returned unchanged. Before a run,
    each form is checked against the corpus: its rewritten texts must show it, clean prompts must
    not, and no planted trigger may resemble it.
    """

    change = "rewriting"
    has_lookalikes = False

    @abstractmethod
    def rewrite(self, text: str) -> str:
        """Return the text in this form; the same text always gives the same result."""

    @abstractmethod
    def shows(self, text: str) -> bool:
        """Whether a text has this form."""

    @property
    def key(self) -> str:
        return f"hot_form:{self.name}"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """Rewrite the prompt; no randomness is used."""
        return replace(example, prompt=self.rewrite(example.prompt), form=None)

    def present(self, example: Example) -> bool:
        return self.shows(example.prompt)

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()

    def shown_in(self, texts: Sequence[str]) -> float:
        """Return the share of texts that have this form; 0 if there are no texts."""
        return sum(map(self.shows, texts)) / len(texts) if texts else 0.0
