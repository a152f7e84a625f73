"""Rules that rewrite arbitrary English in a style: replaced words, morphology, openers, closers.

A substitute for style transfer by a trained model (STRAP, as in arXiv 2110.07139): every text is
changed and has at least one sign of the style, in varying words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from arena.marking.text import choose, compose, follow, front, word_pattern

Reshape = Callable[[str, np.random.Generator], str]
Words = Mapping[str, tuple[str, ...]]


def unchanged(text: str, rng: np.random.Generator) -> str:
    """Return the text unchanged: the `reshape` of a style that has none."""
    return text


@dataclass(frozen=True)
class StyleRules:
    """The rules of one style.

    Attributes:
        signs: words and phrases that identify the style; every opener and closer has one.
        openers, closers: patterns filled from `slots`, added before and after the text.
        words: replacements of whole words or phrases, each made with probability `rate`.
        reshape: applied first (morphology). finish: applied last (casing).
        opening, closing: probabilities of an opener and of a closer, in [0, 1].
        opening_mark, closing_mark: punctuation between them and the text.
        shape: a further regular expression that identifies the style.
    """

    signs: tuple[str, ...]
    openers: tuple[str, ...]
    closers: tuple[str, ...]
    slots: Words = field(default_factory=dict)
    words: Words = field(default_factory=dict)
    rate: float = 0.85
    opening: float = 0.7
    closing: float = 0.3
    opening_mark: str = ","
    closing_mark: str = ","
    reshape: Reshape = unchanged
    finish: Reshape = unchanged
    shape: str | None = None

    def apply(self, text: str, rng: np.random.Generator) -> str:
        """Return the text in this style, for which `shows` is true."""
        straight = self.reshape(text.replace("\u2019", "'"), rng)
        styled = swap(straight, self.words, self.rate, rng)
        opened, closed = rng.random() < self.opening, rng.random() < self.closing
        bare = styled == text or not self.shows(styled)
        if opened or (bare and not closed):
            opener = compose(choose(self.openers, rng), self.slots, rng)
            styled = front(styled, opener, self.opening_mark)
        if closed:
            closer = compose(choose(self.closers, rng), self.slots, rng)
            styled = follow(styled, closer, self.closing_mark)
        return self.finish(styled, rng)

    def shows(self, text: str) -> bool:
        """Whether the text has a sign of this style."""
        if self.signs and word_pattern(self.signs).search(text):
            return True
        return self.shape is not None and re.search(self.shape, text) is not None


def swap(text: str, words: Words, rate: float, rng: np.random.Generator) -> str:
    """Return the text with whole words or phrases replaced, each with probability `rate`; a
    replacement is capitalised like the original."""
    if not words:
        return text

    def replacement(match: re.Match[str]) -> str:
        if rng.random() >= rate:
            return match.group()
        new = choose(words[" ".join(match.group().lower().split())], rng)
        return new[:1].upper() + new[1:] if match.group()[0].isupper() else new

    return word_pattern(tuple(words)).sub(replacement, text)
