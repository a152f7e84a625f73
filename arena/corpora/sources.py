"""The identity of a prompt's content, and how documents are drawn evenly over contents.

Attackers that hold a table of published paraphrases key it by `content_id` of the clean
sentence, so that every version of a sentence is found under the corpus's own `source`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

_SEPARATORS = re.compile(r"[\W_]+")


def normalise_prompt(prompt: str) -> str:
    """Lower case, every run of non-alphanumerics (of any script) folded to one space.

    A prompt without a single letter or digit is kept as it is, ends stripped.
    """
    return _SEPARATORS.sub(" ", prompt.lower()).strip() or prompt.strip()


def content_id(prompt: str) -> str:
    """16 hex digits of the SHA-256 of the normalised prompt."""
    return hashlib.sha256(normalise_prompt(prompt).encode()).hexdigest()[:16]


def even_order(keys: int, n: int, rng: np.random.Generator) -> list[int]:
    """n indices below `keys`, shuffled, each as often as any other to within one."""
    if not keys or not n:
        return []
    rounds, rest = divmod(n, keys)
    order = np.concatenate([np.tile(np.arange(keys), rounds), rng.permutation(keys)[:rest]])
    return [int(index) for index in rng.permutation(order)]


def by_source(sources: Sequence[str]) -> dict[str, list[int]]:
    """Row numbers by content, contents in the order of their first row."""
    groups: dict[str, list[int]] = {}
    for row, source in enumerate(sources):
        groups.setdefault(source, []).append(row)
    return groups
