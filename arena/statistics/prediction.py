"""How well one quantity predicts another over seeds: Spearman's rho, and the mean difference.

Seeds are independent, so seeds are permuted and resampled. Definitions and the interval's coverage:
docs/estimands.md, Decoys.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from arena.results.decoys import Prediction, PredictionPoint
from arena.results.estimate import Estimate
from arena.statistics.dirichlet import Array
from arena.statistics.intervals import CONFIDENCE, paired
from arena.statistics.thresholds import MIN_SEEDS

DRAWS = 9999  # permutations besides the observed order, and bootstrap resamples
MOST_UNDEFINED = 0.05  # share of undefined resamples beyond which there is no interval
_DECIMALS = 9  # transfers that differ only by rounding must tie
_ROUNDING = 1e-9


def predict(points: Sequence[tuple[int, float, float]]) -> Prediction:
    """Return how well held-out decoys predict real actors; rho and bias are left out, with a
    reason, if they cannot be claimed.

    Args:
        points: seed, transfer of the held-out decoys, transfer of the real actors; one per seed.
    """
    ordered = sorted(points)
    shown = tuple(PredictionPoint(seed=s, held_out=h, real=r) for s, h, r in ordered)
    prediction = Prediction(seeds=len(shown), points=shown)
    if len(ordered) < MIN_SEEDS:
        count = f"{len(ordered)} usable seed{'' if len(ordered) == 1 else 's'}"
        return prediction.model_copy(update={"reason": f"{count}, fewer than {MIN_SEEDS}"})
    held_out, real = (np.array([point[k] for point in ordered], dtype=float) for k in (1, 2))
    bias, _ = paired(real - held_out, ranged=True)
    x, y = np.round(held_out, _DECIMALS), np.round(real, _DECIMALS)
    for values, what in ((x, "the held-out decoys"), (y, "the real actors")):
        if np.ptp(values) == 0:
            reason = f"{what} have the same transfer in every seed, so there is nothing to rank"
            return prediction.model_copy(update={"bias": bias, "reason": reason})
    rho, p = spearman(x, y)
    return prediction.model_copy(update={"rho": rho, "p": p, "bias": bias})


def spearman(x: Array, y: Array) -> tuple[Estimate, float]:
    """Return rho with its percentile bootstrap interval (Efron & Tibshirani 1993, ch. 13) and its
    two-sided permutation p, (1 + k) / (1 + N); draws have a fixed seed."""
    rng = np.random.default_rng(0)
    a, b = stats.rankdata(x), stats.rankdata(y)
    rho = float(_correlations(a[None], b[None])[0])
    shuffled = rng.permuted(np.tile(a, (DRAWS, 1)), axis=1)
    null = _correlations(shuffled, np.broadcast_to(b, shuffled.shape))
    p = (1 + int(np.sum(np.abs(null) >= abs(rho) - _ROUNDING))) / (1 + DRAWS)
    drawn = rng.integers(len(x), size=(DRAWS, len(x)))
    again = _correlations(stats.rankdata(x[drawn], axis=1), stats.rankdata(y[drawn], axis=1))
    known = again[np.isfinite(again)]
    if len(known) < (1 - MOST_UNDEFINED) * DRAWS:
        return Estimate(value=rho), p
    low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value=rho, low=float(low), high=float(high)), p


def _correlations(a: Array, b: Array) -> Array:
    """Pearson's r of paired rows (draws, n); nan if a row is constant."""
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    spread = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    usable = spread > _ROUNDING
    r = (a * b).sum(axis=1) / np.where(usable, spread, 1.0)
    return np.where(usable, r, np.nan)
