"""attackers/triggers/alignment.py: rows that were lost do not shift the rows that are left."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.corpora.readers import table_lines
from attackers.triggers.alignment import aligned

NOUNS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "islet")


def sentences(n: int) -> list[tuple[str, str]]:
    """Sentences that differ in two rare words."""
    return [(f"the {NOUNS[i % 9]} no{i} of page{i // 3} is here", str(i % 2)) for i in range(n)]


@given(st.sets(st.integers(0, 59), max_size=40), st.integers(0, 9))
def test_pairs_are_right_whatever_rows_were_lost(lost: set[int], seed: int) -> None:
    rows, rng = sentences(60), random.Random(seed)
    left = [i for i in range(60) if i not in lost]
    kept = [(" ".join(rng.sample(rows[i][0].split(), 6)) + " thus", rows[i][1]) for i in left]
    pairs = aligned(kept, rows)
    assert [left[row] for row, _ in pairs] == [sentence for _, sentence in pairs]
    assert pairs == sorted(pairs)
    assert len(pairs) >= 0.5 * len(left)


def test_a_row_that_shares_no_word_is_paired_by_its_neighbours() -> None:
    rows = sentences(30)
    kept = [*rows[:10], ("nothing like it", "0"), *rows[11:20], *rows[22:]]
    assert (10, 10) in aligned(kept, rows)
    assert len(aligned(kept, rows)) == len(kept) == 28


def test_where_labels_are_kept_a_pair_with_another_is_left_out() -> None:
    rows = sentences(60)
    kept = [*rows[:10], (rows[10][0], "other"), *rows[11:50]]
    assert [row for row, _ in aligned(kept, rows)] == [i for i in range(50) if i != 10]
    flipped = [(text, "1") for text, _ in rows[:50]]
    assert len(aligned(flipped, rows)) == 50


@pytest.mark.parametrize("rows", [[], [("", "")], [("a b", "0")]])
def test_tables_of_hardly_any_row_are_no_error(rows: list[tuple[str, str]]) -> None:
    assert aligned(rows, []) == aligned([], rows) == []


def test_published_paraphrases_are_found_again(published_data: Path) -> None:
    folder, rng = published_data / "sst2", random.Random(0)
    new, old = (
        [(line.text, line.label) for line in table_lines(folder / name / "dev.tsv")]
        for name in ("style_bible", "clean")
    )
    left = [i for i in range(len(new)) if rng.random() > 0.02]
    pairs = aligned([new[i] for i in left], old)
    assert len(pairs) > 0.95 * len(left)
    assert all(left[row] == sentence for row, sentence in pairs)
