"""Intervals and tests over seeds: by hand, and their invariances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from arena.results.estimate import Estimate
from arena.statistics.intervals import (
    Shape,
    holm,
    limits,
    over_seeds,
    p_value,
    rate_over_seeds,
)

SHAPES: tuple[Shape, ...] = ("rate", "difference", "graded")
unit = st.floats(-0.3, 1.3, allow_nan=False).map(lambda value: round(value, 3))
samples = st.lists(unit, min_size=2, max_size=20)


def wilson(count: int, n: int) -> tuple[float, float]:
    found = stats.binomtest(count, n).proportion_ci(0.955, method="wilson")
    return found.low, found.high


def test_graded_seeds_get_the_t_interval() -> None:
    values = [0.3, 0.5, 0.7, 0.5]
    # mean 0.5, sd sqrt(0.08 / 3) = 0.163299, se 0.0816497, t(3, 0.975) = 3.182446
    expected = (0.5, 0.240154, 0.759846)
    found = over_seeds(values)
    assert (found.value, found.low, found.high) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("n", [2, 8, 9, 40])
def test_exact_states_get_wilson_on_the_share(n: int) -> None:
    for erased in range(n + 1):
        found = over_seeds([0.0] * (n - erased) + [1.0] * erased)
        assert (found.low, found.high) == pytest.approx(wilson(erased, n), abs=1e-12)
        assert found.value == pytest.approx(erased / n)


def test_noise_about_the_states_adds_in_quadrature() -> None:
    values = np.array([0.02, -0.02, 0.0, 0.0, 0.98, 1.02])
    rest = np.array([0.02, -0.02, 0.0, 0.0, -0.02, 0.02])
    se = rest.std(ddof=1) / 6**0.5
    low, high = wilson(2, 6)
    t = stats.t.ppf(0.975, 5)
    found = over_seeds(values)
    assert found.low == pytest.approx(1 / 3 - np.hypot(1 / 3 - low, t * se))
    assert found.high == pytest.approx(1 / 3 + np.hypot(high - 1 / 3, t * se))


def test_seeds_that_all_kept_it_leave_room_for_one_that_did_not() -> None:
    found = over_seeds([0.0] * 8)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(wilson(0, 8)[1])


def test_seeds_all_at_the_lower_state_put_the_whole_error_below() -> None:
    values = np.array([0.01, -0.01, 0.02, 0.0, -0.02, 0.03, 0.0, 0.01])
    se = values.std(ddof=1) / 8**0.5
    found = over_seeds(values)
    assert found.low == pytest.approx(values.mean() - stats.t.ppf(0.95, 7) * se)


def test_a_difference_at_zero_may_go_either_way() -> None:
    found = over_seeds([0.0] * 8, "difference")
    assert (found.low, found.high) == pytest.approx((-wilson(0, 8)[1], wilson(0, 8)[1]))


def test_a_difference_leaves_room_for_the_state_not_seen() -> None:
    # 3 of 8 at +1, none at -1: below, the share of +1 may be less and that of -1 more.
    found = over_seeds([0.0] * 5 + [1.0] * 3, "difference")
    below = np.hypot(3 / 8 - wilson(3, 8)[0], wilson(0, 8)[1])
    assert (found.low, found.high) == pytest.approx((3 / 8 - below, wilson(3, 8)[1]))


def test_a_difference_with_all_three_states_counts_their_link() -> None:
    # 2 of 8 at -1, 4 at +1: correlation of the shares -sqrt(1/4 * 1/2 / (3/4 * 1/2))
    a, b = 0.5 - wilson(4, 8)[0], wilson(2, 8)[1] - 0.25
    below = np.sqrt(a * a + b * b + 2 * np.sqrt(1 / 3) * a * b)
    found = over_seeds([-1.0] * 2 + [0.0] * 2 + [1.0] * 4, "difference")
    assert (found.value, found.low) == pytest.approx((0.25, 0.25 - below))


def test_a_difference_between_the_states_gets_the_t_interval() -> None:
    values = [-0.4, 0.1, 0.5, 0.3]
    assert limits(values, "difference") == pytest.approx(limits(values, "graded"))


def test_too_little_to_compute_from() -> None:
    assert over_seeds([]) == Estimate()
    assert over_seeds([None, None]) == Estimate()
    assert over_seeds([0.4]) == Estimate(value=0.4)
    assert over_seeds([None, 0.4]) == Estimate(value=0.4)
    # Agreement off the states says nothing about how far another seed could be.
    assert over_seeds([0.5] * 8) == Estimate(value=0.5)
    assert over_seeds([3.0] * 8, "graded") == Estimate(value=3.0)


def test_rates_keep_their_limits_inside_the_unit_interval() -> None:
    found = rate_over_seeds([0.9, 0.95, 1.0, 0.7])
    assert found.high == 1.0
    assert rate_over_seeds([0.3]) == Estimate(value=0.3)


@given(samples)
def test_the_order_of_seeds_does_not_matter(values: list[float]) -> None:
    shuffled = sorted(values, reverse=True)
    for shape in SHAPES:
        np.testing.assert_allclose(limits(values, shape), limits(shuffled, shape), atol=1e-9)


@given(samples)
def test_the_interval_holds_the_mean(values: list[float]) -> None:
    low, high = limits(values)
    assert np.isnan(low) or low - 1e-9 <= np.mean(values) <= high + 1e-9


@given(samples)
def test_erased_and_kept_are_treated_alike(values: list[float]) -> None:
    if any(abs(value - 0.5) < 1e-6 for value in values):
        return
    low, high = limits(values)
    other_low, other_high = limits([1 - value for value in values])
    np.testing.assert_allclose((low, high), (1 - other_high, 1 - other_low), atol=1e-9)
    for null in (0.3, 0.5):
        np.testing.assert_allclose(
            p_value(values, null, "greater"),
            p_value([1 - value for value in values], 1 - null, "less"),
            atol=1e-9,
        )


@given(st.lists(st.lists(unit, min_size=5, max_size=5), min_size=1, max_size=4))
def test_a_batch_gives_what_its_samples_give(batch: list[list[float]]) -> None:
    low, high = limits(batch)
    for number, each in enumerate(batch):
        np.testing.assert_allclose((low[number], high[number]), limits(each), atol=1e-12)


def test_p_values_by_hand() -> None:
    assert p_value(np.ones(8), 0.5, "greater") == pytest.approx(0.5**8)
    assert p_value(np.ones(8), 0.5, "less") == pytest.approx(1.0)
    assert p_value(np.zeros(10), 0.2, "less") == pytest.approx(0.8**10)
    assert p_value(np.zeros(10), 0.2, "greater") == pytest.approx(1.0)
    # 7 of 8 erased: (1 + 8) / 256
    assert p_value([1.0] * 7 + [0.0], 0.5, "greater") == pytest.approx(9 / 256)
    # All erased to 0.97: the share that would give a mean of 0.5 is 0.53
    assert p_value(np.full(8, 0.97), 0.5, "greater") == pytest.approx(0.53**8)
    graded = [0.6, 0.7, 0.65, 0.8]
    expected = stats.ttest_1samp(graded, 0.5, alternative="greater").pvalue
    assert p_value(graded, 0.5, "greater") == pytest.approx(expected)


def test_p_values_of_a_difference_agree_with_its_interval() -> None:
    for values in ([0.0] * 8, [1.0] * 6 + [0.0] * 2, [1.0] * 7 + [-1.0]):
        low, high = limits(values, "difference")
        at_limit = stats.norm.sf(stats.norm.ppf(0.9775))
        assert p_value(values, low, "greater", "difference") == pytest.approx(at_limit)
        assert p_value(values, high, "less", "difference") == pytest.approx(at_limit)
    assert p_value([0.0] * 8, 0.25, "greater", "difference") > 0.5
    assert p_value([1.0] * 8, 0.25, "greater", "difference") < 0.001
    assert p_value([1.0] * 8, 0.25, "less", "difference") == 1.0


def test_no_test_without_spread_or_seeds() -> None:
    assert p_value([0.6] * 8, 0.5, "greater") == 1.0
    assert p_value([1.0], 0.5, "greater") == 1.0
    assert p_value([3.0] * 8, 0.5, "greater", "graded") == 1.0


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_only_raises(p: list[float]) -> None:
    adjusted = holm(p)
    assert all(1 >= after >= before for before, after in zip(p, adjusted, strict=True))
    assert max(adjusted) <= min(1.0, len(p) * max(p)) + 1e-12
    for (a, b), (c, d) in zip(
        zip(p, adjusted, strict=True), zip(p[1:], adjusted[1:], strict=True), strict=False
    ):
        assert a > c or b <= d
