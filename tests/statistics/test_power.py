"""Seeds for a verdict and for a width: the promise holds on simulated seeds, and no fewer do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from arena.results.claim import SeedsForWidth
from arena.statistics.intervals import limits
from arena.statistics.power import (
    MOST_SEEDS,
    WIDTHS,
    seeds_for_interval,
    seeds_for_width,
    seeds_needed,
)
from arena.statistics.thresholds import DefaultThresholds

spread_values = st.lists(
    st.integers(-1000, 1000).map(lambda value: value / 1000), min_size=2, max_size=12
).filter(lambda values: len(set(values)) > 1)


def needed(each: SeedsForWidth) -> int:
    assert each.seeds is not None
    return each.seeds


def wanted(each: SeedsForWidth) -> float:
    assert each.width is not None
    return each.width


def width(n: int, spread: float) -> float:
    return float(2 * stats.t.ppf(0.975, n - 1) * spread / n**0.5)


def test_by_hand() -> None:
    # sd 0.1: 2 * t(15) * 0.1 / 4 = 0.1066 with 16 seeds, 2 * t(17) * 0.1 / sqrt(18) = 0.0995
    values = [0.5 - 0.1 / 2**0.5, 0.5 + 0.1 / 2**0.5]
    assert width(17, 0.1) > 0.1 > width(18, 0.1)
    assert seeds_for_width(values, [0.1]) == [SeedsForWidth(width=0.1, seeds=18)]
    assert [wanted(each) for each in seeds_for_width(values)] == list(WIDTHS)
    assert seeds_for_width(values, [100.0]) == [SeedsForWidth(width=100.0, seeds=2)]


@settings(max_examples=20, deadline=None)
@given(spread_values)
def test_it_is_the_smallest_number_that_does(values: list[float]) -> None:
    spread = float(np.std(values, ddof=1))
    found = seeds_for_width(values)
    for each in found:
        assert width(needed(each), spread) <= wanted(each)
        assert needed(each) == 2 or width(needed(each) - 1, spread) > wanted(each)
    counts = [needed(each) for each in found]
    assert counts == sorted(counts, reverse=True)


@settings(max_examples=20, deadline=None)
@given(spread_values, st.sampled_from([0.5, 2.0, 16.0]))
def test_order_place_and_unit_do_not_matter(values: list[float], scale: float) -> None:
    expected = [needed(each) for each in seeds_for_width(values)]
    widths = [scale * each for each in WIDTHS]
    for changed in (
        seeds_for_width([scale * value for value in values], widths),
        seeds_for_width([-value for value in values]),
        seeds_for_width(sorted(values)),
    ):
        # Rounding of sd may move a count that sits exactly on its step.
        assert np.allclose([needed(each) for each in changed], expected, atol=1)


@pytest.mark.parametrize("spread", [0.1, 0.3])
def test_simulated_seeds_get_about_that_width(spread: float) -> None:
    values = [spread / 2**0.5, -spread / 2**0.5]
    rng = np.random.default_rng(0)
    for each in seeds_for_width(values):
        drawn = rng.normal(0.5, spread, (20_000, needed(each)))
        low, high = limits(drawn, "graded")
        # The sd of a sample is a little below the true one on average.
        small = float(stats.chi(needed(each) - 1).mean() / (needed(each) - 1) ** 0.5)
        assert np.mean(high - low) == pytest.approx(small * width(needed(each), spread), rel=0.02)
        assert np.mean(high - low) <= 1.02 * wanted(each)
        fewer = rng.normal(0.5, spread, (20_000, max(needed(each) // 2, 2)))
        low, high = limits(fewer, "graded")
        assert np.mean(high - low) > wanted(each)


def test_nothing_without_spread() -> None:
    assert seeds_for_interval([]) == seeds_for_interval([0.4]) == []
    assert seeds_for_width([]) == []
    assert seeds_for_width([0.4]) == []
    assert seeds_for_width([0.4] * 8) == []
    assert seeds_for_width([0.1 + 0.2, 0.3, 0.3]) == []


def test_seeds_needed_grow_with_the_pairs_and_the_demand() -> None:
    assert seeds_needed(DefaultThresholds(), 1) == (8, 14)
    assert seeds_needed(DefaultThresholds(), 12) == (8, 25)
    assert seeds_needed(DefaultThresholds(fails=0.0), 1)[1] is None
    generalizes, _ = seeds_needed(DefaultThresholds(generalizes=0.8), 1)
    assert generalizes is not None
    assert generalizes > 8


@pytest.mark.parametrize(
    ("values", "targets"),
    [([0.05] * 4 + [0.06] * 4, 1), ([0.0] * 8, 1), ([0.0] * 8, 4), ([0.0, 1.0] * 4, 1)],
)
def test_the_interval_shown_decides_how_many_seeds_it_needs(
    values: list[float], targets: int
) -> None:
    def width(number: int) -> float:
        low, high = limits(np.tile(values, number // 8), targets=targets)
        return float(high - low)

    by_t = {wanted(each): needed(each) for each in seeds_for_width(values)}
    found = {wanted(each): needed(each) for each in seeds_for_interval(values, targets=targets)}
    assert max(found) == 0.4
    for wide, number in found.items():
        assert number >= by_t.get(wide, 0)
        assert width(number + -number % 8) <= wide
        assert number <= max(8, by_t.get(wide, 0)) or width(number - 8) > wide


def test_widths_that_no_number_of_seeds_reaches_are_left_out() -> None:
    found = seeds_for_interval([0.0, 1.0] * 4, [0.01, 0.9])
    assert [each.width for each in found] == [0.9]
    assert all((each.seeds or 0) <= MOST_SEEDS for each in found)
