"""How well one quantity foretells another over seeds: Spearman's rho, and the mean difference.

Seeds are independent, so they are what is permuted and resampled. Definitions and the
interval's coverage: docs/estimands.md, Decoys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from arena.statistics.intervals import CONFIDENCE, Array, Estimate, over_seeds
from arena.statistics.thresholds import MIN_SEEDS

DRAWS = 9999  # permutations besides the observed order, and bootstrap resamples
MOST_UNDEFINED = 0.05  # of the resamples; beyond it there is no interval
_DECIMALS = 9  # transfers that are equal but for rounding must tie
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Prediction:
    """Over seeds: rho with its bootstrap interval and permutation p, and the mean bias
    (foretold taken from what came). `rho` and `bias` are None, with a `reason`, where they
    are not to be claimed; `points` (seed, foretold, came) are there all the same."""

    points: tuple[tuple[int, float, float], ...]
    rho: Estimate | None = None
    p: float | None = None
    bias: Estimate | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        names = ("seed", "held_out", "real")
        return {
            "seeds": len(self.points),
            "rho": self.rho and self.rho.to_json(),
            "p": self.p,
            "bias": self.bias and self.bias.to_json(),
            "reason": self.reason,
            "points": [dict(zip(names, point, strict=True)) for point in self.points],
        }


def predict(points: Sequence[tuple[int, float, float]]) -> Prediction:
    """How well the second number of every point foretells the third; a point per seed."""
    held = tuple(sorted(points))
    if len(held) < MIN_SEEDS:
        count = f"{len(held)} usable seed{'' if len(held) == 1 else 's'}"
        return Prediction(held, reason=f"{count}, fewer than {MIN_SEEDS}")
    foretold, came = (np.array([point[k] for point in held], dtype=float) for k in (1, 2))
    bias = over_seeds(came - foretold, "difference")
    x, y = np.round(foretold, _DECIMALS), np.round(came, _DECIMALS)
    for values, what in ((x, "the held-out decoys"), (y, "the real actors")):
        if np.ptp(values) == 0:
            reason = f"{what} have the same transfer in every seed, so there is nothing to rank"
            return Prediction(held, bias=bias, reason=reason)
    return Prediction(held, *spearman(x, y), bias)


def spearman(x: Array, y: Array) -> tuple[Estimate, float]:
    """Rho with its percentile bootstrap interval (Efron & Tibshirani 1993, ch. 13) and its
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
        return Estimate(rho), p
    low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(rho, float(low), float(high)), p


def _correlations(a: Array, b: Array) -> Array:
    """Pearson's r of paired rows (draws, n); nan where a row does not vary."""
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    spread = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    usable = spread > _ROUNDING
    found = (a * b).sum(axis=1) / np.where(usable, spread, 1.0)
    return np.where(usable, found, np.nan)
