"""Intervals and tests over seeds: the mean of a quantity that may have two states.

A backdoor tends to be either fully kept (T near 0) or fully erased (T near 1) in a seed. A t
interval then fails: eight seeds that all kept it have no spread, yet with one erased seed in
five on average they turn up every sixth time. So where the seeds sit at such states, the share
of seeds in the upper state gets a Wilson interval, the scatter about the states a t interval,
and their half-widths add in quadrature (MOVER: Zou & Donner 2008, Stat. Med. 27:1693).
Elsewhere it is the plain t interval. Coverage figures: docs/estimands.md, Intervals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from arena.results.estimate import Estimate

Array = npt.NDArray[np.float64]

# What a seed's value may cluster at. `rate`: 0 and 1 (firing rates, T, T_odd, raw
# suppression); `difference`: -1, 0 and 1 (T_specific: a sham may also erase more);
# `graded`: nothing (utility, perplexity, norms), always plain t.
Shape = Literal["rate", "difference", "graded"]

CONFIDENCE = 0.95
# The share of seeds moves in steps of 1/n; at 0.95 its coverage falls to 92.2 % for n = 21,
# at 0.955 to no less than 93 % (n = 8, T = 0.5: 92.97 %).
SHARE_CONFIDENCE = 0.955
STATE_WIDTH = 0.15  # greatest root-mean-square distance of the seeds from their states
_NOTHING = 1e-12  # rounding leaves a spread of this order in seeds that agree


def over_seeds(values: Iterable[float | None], shape: Shape = "rate") -> Estimate:
    """The mean over seeds and its interval; seeds without a value (None) are left out."""
    sample = np.array([value for value in values if value is not None], dtype=float)
    if sample.size == 0:
        return Estimate()
    low, high = limits(sample, shape)
    return Estimate(value=float(sample.mean()), low=_known(low), high=_known(high))


def rate_over_seeds(values: Iterable[float | None]) -> Estimate:
    """`over_seeds` for firing rates, with limits kept inside [0, 1]."""
    mean = over_seeds(values)
    if mean.low is None or mean.high is None:
        return mean
    return Estimate(value=mean.value, low=max(mean.low, 0.0), high=min(mean.high, 1.0))


def limits(samples: npt.ArrayLike, shape: Shape = "rate") -> tuple[Array, Array]:
    """Lower and upper 95 % limits of the mean, for a batch of samples at once.

    Args:
        samples: array (..., n): n seeds along the last axis.
        shape: where the seeds may cluster.

    Returns:
        Two arrays (...); nan where there is no interval (n < 2, or no spread to use).
    """
    x = np.asarray(samples, dtype=float)
    low, high = _t_limits(x)
    if shape == "graded" or x.shape[-1] < 2:
        return low, high
    states = _states(x, shape)
    near_low, near_high = _state_limits(x, states, shape)
    return np.where(states.near, near_low, low), np.where(states.near, near_high, high)


def at_states(samples: npt.ArrayLike, shape: Shape = "rate") -> bool:
    """Whether one sample (n,) sits so near its states that the interval goes by their shares."""
    x = np.asarray(samples, dtype=float)
    return shape != "graded" and x.shape[-1] >= 2 and bool(_states(x, shape).near)


def p_value(
    samples: npt.ArrayLike,
    null: float,
    alternative: Literal["greater", "less"],
    shape: Shape = "rate",
) -> Array:
    """One-sided p-values of the mean against `null`, for a batch of samples (..., n).

    At the states: the exact binomial test of the share of seeds (rate), or the normal tail
    that the interval's half-width implies (difference). Elsewhere the t test; 1 where no
    test is possible.
    """
    x = np.asarray(samples, dtype=float)
    n = x.shape[-1]
    if n < 2:
        return np.ones(x.shape[:-1])
    spread = x.std(axis=-1, ddof=1)
    usable = spread > _NOTHING
    distance = (x.mean(axis=-1) - null) / (np.where(usable, spread, 1.0) / np.sqrt(n))
    tail = stats.t.sf if alternative == "greater" else stats.t.cdf
    p: Array = np.where(usable, tail(distance, n - 1), 1.0)
    if shape == "graded":
        return p
    states = _states(x, shape)
    of_states = _share_p if shape == "rate" else _difference_p
    return np.where(states.near, of_states(x, states, null, alternative), p)


def holm(p: Sequence[float]) -> list[float]:
    """Holm-adjusted p-values, in the order given (Holm 1979, Scand. J. Stat. 6:65). scipy has none
    that controls the family-wise error of dependent tests; statsmodels has, and needs pandas."""
    order = np.argsort(p, kind="stable")
    steps = np.asarray(p, dtype=float)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(each) for each in adjusted]


@dataclass(frozen=True)
class _States:
    """A batch of samples as states: in how many seeds +1 (`up`) and -1 (`down`),
    the mean distance from the states (`offset`) and its standard error (`scatter`), and
    whether the seeds are near enough to the states to be read so."""

    up: npt.NDArray[np.intp]
    down: npt.NDArray[np.intp]
    offset: Array
    scatter: Array
    near: npt.NDArray[np.bool_]


def _states(x: Array, shape: Shape) -> _States:
    state = np.clip(np.rint(x), -1.0 if shape == "difference" else 0.0, 1.0)
    rest = x - state
    return _States(
        up=(state == 1).sum(axis=-1),
        down=(state == -1).sum(axis=-1),
        offset=rest.mean(axis=-1),
        scatter=rest.std(axis=-1, ddof=1) / np.sqrt(x.shape[-1]),
        near=np.sqrt((rest**2).mean(axis=-1)) <= STATE_WIDTH + _NOTHING,
    )


def _known(limit: Array) -> float | None:
    return float(limit) if np.isfinite(limit) else None


def _t_limits(x: Array) -> tuple[Array, Array]:
    n = x.shape[-1]
    if n < 2:
        nothing = np.full(x.shape[:-1], np.nan)
        return nothing, nothing
    spread = x.std(axis=-1, ddof=1)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * spread / np.sqrt(n)
    half = np.where(spread > _NOTHING, half, np.nan)
    mean = x.mean(axis=-1)
    return mean - half, mean + half


def _state_limits(x: Array, states: _States, shape: Shape) -> tuple[Array, Array]:
    n = x.shape[-1]
    drop, rise = _wilson_sides(states.up, n)
    if shape == "difference":
        less, more = _wilson_sides(states.down, n)
        link = _link(states.up / n, states.down / n)
        drop, rise = (
            np.sqrt(up**2 + down**2 + 2 * link * up * down)
            for up, down in ((drop, more), (rise, less))
        )
    # No state lies beyond the outermost, so nothing is unseen on that side; and as the other
    # side cannot miss, all of the 5 % goes to this one.
    two, one = stats.t.ppf(((1 + CONFIDENCE) / 2, CONFIDENCE), n - 1)
    mean = x.mean(axis=-1)
    low = mean - np.hypot(drop, np.where(drop > _NOTHING, two, one) * states.scatter)
    return low, mean + np.hypot(rise, np.where(rise > _NOTHING, two, one) * states.scatter)


def _wilson_sides(count: npt.NDArray[np.intp], n: int) -> tuple[Array, Array]:
    """How far the Wilson limits of count / n lie below and above it (scipy's `binomtest` has
    the same limits, for one count at a time)."""
    share = count / n
    z2 = stats.norm.ppf((1 + SHARE_CONFIDENCE) / 2) ** 2 / n
    shift = z2 * (0.5 - share) / (1 + z2)
    half = np.sqrt(z2 * share * (1 - share) + z2**2 / 4) / (1 + z2)
    # At a count of 0 or n the limit is the share itself; rounding must not move it.
    return np.where(count > 0, half - shift, 0.0), np.where(count < n, half + shift, 0.0)


def _link(up: Array, down: Array) -> Array:
    """Minus the correlation of two shares of one multinomial: a seed is in one state only."""
    product, rest = up * down, (1 - up) * (1 - down)
    return np.sqrt(np.where(product > 0, product / np.where(rest > 0, rest, product + 1), 0.0))


def _share_p(
    x: Array, states: _States, null: float, alternative: Literal["greater", "less"]
) -> Array:
    n = x.shape[-1]
    chance = np.clip(null - states.offset, 0.0, 1.0)
    if alternative == "greater":
        return np.asarray(stats.binom.sf(states.up - 1, n, chance), dtype=float)
    return np.asarray(stats.binom.cdf(states.up, n, chance), dtype=float)


def _difference_p(
    x: Array, states: _States, null: float, alternative: Literal["greater", "less"]
) -> Array:
    low, high = _state_limits(x, states, "difference")
    mean = x.mean(axis=-1)
    half = mean - low if alternative == "greater" else high - mean
    gain = mean - null if alternative == "greater" else null - mean
    at_limit = stats.norm.ppf((1 + SHARE_CONFIDENCE) / 2)
    possible = half > _NOTHING
    tail = stats.norm.sf(at_limit * gain / np.where(possible, half, 1.0))
    return np.where(possible, tail, 1.0)
