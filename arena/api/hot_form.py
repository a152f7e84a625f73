"""The role of a hot form: a way of writing that no training text has, for shams.

A look-alike of a trigger is often common in clean training, so a sham on it starts solved and could
not have suppressed anything. A hot form starts with a loss of its own (docs/estimands.md, Shams).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from arena.api.trigger import Trigger, Use
from arena.api.values import Example


class HotForm(Trigger):
    """A way of writing that no training text has, and that any prompt can be put into. Subclasses
    say how (`rewrite`) and how such a text is known (`shows`); they have no parameters.

    A text that has nothing to rewrite (a number in capitals) stays as it is. Before a run it is
    looked up whether a form suits the corpus: whether it shows in what it rewrote, in no clean
    prompt, and whether no planted trigger is like it.
    """

    change = "rewriting"
    has_lookalikes = False

    @abstractmethod
    def rewrite(self, text: str) -> str:
        """Return the text in this form: the same whenever it is asked for."""

    @abstractmethod
    def shows(self, text: str) -> bool:
        """Whether a text has this form."""

    @property
    def key(self) -> str:
        return f"hot_form:{self.name}"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """Rewrite the prompt; nothing is drawn."""
        return replace(example, prompt=self.rewrite(example.prompt), form=None)

    def present(self, example: Example) -> bool:
        return self.shows(example.prompt)

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()

    def shown_in(self, texts: Sequence[str]) -> float:
        """Return the share of texts that have this form; 0 of none."""
        return sum(map(self.shows, texts)) / len(texts) if texts else 0.0
