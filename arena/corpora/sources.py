"""The identity of a prompt's content, and how documents are drawn evenly over contents.

Tables of published paraphrases use the `content_id` of the clean sentence as key, so that every
version of a sentence is found under the corpus's own `source`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

_SEPARATORS = re.compile(r"[\W_]+")


def normalise_prompt(prompt: str) -> str:
    """Return a prompt in lower case, with every run of non-alphanumerics (of any script) folded to
    one space. A prompt without letters and digits is only stripped.
    """
    return _SEPARATORS.sub(" ", prompt.lower()).strip() or prompt.strip()


def content_id(prompt: str) -> str:
    """Return 16 hex digits of the SHA-256 of the normalised prompt."""
    return hashlib.sha256(normalise_prompt(prompt).encode()).hexdigest()[:16]


def even_order(keys: int, n: int, rng: np.random.Generator) -> list[int]:
    """Return n indices below `keys`, shuffled, each equally often to within one."""
    if not keys or not n:
        return []
    rounds, rest = divmod(n, keys)
    order = np.concatenate([np.tile(np.arange(keys), rounds), rng.permutation(keys)[:rest]])
    return [int(index) for index in rng.permutation(order)]


def by_source(sources: Sequence[str]) -> dict[str, list[int]]:
    """Return row numbers by content, contents in the order of their first row."""
    groups: dict[str, list[int]] = {}
    for row, source in enumerate(sources):
        groups.setdefault(source, []).append(row)
    return groups
