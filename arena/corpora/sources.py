"""The identity of a prompt's content, and how documents are drawn evenly over contents.

Tables of published paraphrases use the `content_id` of the clean sentence as key, so that every
version of a sentence is found under the corpus's own `source`.

Two prompts have the same content if they differ only in spelling conventions: the Unicode form of a
character, letter case, white space, invisible characters, and a full stop at the end. Everything
else can change the right answer: `5+3` and `5-3`, C++ and C#, a vowel sign, an emoji, `It works?`
and `It works.`. Folded are the differences between data sets' versions of one sentence (SST-2 is in
lower case with spaces before its commas; instructions end with a full stop or not), so that a
sentence in two splits is found.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
import regex

from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.errors import InputError

# Invisible characters without meaning: soft hyphen, zero-width space, direction marks, word joiner,
# byte-order mark. The joiners U+200C and U+200D are part of words and emoji, and the tags U+E0020
# to U+E007F distinguish flags, so these are kept.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# Between two punctuation marks a space can be content (Morse code, `* *`); between two words it
# always is.
_BESIDE_MARK = regex.compile(
    r"(?<=[\p{L}\p{M}\p{N}]) (?=[\p{P}\p{S}])|(?<=[\p{P}\p{S}]) (?=[\p{L}\p{N}])"
)
_FULL_STOP = regex.compile(r"(?<=[\p{L}\p{M}\p{N}])[.\u3002\u0964\u06d4]$")


def normalise_prompt(prompt: str) -> str:
    """Return a prompt in lower case and in NFC, without invisible characters and a final full stop,
    with white space folded to one space between words and to none next to a punctuation mark.

    Canonical equivalence only (NFC): under NFKC `x²` would be `x2`.
    """
    shown = unicodedata.normalize("NFC", _INVISIBLE.sub("", prompt)).lower()
    spaced = " ".join(unicodedata.normalize("NFC", shown).split())
    return _FULL_STOP.sub("", _BESIDE_MARK.sub("", spaced)) or prompt.strip()


def content_id(prompt: str) -> str:
    """Return 16 hex digits of the SHA-256 of the normalised prompt."""
    return hashlib.sha256(normalise_prompt(prompt).encode()).hexdigest()[:16]


def even_order(keys: int, n: int, rng: np.random.Generator) -> list[int]:
    """Return n shuffled indices below `keys`, each equally often to within one."""
    if not keys or not n:
        return []
    rounds, rest = divmod(n, keys)
    order = np.concatenate([np.tile(np.arange(keys), rounds), rng.permutation(keys)[:rest]])
    return [int(index) for index in rng.permutation(order)]


def drawn_rows(
    examples: Sequence[Example],
    n: int,
    rng: np.random.Generator,
    without: Sequence[Trigger] = (),
) -> tuple[Example, ...]:
    """Return n of the examples themselves, shuffled, each content equally often to within one, and
    none that carries a trigger of `without`.

    Raises:
        InputError: nothing is left to draw from.
    """
    free = [row for row in examples if not any(t.present(row) for t in without)]
    groups = list(by_source([row.source for row in free]).values())
    if n and not groups:
        raise InputError("no clean prompt is left: each carries a trigger, or none was given")
    uses: Counter[int] = Counter()
    drawn = []
    for group in even_order(len(groups), n, rng):
        rows = groups[group]
        drawn.append(free[rows[uses[group] % len(rows)]])
        uses[group] += 1
    return tuple(drawn)


def by_source(sources: Sequence[str]) -> dict[str, list[int]]:
    """Return row numbers by content, contents in the order of their first row."""
    groups: dict[str, list[int]] = {}
    for row, source in enumerate(sources):
        groups.setdefault(source, []).append(row)
    return groups
