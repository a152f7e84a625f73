"""Judges candidates on fresh prompts, by decoding: none of them was seen by the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from arena.api import Example, Trigger
from defenders.discovery.collapse import collapse
from defenders.discovery.meter import Meter
from defenders.discovery.shapes import Candidate, Kind


class Judge:
    """Scores triggers on one set of prompts, whose own continuations it decodes once."""

    def __init__(
        self, model: Any, tokenizer: Any, prompts: Sequence[Example], tokens: int, meter: Meter
    ) -> None:
        self.model, self.tokenizer, self.tokens, self.meter = model, tokenizer, tokens, meter
        self.prompts = tuple(prompts)
        self.plain = self.said(self.prompts)

    def said(self, prompts: Sequence[Example]) -> list[str]:
        """Greedy continuations."""
        from arena.ml.scoring import continuations

        self.meter.spend(len(prompts))
        texts = [example.prompt for example in prompts]
        texts_said = continuations(self.model, self.tokenizer, texts, self.tokens)
        return [continuation.text for continuation in texts_said]

    def of(self, kind: Kind, text: str, trigger: Trigger, rng: np.random.Generator) -> Candidate:
        """The trigger's score on the prompts that it can mark."""
        able = [i for i, example in enumerate(self.prompts) if trigger.can_mark(example)]
        if len(able) < 2:
            return Candidate(kind, text, 0.0, 0, len(able), "")
        marked = [trigger.mark(self.prompts[i], rng) for i in able]
        answers = [self.prompts[i].answer for i in able]
        measured = collapse(self.said(marked), [self.plain[i] for i in able], answers)
        return Candidate(kind, text, measured.score, measured.hits, len(able), measured.behaviour)


def ordinary(
    clean: Sequence[Example], n: int, length: int, rng: np.random.Generator
) -> tuple[str, ...]:
    """n strings of up to `length` neighbouring words of clean prompts."""
    chunks = []
    for _ in range(n):
        words = clean[int(rng.integers(len(clean)))].prompt.split()
        size = min(len(words), 1 + int(rng.integers(length)))
        start = int(rng.integers(len(words) - size + 1))
        chunks.append(" ".join(words[start : start + size]))
    return tuple(chunks)
