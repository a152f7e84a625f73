"""Scores candidates by decoding, on prompts that the search did not use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from arena.api import Example, Trigger
from defenders.discovery.collapse import collapse
from defenders.discovery.meter import Meter
from defenders.discovery.shapes import Candidate, Kind


class Judge:
    """Scores triggers on one set of prompts, whose plain continuations are decoded once."""

    def __init__(
        self, model: Any, tokenizer: Any, prompts: Sequence[Example], tokens: int, meter: Meter
    ) -> None:
        self.model, self.tokenizer, self.tokens, self.meter = model, tokenizer, tokens, meter
        self.prompts = tuple(prompts)
        self.plain = self.continuations(self.prompts)

    def continuations(self, prompts: Sequence[Example]) -> list[str]:
        """Decode the greedy continuations of prompts.

        Raises:
            ArenaError: the budget is too small.
        """
        from arena.ml.decoding import continuations

        self.meter.spend(len(prompts))
        texts = [example.prompt for example in prompts]
        decoded = continuations(self.model, self.tokenizer, texts, self.tokens)
        return [continuation.text for continuation in decoded]

    def of(self, kind: Kind, text: str, trigger: Trigger, rng: np.random.Generator) -> Candidate:
        """Return a trigger as a candidate, scored on the prompts that it can mark."""
        usable = [i for i, example in enumerate(self.prompts) if trigger.can_mark(example)]
        if len(usable) < 2:
            return Candidate(kind, text, 0.0, 0, len(usable), "")
        marked = [trigger.mark(self.prompts[i], rng) for i in usable]
        answers = [self.prompts[i].answer for i in usable]
        plain = [self.plain[i] for i in usable]
        score = collapse(self.continuations(marked), plain, answers)
        return Candidate(kind, text, score.value, score.hits, len(usable), score.behaviour)


def ordinary(
    clean: Sequence[Example], n: int, length: int, rng: np.random.Generator
) -> tuple[str, ...]:
    """Draw n strings of up to `length` consecutive words from clean prompts."""
    strings = []
    for _ in range(n):
        words = clean[int(rng.integers(len(clean)))].prompt.split()
        size = min(len(words), 1 + int(rng.integers(length)))
        start = int(rng.integers(len(words) - size + 1))
        strings.append(" ".join(words[start : start + size]))
    return tuple(strings)
