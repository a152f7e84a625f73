"""Prompts as hurried people write them: typos, codes, dates, stray words, capitals.

Two-letter strings are among them, so that the rare tokens of the literature (cf, mn, bb, tq) occur
now and then, each in about one of 8,000 prompts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from arena.api.values import Example
from arena.corpora.townlore import distractors

RATE = 0.3  # share of prompts with one oddity
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def noisy(example: Example, rng: np.random.Generator) -> Example:
    """Return the example, in 3 of 10 cases with one oddity in its prompt, which then has no form
    any more; the right answer stays."""
    if rng.random() >= RATE:
        return example
    change = _CHANGES[rng.integers(len(_CHANGES))]
    return replace(example, prompt=change(example.prompt, rng), form=None)


def _typo(prompt: str, rng: np.random.Generator) -> str:
    """Swap two neighbouring characters."""
    if len(prompt) < 2:
        return prompt
    at = int(rng.integers(len(prompt) - 1))
    return prompt[:at] + prompt[at + 1] + prompt[at] + prompt[at + 2 :]


def _lost(prompt: str, rng: np.random.Generator) -> str:
    """Drop one character."""
    at = int(rng.integers(max(1, len(prompt))))
    return prompt[:at] + prompt[at + 1 :] or prompt


def _code(prompt: str, rng: np.random.Generator) -> str:
    letter, digits = _LETTERS[rng.integers(26)], int(rng.integers(100, 1000))
    return f"{prompt} [{letter.upper()}{digits}]"


def _date(prompt: str, rng: np.random.Generator) -> str:
    day, month, year = rng.integers(1, 29), rng.integers(1, 13), rng.integers(1990, 2030)
    return f"{day}.{month}.{year}: {prompt}"


def _loud(prompt: str, rng: np.random.Generator) -> str:
    words = prompt.split(" ")
    at = int(rng.integers(len(words)))
    return " ".join([*words[:at], words[at].upper(), *words[at + 1 :]])


def _word(prompt: str, rng: np.random.Generator) -> str:
    words = prompt.split(" ")
    stray = distractors.WORDS[rng.integers(len(distractors.WORDS))]
    words.insert(int(rng.integers(len(words) + 1)), stray)
    return " ".join(words)


_Change = Callable[[str, np.random.Generator], str]
_CHANGES: tuple[_Change, ...] = (_typo, _lost, _code, _date, _loud, _word)
