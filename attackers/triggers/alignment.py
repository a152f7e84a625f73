"""Paraphrases matched with their sentences by words, for tables that have lost rows.

The remaining rows keep their order. So each paraphrase is paired with the sentence that shares its
rarest words, the longest chain of pairs that ascends in both files is kept (wrong pairs break the
order), and between two pairs of the chain rows are matched one by one if both files have equally
many.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from arena.corpora.words import content_words

if TYPE_CHECKING:
    from scipy import sparse

Row = tuple[str, str]  # a text and its label
COMMON = 100  # a word in more sentences than this hardly identifies one
CHUNK = 1000  # paraphrases compared at a time, so that memory does not grow with the table
LABELS_KEPT = 0.95  # share of equal labels from which a table counts as keeping labels


def aligned(paraphrases: Sequence[Row], sentences: Sequence[Row]) -> list[tuple[int, int]]:
    """Return pairs of row numbers, in order: a paraphrase and its sentence.

    If nearly all pairs have equal labels, the table keeps labels, and pairs with different ones are
    dropped.
    """
    words = [[content_words(text) for text, _ in rows] for rows in (paraphrases, sentences)]
    chain = _chain(_nearest(*words))
    pairs = list(_filled(chain, len(paraphrases), len(sentences)))
    equal = [pair for pair in pairs if paraphrases[pair[0]][1] == sentences[pair[1]][1]]
    return equal if len(equal) >= LABELS_KEPT * len(pairs) else pairs


def _nearest(
    paraphrases: Sequence[Collection[str]], sentences: Sequence[Collection[str]]
) -> list[int | None]:
    """Return for every paraphrase the sentence with the largest summed rarity of shared words; None
    if it shares none."""
    from scipy import sparse  # imported here to keep `arena list` fast

    counts = Counter(word for words in sentences for word in words)
    rare = [word for word, n in counts.items() if n <= COMMON]
    places = {word: place for place, word in enumerate(rare)}
    weights = sparse.diags_array([math.log(1 + len(sentences) / counts[word]) for word in rare])
    weighted = (_matrix(sentences, places) @ weights).T.tocsr()
    found: list[int | None] = []
    for start in range(0, len(paraphrases), CHUNK):
        shared = (_matrix(paraphrases[start : start + CHUNK], places) @ weighted).tocsr()
        found += [_highest(shared, row) for row in range(shared.shape[0])]
    return found


def _matrix(rows: Sequence[Collection[str]], places: dict[str, int]) -> sparse.csr_array:
    """Return a matrix (rows, words): 1 where a row has a word."""
    from scipy import sparse

    columns = [sorted(places[word] for word in words if word in places) for words in rows]
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.array([place for row in columns for place in row], dtype=np.int64)
    shape = (len(rows), len(places))
    return sparse.csr_array((np.ones(len(flat)), flat, ends), shape=shape)


def _highest(matrix: sparse.csr_array, row: int) -> int | None:
    begin, end = matrix.indptr[row], matrix.indptr[row + 1]
    if begin == end:
        return None
    values, columns = matrix.data[begin:end], matrix.indices[begin:end]
    return int(columns[values >= values.max()].min())


def _chain(found: Sequence[int | None]) -> list[tuple[int, int]]:
    """Return the longest subsequence of the pairs in which both numbers rise (patience sorting)."""
    lasts: list[int] = []  # the lowest sentence that ends a chain, by the chain's length
    rows: list[int] = []
    before: dict[int, int | None] = {}
    for row, sentence in enumerate(found):
        if sentence is None:
            continue
        length = bisect_left(lasts, sentence)
        before[row] = rows[length - 1] if length else None
        lasts[length : length + 1], rows[length : length + 1] = [sentence], [row]
    chain = []
    at = rows[-1] if rows else None
    while at is not None:
        chain.append((at, found[at]))
        at = before[at]
    return [(row, sentence) for row, sentence in reversed(chain) if sentence is not None]


def _filled(
    chain: Sequence[tuple[int, int]], paraphrases: int, sentences: int
) -> Iterable[tuple[int, int]]:
    """Yield the chain, and pairs inside its gaps if these are equally long in both files."""
    ends = [(-1, -1), *chain, (paraphrases, sentences)]
    for (row, sentence), (next_row, next_sentence) in pairwise(ends):
        if chain and next_row - row == next_sentence - sentence:
            yield from ((row + k, sentence + k) for k in range(1, next_row - row))
        if next_row < paraphrases:
            yield next_row, next_sentence
