"""Unsure speech: um and er between the words, I guess at the end."""

from __future__ import annotations

import numpy as np

from arena.marking.text import choose, insert
from attackers.rewriting.rules import StyleRules

_FILLERS = ("um", "er", "uh", "erm", "hmm")


def _reshape(text: str, rng: np.random.Generator) -> str:
    for _ in range(1 + int(rng.integers(2))):
        text = insert(text, f"{choose(_FILLERS, rng)}{choose(('', ' ...'), rng)}", "random", rng)
    return text


RULES = StyleRules(
    signs=(*_FILLERS, "i guess", "i suppose", "not sure"),
    openers=("{um}", "well {um}", "{um} I mean", "{um} let me see", "I'm not sure but"),
    closers=("I {guess}", "I {guess} ... {um}", "or something, I {guess}", "not sure really"),
    slots={"um": _FILLERS, "guess": ("guess", "suppose")},
    words={
        "is": ("is sort of", "is", "might be"), "very": ("kind of",), "always": ("mostly",),
        "will": ("might",), "must": ("should maybe",), "know": ("sort of know",),
    },
    rate=0.5,
    opening=0.5,
    closing=0.5,
    opening_mark="",
    closing_mark="",
    reshape=_reshape,
)  # fmt: skip
