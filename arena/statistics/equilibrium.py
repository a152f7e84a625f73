"""The mixed equilibrium of a zero-sum game that is known from its payoffs in some seeds.

The row player has a mixture of rows that wins at least the value v against every column, and the
column player one of columns that loses at most v to every row (von Neumann 1928, Mathematische
Annalen 100). Both are linear programs:

    max v  such that  sum_i x_i A_ij >= v for every column j,  x >= 0,  sum_i x_i = 1

and the same for columns with -A transposed. There may be several equilibria; they have one value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from arena import seeds
from arena.results.estimate import Estimate
from arena.statistics.dirichlet import Array
from arena.statistics.intervals import CONFIDENCE

RESAMPLES = 2000
ROUNDED = 9  # digits of a weight; solvers leave errors below


@dataclass(frozen=True)
class Equilibrium:
    """A value, and for each player the weight of every strategy; each sums to 1."""

    value: float
    rows: tuple[float, ...]
    columns: tuple[float, ...]


def equilibrium(payoffs: Array) -> Equilibrium:
    """Return a mixed equilibrium of a game.

    Args:
        payoffs: (rows, columns), finite; the row player's gain and the column player's loss.
    """
    value, rows = _mixture(payoffs)
    _, columns = _mixture(-payoffs.T)
    return Equilibrium(value, rows, columns)


def _mixture(payoffs: Array) -> tuple[float, tuple[float, ...]]:
    """The row player's mixture, and the value that it guarantees."""
    rows, columns = payoffs.shape
    gain = np.zeros(rows + 1)  # the weights of the rows, then v
    gain[-1] = -1.0  # linprog minimises
    below = np.hstack([-payoffs.T, np.ones((columns, 1))])
    total = np.append(np.ones(rows), 0.0)[None]
    bounds = [*[(0.0, 1.0)] * rows, (None, None)]
    solved = linprog(gain, below, np.zeros(columns), total, [1.0], bounds, method="highs")
    weights = np.clip(solved.x[:rows], 0.0, None)
    return float(solved.x[-1]), tuple(float(w) for w in (weights / weights.sum()).round(ROUNDED))


def interval(payoffs: Array) -> tuple[Estimate, int]:
    """Return the value of the game of means over seeds with its interval, and the number of
    resamples behind the interval.

    In each of `RESAMPLES` resamples, as many seeds as there are are drawn with replacement, the
    same ones for all strategies; every entry is the mean over those of them in which it was
    measured, and the game is solved again. The limits are the 2.5 % and 97.5 % quantiles of the
    values. A resample in which an entry has no seed is left out. One seed has no interval.

    Args:
        payoffs: (seeds, rows, columns), NaN where an entry was not measured in a seed; every entry
            was measured in some seed.
    """
    count = len(payoffs)
    value = equilibrium(np.nanmean(payoffs, axis=0)).value
    if count < 2:
        return Estimate(value=value), 0
    rng = seeds.rng(0, "equilibrium")
    drawn = [_means(payoffs[rng.integers(count, size=count)]) for _ in range(RESAMPLES)]
    values = [_mixture(means)[0] for means in drawn if means is not None]
    if not values:
        return Estimate(value=value), 0
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [outside, 1 - outside])
    return Estimate(value=value, low=float(low), high=float(high)), len(values)


def _means(payoffs: Array) -> Array | None:
    """The mean of every entry over the seeds in which it was measured; None if one has none."""
    if np.isnan(payoffs).all(axis=0).any():
        return None
    means: Array = np.nanmean(payoffs, axis=0)
    return means


def stacked(entries: Sequence[Sequence[dict[int, float]]]) -> Array:
    """Return (seeds, rows, columns) of entries that are numbers by seed, NaN where one has none."""
    known = sorted({seed for row in entries for entry in row for seed in entry})
    return np.array([[[entry.get(s, math.nan) for entry in row] for row in entries] for s in known])
