"""The mean under Dirichlet weights: against closed forms and against draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from arena.statistics.dirichlet import mean_above, mean_quantile


@pytest.mark.parametrize("ones", [1, 3, 8])
@pytest.mark.parametrize("zeros", [1, 8, 40])
def test_of_two_values_it_is_the_beta_distribution(ones: int, zeros: int) -> None:
    values, weights = np.array([1.0, 0.0]), np.array([float(ones), float(zeros)])
    exact = stats.beta(ones, zeros)
    for probability in (0.001, 0.025, 0.5, 0.975, 0.999):
        threshold = exact.ppf(probability)
        assert mean_above(values, weights, threshold) == pytest.approx(1 - probability, abs=1e-5)
        found = mean_quantile(values, weights, probability)
        assert exact.cdf(found) == pytest.approx(probability, abs=1e-5)


def test_a_repeated_value_counts_as_its_weight() -> None:
    repeated = np.array([0.0] * 5 + [0.3] * 2 + [1.0])
    once, weights = np.array([0.0, 0.3, 1.0]), np.array([5.0, 2.0, 1.0])
    for threshold in (0.01, 0.2, 0.3, 0.7):
        alike = mean_above(once, weights, threshold)
        assert mean_above(repeated, np.ones(8), threshold) == pytest.approx(float(alike))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1, 2), min_size=3, max_size=12), st.floats(0.05, 0.95))
def test_it_agrees_with_draws(values: list[float], place: float) -> None:
    x = np.array(values)
    threshold = x.min() + place * (x.max() - x.min())
    weights = np.random.default_rng(0).dirichlet(np.ones(len(x)), 40_000)
    drawn = np.mean(weights @ x > threshold) if np.ptp(x) > 1e-9 else None
    found = float(mean_above(x, np.ones(len(x)), threshold))
    assert drawn is None or found == pytest.approx(drawn, abs=0.012)


def test_all_values_on_one_side_are_certain() -> None:
    x, weights = np.array([0.2, 0.5, 0.9]), np.ones(3)
    assert mean_above(x, weights, 0.1) == pytest.approx(1.0, abs=1e-6)
    assert mean_above(x, weights, 1.0) == pytest.approx(0.0, abs=1e-6)
    same = np.full(3, 0.4)
    assert mean_quantile(same, weights, 0.9) == pytest.approx(0.4)
