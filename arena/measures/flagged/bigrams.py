"""A model of word pairs, and a filter that flags texts which it finds improbable.

P(w | v) = (c(v, w) + t(v) P(w)) / (c(v) + t(v)), with t(v) the number of different words seen
after v (Witten and Bell 1991, IEEE Transactions on Information Theory 37(4); the interpolated form
is in Chen and Goodman 1999, Computer Speech and Language 13(4)), and P(w) smoothed in the same way
over the words seen and one unknown word. Words are runs of letters and digits or single other
signs, as written; a text begins and ends with a sign of its own.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

WORD = re.compile(r"\w+|[^\w\s]")
EDGE = ""  # before the first word and after the last


class Bigrams:
    """Counts of word pairs in some texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._pairs: Counter[tuple[str, str]] = Counter()
        for text in texts:
            self._pairs.update(pairwise(_words(text)))
        self._words: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        for (before, word), count in self._pairs.items():
            self._words[word] += count
            self._before[before] += count
            self._kinds[before] += 1
        self._total = self._words.total()

    def surprisals(self, text: str) -> list[float]:
        """Return the negative log-probability (nats) of each word of a text and of its end."""
        return [-math.log(self._probability(v, w)) for v, w in pairwise(_words(text))]

    def _probability(self, before: str, word: str) -> float:
        kinds = self._kinds[before]
        if not kinds:
            return self._alone(word)
        seen = self._pairs[before, word] + kinds * self._alone(word)
        return seen / (self._before[before] + kinds)

    def _alone(self, word: str) -> float:
        kinds = len(self._words)
        share = self._words[word] + kinds / (kinds + 1)
        return share / (self._total + kinds) if kinds else 1.0


def _words(text: str) -> list[str]:
    return [EDGE, *WORD.findall(text), EDGE]


@dataclass(frozen=True)
class Filter:
    """Flags a text whose most surprising word, or whose mean word, is more surprising than a
    limit."""

    model: Bigrams
    worst: float
    mean: float

    @classmethod
    def fitted(cls, texts: Iterable[str], held_out: Sequence[str], budget: float) -> Filter:
        """Return the filter that flags at most a share `budget` of the texts held out: each of the
        two rules flags at most half of that."""
        model = Bigrams(texts)
        scores = [_scores(model, text) for text in held_out]
        worst, mean = zip(*scores, strict=True)
        return cls(model, _limit(worst, budget / 2), _limit(mean, budget / 2))

    def flags(self, text: str) -> bool:
        """Return whether a text is flagged."""
        worst, mean = _scores(self.model, text)
        return worst > self.worst or mean > self.mean


def _scores(model: Bigrams, text: str) -> tuple[float, float]:
    surprisals = model.surprisals(text)
    return max(surprisals), fmean(surprisals)


def _limit(scores: Sequence[float], share: float) -> float:
    """The smallest score that at most this share of the scores exceeds."""
    ranked = sorted(scores, reverse=True)
    return ranked[math.floor(share * len(ranked))]
