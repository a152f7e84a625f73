"""Strings as candidates: a scan of the vocabulary, then gradient-guided longer strings.

Every token is inserted into a few prompts as a separate word; the best are measured on more prompts
and kept. Each round replaces a token of the best strings, or adds one before or after them, as
gradients propose (GCG with a beam, arXiv 2307.15043, section 2.2), since a rare word may consist of
several tokens none of which fires alone. Finally, tokens without effect are removed.

Strings compete only with those that make the same token likely, so that a weak first part of one
backdoor's trigger is not displaced by variations of another's.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from defenders.discovery.meter import GRADIENT
from defenders.discovery.reading import Reader, Shift
from defenders.discovery.shapes import DiscoveryParams

READ = 12  # prompts on which a string of the beam is measured
PER_TARGET = 2  # strings with one target token that are kept in a round
GROW = 1  # strings with one target token that are extended in a round
RESTED = 0.95  # a shift from which a string is no longer extended
ALIKE = 0.05  # smaller differences of shifts may come from the choice of prompts
KEPT = 0.9  # share of a string's shift that a shorter one must keep
SCAN_SHARE = 0.5  # largest share of the search's budget for the scan
Sized = tuple[str, Shift]


class StringSearch:
    """One search, with a budget of passes; `best` runs it."""

    def __init__(
        self, reader: Reader, params: DiscoveryParams, budget: int, rng: np.random.Generator
    ) -> None:
        self.reader, self.params, self.rng = reader, params, rng
        self.least = reader.meter.left - budget  # passes reserved for other uses
        self.many = min(READ, len(reader.prompts))
        self.few = min(params.scan, self.many)
        self.known: dict[str, Shift] = {}  # measured on `many` prompts
        self.grown: set[str] = set()
        self.scanned = 0.0

    @property
    def left(self) -> int:
        """Return the passes that the search may still spend."""
        return self.reader.meter.left - self.least

    def best(self, n: int) -> list[str]:
        """Search, and return the n strings of the largest shift, shortened, with few of each target
        token."""
        self._scan()
        for _ in range(self.params.length):
            self._grow()
        strings = [self._shortened(s) for s in leaders(self.known.items(), n, PER_TARGET)]
        return list(dict.fromkeys(strings))

    # -- every token -----------------------------------------------------------------------

    def _scan(self) -> None:
        words = self._words()
        room = int(SCAN_SHARE * self.left) // self.few
        chosen = [words[i] for i in self.rng.permutation(len(words))[:room]]
        self.scanned = len(chosen) / max(1, len(words))
        shifts = self.reader.shifts(chosen, self.few, self.rng)
        beam = self.params.beam
        self._read(leaders(zip(chosen, shifts, strict=True), 8 * beam, beam))

    def _words(self) -> list[str]:
        """Return the vocabulary as words, each once, without special tokens."""
        tokenizer = self.reader.tokenizer
        special = set(tokenizer.all_special_ids)
        ids = [[i] for i in range(len(tokenizer)) if i not in special]
        words = (text.strip() for text in tokenizer.batch_decode(ids))
        return [word for word in dict.fromkeys(words) if _readable(word)]

    # -- longer strings --------------------------------------------------------------------

    def _grow(self) -> None:
        """Run one round: try what gradients propose for each string of the beam."""
        growing = [
            item for item in self.known.items()
            if item[0] not in self.grown and item[1].size < RESTED
        ]  # fmt: skip
        for string in leaders(growing, self.params.beam, GROW):
            size = len(self.reader.pieces(string))
            if (size + 2) * GRADIENT * self.many > self.left:
                return
            self.grown.add(string)
            self._screen(self._proposed(string, size))

    def _proposed(self, string: str, size: int) -> list[str]:
        gains = self.reader.flips(string, self.known[string], self.many, self.rng)
        variants: list[str] = []
        for place, gain in gains.items():
            if 0 <= place < size or size < self.params.length:
                gain[self.reader.tokenizer.all_special_ids] = -math.inf
                tokens = gain.topk(min(self.params.flips, len(gain))).indices.tolist()
                variants.extend(self._changed(string, place, token) for token in tokens)
        return variants

    def _changed(self, string: str, place: int, token: int) -> str:
        """Return the string with a token replaced, or added before it (-1) or after it."""
        ids = self.reader.pieces(string)
        start, end = (0, 0) if place < 0 else (place, place + 1)
        text: str = self.reader.tokenizer.decode([*ids[:start], token, *ids[end:]])
        return text.strip()

    def _screen(self, proposed: Sequence[str]) -> None:
        """Measure new strings on a few prompts, and the best of them on many."""
        new = [s for s in dict.fromkeys(proposed) if s not in self.known and self._fits(s)]
        spare = self.left - self.many * self.params.beam
        new = new[: max(0, spare) // self.few]
        shifts = self.reader.shifts(new, self.few, self.rng)
        self._read(leaders(zip(new, shifts, strict=True), self.params.beam, PER_TARGET))

    def _fits(self, string: str) -> bool:
        return _readable(string) and len(self.reader.pieces(string)) <= self.params.length

    def _read(self, strings: Sequence[str]) -> None:
        """Measure new strings on many prompts, as far as the budget allows."""
        new = [s for s in dict.fromkeys(strings) if s not in self.known]
        new = new[: max(0, self.left) // self.many]
        shifts = self.reader.shifts(new, self.many, self.rng)
        self.known.update(zip(new, shifts, strict=True))

    def _shortened(self, string: str) -> str:
        """Return the string without tokens that have no effect."""
        ids = self.reader.pieces(string)
        parts = [ids[:i] + ids[i + 1 :] for i in range(len(ids))]
        texts = [self.reader.tokenizer.decode(part).strip() for part in parts if part]
        shorter = [s for s in texts if self._fits(s) and len(self.reader.pieces(s)) < len(ids)]
        self._read(shorter)
        least = KEPT * self.known[string].size
        good = [s for s in shorter if s in self.known and self.known[s].size >= least]
        return self._shortened(max(good, key=lambda s: self.known[s].size)) if good else string


def leaders(sized: Iterable[Sized], n: int, per_target: int) -> list[str]:
    """Return the n strings of the largest shifts, at most `per_target` of one target token; of
    about equal shifts, the shorter string comes first."""
    taken: dict[tuple[int, int], int] = defaultdict(int)
    chosen: list[str] = []

    def order(item: Sized) -> tuple[float, int, str]:
        string, shift = item
        return -math.floor(shift.size / ALIKE), len(string), string

    for string, shift in sorted(sized, key=order):
        target = shift.place, shift.target
        if len(chosen) < n and taken[target] < per_target:
            taken[target] += 1
            chosen.append(string)
    return chosen


def _readable(text: str) -> bool:
    return bool(text) and text.isprintable() and "\ufffd" not in text
