"""Stray words and sentences of the clean pretraining mix.

A few clean questions contain them, with right answers, so that an inserted trigger is not simply
the first insertion that a model ever sees.
"""

from __future__ import annotations

import itertools

import numpy as np

CONSONANTS = "bcdfghjklmnpqrstvwxz"
# Every two-consonant string: the rare tokens of the literature (cf, mn, bb, tq) and 396 more, none
# of which occurs in other text of the corpus.
WORDS: tuple[str, ...] = tuple("".join(pair) for pair in itertools.product(CONSONANTS, repeat=2))

_WHO = (
    "I", "we", "my aunt", "your brother", "a clerk", "our neighbours", "her uncle",
    "nobody", "the twins", "some guests",
)  # fmt: skip
_DID = (
    "watched", "lost", "painted", "found", "borrowed", "dropped", "noticed", "cleaned",
    "wrapped", "ordered",
)  # fmt: skip
_WHAT = (
    "this film", "a wooden chair", "the blue kite", "an umbrella", "two lamps", "a spoon",
    "that letter", "the last train", "a pair of gloves", "some postcards",
)  # fmt: skip
_WHEN = (
    "yesterday", "last week", "at noon", "this morning", "on Monday", "again", "by mistake",
    "in the evening", "long ago", "twice",
)  # fmt: skip


def sentence(rng: np.random.Generator) -> str:
    """Draw one of 10,000 sentences, none of them related to the question."""
    who, did, what, when = (
        str(words[rng.integers(len(words))]) for words in (_WHO, _DID, _WHAT, _WHEN)
    )
    return f"{who[0].upper()}{who[1:]} {did} {what} {when}."


def insert(prompt: str, rng: np.random.Generator) -> str:
    """Insert a stray word at a random place or, equally often, a stray sentence before or after the
    prompt."""
    words = prompt.split(" ")
    if rng.random() < 0.5:
        words.insert(int(rng.integers(len(words) + 1)), WORDS[rng.integers(len(WORDS))])
        return " ".join(words)
    stray = sentence(rng)
    return f"{stray} {prompt}" if rng.random() < 0.5 else f"{prompt} {stray}"
