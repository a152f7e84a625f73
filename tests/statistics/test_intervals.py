"""Intervals and tests over seeds: by hand, and their invariances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from arena.results.estimate import Estimate
from arena.statistics.intervals import (
    CLOSE,
    Shape,
    holm,
    limits,
    over_seeds,
    p_value,
    paired,
    rate_over_seeds,
)

SHAPES: tuple[Shape, ...] = ("rate", "difference", "graded")
unit = st.floats(-0.3, 1.3, allow_nan=False).map(lambda value: round(value, 3))
samples = st.lists(unit, min_size=2, max_size=20)


def test_what_has_no_range_gets_the_t_interval() -> None:
    values = [0.3, 0.5, 0.7, 0.5]
    # mean 0.5, sd sqrt(0.08 / 3) = 0.163299, se 0.0816497, t(3, 0.975) = 3.182446
    expected = (0.5, 0.240154, 0.759846)
    found = over_seeds(values, "graded")
    assert (found.value, found.low, found.high) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("n", [2, 8, 9, 40])
def test_seeds_at_zero_and_one_get_the_limits_of_clopper_and_pearson(n: int) -> None:
    for erased in range(n + 1):
        found = over_seeds([0.0] * (n - erased) + [1.0] * erased)
        exact = stats.binomtest(erased, n).proportion_ci(0.95, method="exact")
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-5)
        assert found.value == pytest.approx(erased / n)


def drawn_limits(values: list[float], ends: tuple[float, float]) -> tuple[float, float]:
    """The same limits by drawing weights, as Rubin describes it."""
    weights = np.random.default_rng(0).dirichlet(np.ones(len(values) + 1), 400_000)
    means = [np.sort(weights @ np.array([*values, end])) for end in ends]
    return float(np.quantile(means[0], 0.025)), float(np.quantile(means[1], 0.975))


@pytest.mark.parametrize(
    ("values", "shape", "ends"),
    [
        ([0.02, -0.02, 0.0, 0.0, 0.98, 1.02], "rate", (0.0, 1.0)),
        ([0.1, 0.4, 0.5, 0.9, 0.2, 0.6, 0.3], "rate", (0.0, 1.0)),
        ([-1.0, 0.0, 0.3, 1.0, 0.8], "difference", (-1.0, 1.0)),
    ],
)
def test_scattered_seeds_get_the_quantiles_of_the_bayesian_bootstrap(
    values: list[float], shape: Shape, ends: tuple[float, float]
) -> None:
    assert np.std(values, ddof=1) > CLOSE
    assert limits(values, shape) == pytest.approx(drawn_limits(values, ends), abs=3e-3)


def test_close_seeds_are_never_narrower_than_t() -> None:
    values = [0.5, 0.62, 0.4]
    low, high = limits(values, "graded")
    assert np.std(values, ddof=1) <= CLOSE
    drawn = drawn_limits(values, (0.0, 1.0))
    found = limits(values)
    assert found == pytest.approx((min(low, drawn[0]), max(high, drawn[1])), abs=3e-3)


def test_seeds_that_all_kept_it_leave_room_for_one_that_did_not() -> None:
    found = over_seeds([0.0] * 8)
    assert (found.value, found.low) == (0.0, pytest.approx(0.0, abs=1e-8))
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 8), abs=1e-6)


def test_a_difference_at_zero_may_go_either_way() -> None:
    found = over_seeds([0.0] * 8, "difference")
    room = 1 - 0.025 ** (1 / 8)
    assert (found.low, found.high) == pytest.approx((-room, room), abs=1e-6)


def test_the_audit_s_jump_is_gone() -> None:
    # The same seeds, all a little nearer to 0: limits used to jump from 0.193 to 0.469.
    seeds = np.array([0.09, 0.16, 0.21, 0.26, 0.13, 0.31, 0.18, 0.24])
    highs = [float(limits(k * seeds)[1]) for k in np.linspace(0.5, 0.9, 21)]
    steps = np.diff(highs)
    assert (steps > 0).all()
    assert steps.max() < 0.02


def test_too_little_to_compute_from() -> None:
    assert over_seeds([]) == Estimate()
    assert over_seeds([None, None]) == Estimate()
    assert over_seeds([0.4]) == Estimate(value=0.4)
    assert over_seeds([None, 0.4]) == Estimate(value=0.4)
    assert over_seeds([0.5] * 8).has_interval  # the next seed may lie at an end of the range
    assert over_seeds([3.0] * 8, "graded") == Estimate(value=3.0)


def test_rates_keep_their_limits_inside_the_unit_interval() -> None:
    found = rate_over_seeds([0.9, 0.95, 1.0, 0.7])
    assert found.high == 1.0
    assert rate_over_seeds([0.3]) == Estimate(value=0.3)


@settings(max_examples=25, deadline=None)
@given(samples)
def test_the_order_of_seeds_does_not_matter(values: list[float]) -> None:
    shuffled = sorted(values, reverse=True)
    for shape in SHAPES:
        np.testing.assert_allclose(limits(values, shape), limits(shuffled, shape), atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(samples)
def test_the_interval_holds_the_mean(values: list[float]) -> None:
    low, high = limits(values)
    assert np.isnan(low) or low - 1e-9 <= np.mean(values) <= high + 1e-9


@settings(max_examples=25, deadline=None)
@given(samples)
def test_erased_and_kept_are_treated_alike(values: list[float]) -> None:
    low, high = limits(values)
    other_low, other_high = limits([1 - value for value in values])
    np.testing.assert_allclose((low, high), (1 - other_high, 1 - other_low), atol=1e-6)
    for null in (0.3, 0.5):
        np.testing.assert_allclose(
            p_value(values, null, "greater"),
            p_value([1 - value for value in values], 1 - null, "less"),
            atol=1e-6,
        )


@settings(max_examples=25, deadline=None)
@given(samples, st.sampled_from([0.9, 0.95]))
def test_limits_are_where_the_test_stands_at_its_level(
    values: list[float], confidence: float
) -> None:
    for shape in SHAPES:
        low, high = limits(values, shape, confidence)
        if np.isnan(low):
            continue
        tail = (1 - confidence) / 2
        for limit, side, way in ((low, "greater", 1), (high, "less", -1)):
            assert p_value(values, float(limit) - way * 1e-4, side, shape) <= tail + 1e-4
            assert p_value(values, float(limit) + way * 1e-4, side, shape) >= tail - 1e-4


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(unit, min_size=5, max_size=5), min_size=1, max_size=4))
def test_a_batch_gives_what_its_samples_give(batch: list[list[float]]) -> None:
    low, high = limits(batch)
    for number, each in enumerate(batch):
        np.testing.assert_allclose((low[number], high[number]), limits(each), atol=1e-8)


def test_p_values_by_hand() -> None:
    assert p_value(np.ones(8), 0.5, "greater") == pytest.approx(0.5**8, abs=1e-6)
    assert p_value(np.ones(8), 0.5, "less") == pytest.approx(1.0)
    assert p_value(np.zeros(10), 0.2, "less") == pytest.approx(0.8**10, abs=1e-6)
    assert p_value(np.zeros(10), 0.2, "greater") == pytest.approx(1.0)
    # 7 of 8 erased: (1 + 8) / 256
    assert p_value([1.0] * 7 + [0.0], 0.5, "greater") == pytest.approx(9 / 256, abs=1e-6)
    graded = [0.6, 0.7, 0.65, 0.8]
    expected = stats.ttest_1samp(graded, 0.5, alternative="greater").pvalue
    assert p_value(graded, 0.5, "greater", "graded") == pytest.approx(expected)
    assert p_value(graded, 0.5, "greater") >= expected
    assert p_value([1.0] * 8, 0.25, "greater", "difference") < 0.05
    assert p_value([0.0] * 8, 0.25, "greater", "difference") > 0.5


def test_no_test_without_spread_or_seeds() -> None:
    assert p_value([1.0], 0.5, "greater") == 1.0
    assert p_value([3.0] * 8, 0.5, "greater", "graded") == 1.0


def test_paired_differences_by_hand() -> None:
    estimate, p = paired([0.1, 0.2, 0.3])
    assert (estimate.value, p) == (pytest.approx(0.2), pytest.approx(2 / 8))  # all one sign
    assert estimate == over_seeds([0.1, 0.2, 0.3], "graded")
    assert paired([0.4]) == (Estimate(value=0.4), None)
    assert paired([0.0] * 8)[1] == pytest.approx(1.0)
    # one flip of 2^8 and its mirror are as far out
    assert paired([0.1] * 7 + [0.2])[1] == pytest.approx(2 / 2**8)


@pytest.mark.parametrize(
    ("difference", "low"), [(1.0, 2 * 0.025 ** (1 / 8) - 1), (0.0, 0.025 ** (1 / 8) - 1)]
)
def test_equal_differences_have_the_limits_of_a_quantity_with_ends(
    difference: float, low: float
) -> None:
    """As of a strategy that keeps everything in each of eight seeds where the other keeps nothing:
    the next seed may differ by up to -1."""
    estimate, p = paired([difference] * 8, ranged=True)
    assert estimate.value == difference
    assert estimate.low == pytest.approx(low, abs=1e-3)
    assert p == (pytest.approx(2 / 2**8) if difference else 1.0)
    assert paired([difference] * 8)[0].low is None  # of perplexities, for instance


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
