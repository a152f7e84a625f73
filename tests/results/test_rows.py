"""Rates carry the Wilson interval that scipy has, to the last digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from arena.results.estimate import Estimate
from arena.results.rows import Rate


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_scipys(counts: tuple[int, int]) -> None:
    hits, n = counts
    rate = Rate(hits=hits, n=n)
    interval = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert (rate.low, rate.high) == (interval.low, interval.high)
    assert rate.estimate == Estimate(value=hits / n, low=interval.low, high=interval.high)


def test_every_count_of_256_prompts() -> None:
    for hits in range(257):
        interval = stats.binomtest(hits, 256).proportion_ci(0.95, method="wilson")
        assert (Rate(hits=hits, n=256).low, Rate(hits=hits, n=256).high) == tuple(interval)


def test_nothing_counted_has_no_rate() -> None:
    assert Rate(excluded=7).model_dump() == {
        "hits": 0, "n": 0, "excluded": 7, "rate": None, "low": None, "high": None,
    }  # fmt: skip


@pytest.mark.parametrize(("hits", "n"), [(3, 2), (-1, 2), (0, -1)])
def test_impossible_counts_are_refused(hits: int, n: int) -> None:
    with pytest.raises(ValidationError):
        Rate(hits=hits, n=n)
