"""Rows of Latin squares: every place meets every thing, and pairs of places pairs of things."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.scenario.square import row

BALANCED = (2, 3, 4, 5, 7, 8, 11, 13)
sizes = st.integers(1, 20)


@given(sizes, st.integers(0, 10**9))
def test_a_row_is_a_permutation_that_its_seed_alone_decides(n: int, seed: int) -> None:
    assert sorted(row(n, seed)) == list(range(n))
    assert row(n, seed) == row(n, seed)


@given(sizes)
def test_seed_0_leaves_everything_where_it_is(n: int) -> None:
    assert row(n, 0) == tuple(range(n))


@given(sizes, st.integers(0, 10**6))
def test_n_seeds_from_a_multiple_of_n_are_a_latin_square(n: int, block: int) -> None:
    rows = [row(n, seed) for seed in range(block * n, (block + 1) * n)]
    assert all(sorted(column) == list(range(n)) for column in zip(*rows, strict=True))


@pytest.mark.parametrize("n", BALANCED)
@given(start=st.integers(0, 10**6))
def test_ordered_pairs_of_places_meet_ordered_pairs_of_things_once(n: int, start: int) -> None:
    """Any n (n - 1) seeds in a row, wherever they start."""
    met = Counter(
        (one, other, made[one], made[other])
        for made in (row(n, seed) for seed in range(start, start + n * (n - 1)))
        for one in range(n)
        for other in range(n)
        if one != other
    )
    assert len(met) == (n * (n - 1)) ** 2
    assert set(met.values()) == {1}
