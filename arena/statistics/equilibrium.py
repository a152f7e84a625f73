"""The mixed equilibrium of a zero-sum game that is known from its payoffs in some seeds.

The row player has a mixture of rows that wins at least the value v against every column, and the
column player one of columns that loses at most v to every row (von Neumann 1928, Mathematische
Annalen 100). Both are linear programs:

    max v  such that  sum_i x_i A_ij >= v for every column j,  x >= 0,  sum_i x_i = 1

and the same for columns with -A transposed. There may be several equilibria; they have one value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from arena import seeds
from arena.results.estimate import Estimate
from arena.statistics.dirichlet import Array
from arena.statistics.intervals import CONFIDENCE, UNSEEN

RESAMPLES = 1000
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

    The interval follows the rule of all rates (`arena.statistics.intervals`): a Bayesian bootstrap
    over the seeds with one unseen seed, in which every payoff is 0 for the lower limit and 1 for
    the upper one. In each of `RESAMPLES` resamples the seeds get random weights, the same ones for
    all entries, and the game of weighted means is solved again, once with either end. Seeds that
    all leave nothing thus have an interval too. (The t interval's least width, for seeds that are
    close together, is left out.) One seed has none.

    Args:
        payoffs: (seeds, rows, columns) in [0, 1], NaN where an entry was not measured in a seed;
            every entry was measured in some seed.
    """
    count = len(payoffs)
    value = _exactly(equilibrium(np.nanmean(payoffs, axis=0)).value)
    if count < 2:
        return Estimate(value=value), 0
    rng = seeds.rng(0, "equilibrium")
    drawn = rng.dirichlet([*[1.0] * count, UNSEEN], size=RESAMPLES)
    low, high = (values(_means(payoffs, drawn, end)) for end in (0.0, 1.0))
    outside = (1 - CONFIDENCE) / 2
    limits = np.quantile(low, outside), np.quantile(high, 1 - outside)
    ends = [_exactly(float(limit)) for limit in limits]
    return Estimate(value=value, low=min(ends[0], value), high=max(ends[1], value)), RESAMPLES


def values(games: Array) -> Array:
    """Return the value of each game, (games,).

    Where the best of the rows' worst entries is the best of the columns' too, the two players have
    a pure equilibrium, and that entry is the value; only the others need a linear program.

    Args:
        games: (games, rows, columns), finite.
    """
    guaranteed: Array = games.min(axis=2).max(axis=1)
    mixed = guaranteed < games.max(axis=1).min(axis=1)
    guaranteed[mixed] = [_mixture(game)[0] for game in games[mixed]]
    return guaranteed


def _means(payoffs: Array, weights: Array, end: float) -> Array:
    """The weighted mean of every entry over the seeds in which it was measured and the unseen one,
    which has the last weight and this payoff, once for each row of weights."""
    known = ~np.isnan(payoffs)
    total = np.tensordot(weights[:, :-1], np.nan_to_num(payoffs), axes=1)
    unseen = weights[:, -1, None, None]
    means: Array = (total + unseen * end) / (np.tensordot(weights[:, :-1], known, axes=1) + unseen)
    return means


def _exactly(value: float) -> float:
    """The value without what solvers leave, such as -1e-17."""
    return round(value, ROUNDED) + 0.0


def stacked(entries: Sequence[Sequence[Mapping[int, float]]]) -> Array:
    """Return (seeds, rows, columns) of entries that are numbers by seed, NaN where one has none."""
    known = sorted({seed for row in entries for entry in row for seed in entry})
    return np.array([[[entry.get(s, math.nan) for entry in row] for row in entries] for s in known])
