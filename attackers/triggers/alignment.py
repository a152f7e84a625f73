"""Paraphrases matched with their sentences by words, where a table has lost rows.

The rows that are left keep their order. So the sentence that shares a paraphrase's rarest words is
taken for each, the longest chain of pairs in which both files go forward is kept (a wrong pair
stands out of the order), and between two pairs of it rows are matched one by one where both files
have as many of them.
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
COMMON = 100  # a word of more sentences than this says little about which one it is
CHUNK = 1000  # paraphrases compared at a time, so that memory does not grow with the table
LABELS_KEPT = 0.95  # share of pairs with equal labels from which a table is one that keeps them


def aligned(paraphrases: Sequence[Row], sentences: Sequence[Row]) -> list[tuple[int, int]]:
    """Return pairs of row numbers, in order: a paraphrase and its sentence.

    Where nearly all pairs have equal labels, the table keeps labels, and the others are left out.
    """
    words = [[content_words(text) for text, _ in rows] for rows in (paraphrases, sentences)]
    chain = _chain(_nearest(*words))
    pairs = list(_filled(chain, len(paraphrases), len(sentences)))
    equal = [pair for pair in pairs if paraphrases[pair[0]][1] == sentences[pair[1]][1]]
    return equal if len(equal) >= LABELS_KEPT * len(pairs) else pairs


def _nearest(
    paraphrases: Sequence[Collection[str]], sentences: Sequence[Collection[str]]
) -> list[int | None]:
    """Return for every paraphrase the sentence whose words in common with it are rarest in sum;
    None where they have none in common."""
    from scipy import sparse  # not on the way to `arena list`

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
    """Return rows x words: 1 where a row has a word."""
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
    """Return the longest part of the pairs in which both numbers rise (patience sorting)."""
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
    """Yield the chain, and the pairs inside its gaps that are as long in both files."""
    ends = [(-1, -1), *chain, (paraphrases, sentences)]
    for (row, sentence), (next_row, next_sentence) in pairwise(ends):
        if chain and next_row - row == next_sentence - sentence:
            yield from ((row + k, sentence + k) for k in range(1, next_row - row))
        if next_row < paraphrases:
            yield next_row, next_sentence
