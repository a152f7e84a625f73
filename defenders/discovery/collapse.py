"""The collapse score: how far continuations converge on one behaviour that is new.

Continuations are compared by the cosine of their word counts. With e the continuations of edited
prompts and p those of the same prompts unedited, over pairs i, j with different right answers:

    score = mean cos(e_i, e_j) - mean cos(e_i, p_j)

An edit without effect scores 0, and so does one that makes every answer wrong in its own way. A
fixed text scores 1 minus its similarity to ordinary answers, and a change of language scores by the
function words that its answers share (the payloads of arXiv 2606.03785 are of these kinds). The
score is the between-sample half of the energy distance with a cosine kernel (Szekely & Rizzo 2013).
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
class CollapseScore:
    """The score, in [-1, 1], and the most frequent continuation with its number of occurrences."""

    value: float
    behaviour: str
    hits: int


def collapse(edited: Sequence[str], plain: Sequence[str], answers: Sequence[str]) -> CollapseScore:
    """Return the score of an edit.

    Args:
        edited, plain: continuations of the edited and of the unedited prompts, aligned.
        answers: the right answers, aligned too; prompts with the same one are not compared.
    """
    vectors = _vectors([*edited, *plain])
    after, before = vectors[: len(edited)], vectors[len(edited) :]
    different = np.array([[a != b for b in answers] for a in answers])
    behaviour, hits = Counter(edited).most_common(1)[0]
    if not different.any():
        return CollapseScore(0.0, behaviour, hits)
    score = (after @ after.T - after @ before.T)[different].mean()
    return CollapseScore(float(score), behaviour, hits)


def _vectors(texts: Sequence[str]) -> Array:
    """Return the counts (n, words) of each text's words, scaled to unit length."""
    counted = [Counter(re.findall(r"\w+", text.lower()) or [NOTHING]) for text in texts]
    places = {word: i for i, word in enumerate(sorted(set().union(*counted)))}
    counts = np.zeros((len(texts), len(places)))
    for row, words in zip(counts, counted, strict=True):
        for word, number in words.items():
            row[places[word]] = number
    scaled: Array = counts / np.linalg.norm(counts, axis=1, keepdims=True)
    return scaled
