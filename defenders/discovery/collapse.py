"""How far continuations gather on one behaviour that was not there before.

Words are counted per continuation and compared by cosine. With e the continuations of edited
prompts and p those of the same prompts as they were, over pairs i, j with different right answers:

    score = mean cos(e_i, e_j) - mean cos(e_i, p_j)

An edit that changes nothing gets 0, and so does one that makes every answer wrong in its own
way. A fixed text gets 1 less what it shares with ordinary answers, and a change of language the
function words that its answers share (arXiv 2606.03785's payloads are of these kinds). It
is the between-sample half of the energy distance with a cosine kernel (Szekely & Rizzo 2013).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NOTHING = "(nothing)"
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Collapse:
    """The score, and the commonest continuation with how often it was said."""

    score: float
    behaviour: str
    hits: int


def collapse(edited: Sequence[str], plain: Sequence[str], answers: Sequence[str]) -> Collapse:
    """How edited prompts' continuations differ from plain ones'; all three are aligned.

    answers: right answers; prompts of one right answer are never compared.
    """
    vectors = _vectors([*edited, *plain])
    after, before = vectors[: len(edited)], vectors[len(edited) :]
    different = np.array([[a != b for b in answers] for a in answers])
    behaviour, hits = Counter(edited).most_common(1)[0]
    if not different.any():
        return Collapse(0.0, behaviour, hits)
    score = (after @ after.T - after @ before.T)[different].mean()
    return Collapse(float(score), behaviour, hits)


def _vectors(texts: Sequence[str]) -> Array:
    """(n, words) counts of each text's words, scaled to length 1."""
    counted = [Counter(re.findall(r"\w+", text.lower()) or [NOTHING]) for text in texts]
    places = {word: i for i, word in enumerate(sorted(set().union(*counted)))}
    counts = np.zeros((len(texts), len(places)))
    for row, words in zip(counts, counted, strict=True):
        for word, number in words.items():
            row[places[word]] = number
    scaled: Array = counts / np.linalg.norm(counts, axis=1, keepdims=True)
    return scaled
