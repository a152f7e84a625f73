"""Prediction over seeds: rho by hand, a p that holds its level, an interval only where defined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from arena.statistics import prediction
from arena.statistics.prediction import predict, spearman


def points(x: list[float], y: list[float]) -> list[tuple[int, float, float]]:
    return [(seed, *pair) for seed, pair in enumerate(zip(x, y, strict=True))]


def test_rho_and_p_are_those_of_scipy() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=12)
    y = x + rng.normal(size=12)
    y[:4] = y[4:8]  # ties
    found, p = spearman(x, y)
    told = stats.spearmanr(x, y)
    assert found.value == pytest.approx(told.statistic)
    null = stats.permutation_test(
        (x,), lambda a: stats.spearmanr(a, y).statistic, permutation_type="pairings",
        n_resamples=2000, rng=np.random.default_rng(0),
    ).null_distribution  # fmt: skip
    assert p == pytest.approx(np.mean(np.abs(null) >= abs(told.statistic) - 1e-9), abs=0.02)


def test_unrelated_seeds_seldom_look_related(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "DRAWS", 499)
    rng = np.random.default_rng(1)
    found = [spearman(*rng.normal(size=(2, 8)))[1] <= 0.05 for _ in range(400)]
    assert np.mean(found) <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_the_observed_order_counts_among_the_permutations() -> None:
    _, p = spearman(np.arange(30.0), np.arange(30.0))
    assert p == 1 / (1 + prediction.DRAWS)


def test_seeds_that_agree_rank_nothing() -> None:
    found = predict(points([1.0 + 1e-13 * k for k in range(8)], [0.1 * k for k in range(8)]))
    assert (found.rho, found.p) == (None, None)
    assert found.reason.startswith("the held-out decoys have the same transfer")
    assert found.bias is not None
    assert "real actors" in predict(points([0.1 * k for k in range(8)], [1.0] * 8)).reason


def test_one_seed_that_differs_gives_no_interval() -> None:
    found = predict(points([0.0] * 7 + [1.0], [0.0] * 7 + [0.9]))
    assert found.rho is not None
    assert found.rho.value == pytest.approx(1.0)
    assert found.rho.low is None


def test_it_is_the_same_every_time_and_in_any_order() -> None:
    rng = np.random.default_rng(4)
    made = points(list(rng.random(9)), list(rng.random(9)))
    assert predict(made) == predict(made[::-1]) == predict(made)
