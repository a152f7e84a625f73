"""Intervals and tests over seeds (docs/estimands.md, Intervals).

A backdoor tends to be either fully kept (T near 0) or fully erased (T near 1) in a seed. A t
interval then fails: eight seeds that all kept it have no spread, yet if one seed in five is erased
on average, this happens in one sample of six. So values with a range (rates, T, T_specific) get the
limits of a Bayesian bootstrap over the seeds (Rubin 1981) that includes one unseen seed at the end
of the range: at 1 for the upper limit, at the lower end for the lower one. If every seed is at 0 or
1, these are the limits of Clopper and Pearson (1934). If the seeds are close together, the limits
are never narrower than the t interval. There is no switch between rules, but for paired
differences that are all equal.

A mean over pairs with several targets cannot jump to the end of its range unless all targets
flip in one seed. There the unseen seed has one of the targets at the end and the others at their
mean, and the limits are never narrower than the t interval.

Values without a range (perplexity, norms, seconds) get the t interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from arena.results.estimate import Estimate
from arena.statistics.dirichlet import Array, mean_above, mean_quantile

# The range of a seed's value. `rate`: 0 to 1 (firing rates, T, T_odd, raw suppression);
# `difference`: -1 to 1 (T_specific: a sham may also erase more); `graded`: none.
Shape = Literal["rate", "difference", "graded"]
Side = Literal["greater", "less"]

CONFIDENCE = 0.95
# Weight of the unseen seed, in seeds. At 0.5, 12 seeds that all kept a backdoor which is erased in
# one seed of five (6.9 % of such samples) would be called `fails`, and 9 seeds in 13 %.
UNSEEN = 1.0
CLOSE = 0.15  # maximum standard deviation of seeds for which the t interval is applied as well
_NOTHING = 1e-12  # spread that rounding can leave in equal seeds
_ENDS: dict[Shape, tuple[float, float]] = {"rate": (0.0, 1.0), "difference": (-1.0, 1.0)}


def over_seeds(values: Iterable[float | None], shape: Shape = "rate", targets: int = 1) -> Estimate:
    """Return the mean over seeds and its interval; seeds without a value (None) are left out.

    Args:
        targets: of how many actors each value is a mean.
    """
    sample = tuple(sorted(float(value) for value in values if value is not None))
    if not sample:
        return Estimate()
    low, high = _limits_of(sample, shape, CONFIDENCE, targets)
    return Estimate(value=float(np.mean(sample)), low=low, high=high)


@lru_cache(maxsize=2**14)
def _limits_of(
    sample: tuple[float, ...], shape: Shape, confidence: float, targets: int
) -> tuple[float | None, float | None]:
    low, high = limits(np.array(sample), shape, confidence, targets)
    return _known(low), _known(high)


def one_sided(
    values: Sequence[float], shape: Shape = "rate", targets: int = 1
) -> tuple[float | None, float | None]:
    """Return the one-sided 95 % lower and upper limits of the mean over seeds."""
    return _limits_of(tuple(sorted(map(float, values))), shape, 2 * CONFIDENCE - 1, targets)


def rate_over_seeds(values: Iterable[float | None]) -> Estimate:
    """Return `over_seeds` of firing rates, with limits kept inside [0, 1]."""
    mean = over_seeds(values)
    if mean.low is None or mean.high is None:
        return mean
    return Estimate(value=mean.value, low=max(mean.low, 0.0), high=min(mean.high, 1.0))


def limits(
    samples: npt.ArrayLike,
    shape: Shape = "rate",
    confidence: float = CONFIDENCE,
    targets: int = 1,
) -> tuple[Array, Array]:
    """Return lower and upper limits of the mean, two-sided, for a batch of samples.

    Args:
        samples: array (..., n): n seeds along the last axis.
        shape: which range a seed's value has.
        confidence: of the interval; a one-sided limit at 0.95 is a limit of the interval at 0.9.
        targets: of how many actors each value is a mean.

    Returns:
        Two arrays (...); nan where there is no interval (n < 2, or a t interval without spread).
    """
    x = np.asarray(samples, dtype=float)
    low, high = _t_limits(x, confidence)
    if shape == "graded" or x.shape[-1] < 2:
        return low, high
    least, most = _ENDS[shape]
    tail = (1 - confidence) / 2
    below = mean_quantile(*_with_unseen(x, least, targets), tail)
    above = mean_quantile(*_with_unseen(x, most, targets), 1 - tail)
    as_t = _t_applies(x, targets)
    return (
        np.where(as_t, np.fmin(below, low), below),
        np.where(as_t, np.fmax(above, high), above),
    )


def p_value(
    samples: npt.ArrayLike,
    null: float,
    alternative: Side,
    shape: Shape = "rate",
    targets: int = 1,
    rough: bool = False,
) -> Array:
    """Return one-sided p-values of the mean against `null`, for a batch of samples (..., n): the
    smallest error at which the one-sided limit of the same rule passes `null`; 1 where no test
    is possible. rough: to three decimals and in less than half the time; for simulations."""
    x = np.asarray(samples, dtype=float)
    if x.shape[-1] < 2:
        return np.ones(x.shape[:-1])
    of_t = _t_p(x, null, alternative)
    if shape == "graded":
        return of_t
    end = _ENDS[shape][0 if alternative == "greater" else 1]
    above = mean_above(*_with_unseen(x, end, targets), null, rough)
    p = 1 - above if alternative == "greater" else above
    return np.where(_t_applies(x, targets), np.maximum(p, of_t), p)


def paired(differences: Iterable[float], *, ranged: bool = False) -> tuple[Estimate, float | None]:
    """Return the mean of paired differences over seeds with its t interval, and the two-sided
    p-value of the exact sign-flip test (Fisher 1935; 9,999 random flips beyond 2^13 patterns);
    no p with fewer than 2 seeds.

    Args:
        ranged: whether they are of rates or of T, so between -1 and 1. Equal ones, which have no t
            interval, then have that of a quantity with this range.
    """
    sample = np.array(sorted(differences), dtype=float)
    equal = len(sample) > 1 and sample.std() <= _NOTHING and abs(sample[0]) <= 1
    estimate = over_seeds(sample.tolist(), "difference" if ranged and equal else "graded")
    if len(sample) < 2:
        return estimate, None
    flips = np.inf if len(sample) <= 13 else 9999
    test = stats.permutation_test(
        (sample,), np.mean, permutation_type="samples", n_resamples=flips, rng=0
    )
    return estimate, float(test.pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """Return Holm-adjusted p-values, in the order given (Holm 1979, Scand. J. Stat. 6:65). scipy
    has none that controls the family-wise error of dependent tests; statsmodels has, and needs
    pandas."""
    order = np.argsort(p, kind="stable")
    steps = np.asarray(p, dtype=float)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(each) for each in adjusted]


def _with_unseen(x: Array, end: float, targets: int) -> tuple[Array, Array]:
    """The samples plus the unseen seed, in which one of the targets is at `end` of the range and
    the others are at the mean; and the weights of all."""
    mean = x.mean(axis=-1, keepdims=True)
    unseen = mean + (end - mean) / targets
    weights = np.ones((*x.shape[:-1], x.shape[-1] + 1))
    weights[..., -1] = UNSEEN
    return np.concatenate([x, unseen], axis=-1), weights


def _t_applies(x: Array, targets: int) -> npt.NDArray[np.bool_]:
    """Whether the t interval is a lower bound of the width. With one target it is not if seeds are
    far apart: with kept and erased seeds, t would exceed the range. Equal seeds have no t
    interval."""
    spread = x.std(axis=-1, ddof=1)
    return np.asarray((spread > _NOTHING) & ((targets > 1) | (spread <= CLOSE)))


def _t_limits(x: Array, confidence: float) -> tuple[Array, Array]:
    n = x.shape[-1]
    if n < 2:
        nothing = np.full(x.shape[:-1], np.nan)
        return nothing, nothing
    spread = x.std(axis=-1, ddof=1)
    half = stats.t.ppf((1 + confidence) / 2, n - 1) * spread / np.sqrt(n)
    half = np.where(spread > _NOTHING, half, np.nan)
    mean = x.mean(axis=-1)
    return mean - half, mean + half


def _t_p(x: Array, null: float, alternative: Side) -> Array:
    n = x.shape[-1]
    spread = x.std(axis=-1, ddof=1)
    usable = spread > _NOTHING
    distance = (x.mean(axis=-1) - null) / (np.where(usable, spread, 1.0) / np.sqrt(n))
    tail = stats.t.sf if alternative == "greater" else stats.t.cdf
    return np.where(usable, tail(distance, n - 1), 1.0)


def _known(limit: Array) -> float | None:
    return float(limit) if np.isfinite(limit) else None
