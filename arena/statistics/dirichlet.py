"""The mean of a sample under random weights: the distribution of the Bayesian bootstrap (Rubin
1981, Ann. Statist. 9:130), computed instead of sampled.

The weighted mean sum_i w_i x_i, w ~ Dirichlet(a), lies above t exactly if sum_i (x_i - t) g_i > 0
with independent g_i ~ Gamma(a_i, 1). The sign of such a sum has a one-dimensional inversion
formula (Gil-Pelaez 1951, Biometrika 38:481; Imhof 1961, Biometrika 48:419, equation 3.2):

    P(mean > t) = 1/2 + 1/pi * integral over u > 0 of sin(theta(u)) / (u * rho(u))
    theta = sum_i a_i arctan((x_i - t) u),   log rho = sum_i a_i / 2 * log(1 + (x_i - t)^2 u^2)

In s = log u the integrand is analytic and decays exponentially at both ends, so the trapezoid
rule converges exponentially.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

Array = npt.NDArray[np.float64]

_GRID = np.linspace(-18.0, 26.0, 221)  # s = log u; error below 1e-7 for 16 values, 1e-5 for 40
_U = np.exp(_GRID)
_ROUGH = np.arange(-12.0, 14.0, 0.3)  # error below 1e-4 for 9 to 25 values, 5e-4 for 41
_CHUNK = 2**21  # numbers held at once


def mean_above(
    values: Array, weights: Array, threshold: npt.ArrayLike, rough: bool = False
) -> Array:
    """Return P(weighted mean > threshold), for a batch of samples.

    Args:
        values: (..., m) the sample.
        weights: (..., m) Dirichlet parameters, at least 0.
        threshold: (...) or a number.
        rough: to three decimals and in less than half the time; for simulations.
    """
    shape = values.shape[:-1]
    x = np.broadcast_to(values, (*shape, values.shape[-1])).reshape(-1, values.shape[-1])
    a = np.broadcast_to(weights, values.shape).reshape(x.shape)
    t = np.broadcast_to(np.asarray(threshold, dtype=float), shape).reshape(-1)
    rows = max(1, _CHUNK // (x.shape[-1] * len(_U)))
    grid = _ROUGH if rough else _GRID
    parts = [
        _mean_above(x[at : at + rows], a[at : at + rows], t[at : at + rows], grid)
        for at in range(0, len(x), rows)
    ]
    return np.concatenate(parts).reshape(shape) if parts else np.empty(shape)


def _mean_above(x: Array, a: Array, t: Array, grid: Array = _GRID) -> Array:
    """`mean_above` of (k, m) samples. grid: evenly spaced places of s = log u."""
    distance = x - t[:, None]
    scale = np.abs(distance).max(axis=-1, keepdims=True)
    distance = distance / np.where(scale > 0, scale, 1.0)
    reach = distance[:, :, None] * (_U if grid is _GRID else np.exp(grid))
    theta = np.einsum("ki,kiu->ku", a, np.arctan(reach))
    log_rho = np.einsum("ki,kiu->ku", a, np.log1p(reach**2)) / 2
    total = (np.sin(theta) * np.exp(-log_rho)).sum(axis=-1) * (grid[1] - grid[0])
    return np.asarray(np.clip(0.5 + total / np.pi, 0.0, 1.0))


def mean_quantile(values: Array, weights: Array, probability: float) -> Array:
    """Return the quantile of the weighted mean, for a batch of samples; values and weights as in
    `mean_above`."""
    shape, m = values.shape[:-1], values.shape[-1]
    samples = zip(
        values.reshape(-1, m), np.broadcast_to(weights, values.shape).reshape(-1, m), strict=True
    )
    return np.array([_quantile(x, a, probability) for x, a in samples]).reshape(shape)


def _quantile(x: Array, a: Array, probability: float) -> float:
    """`mean_quantile` of one (m,) sample."""
    low, high = float(x.min()), float(x.max())
    if not high > low:
        return low
    x, a = x[None], a[None]

    def surplus(threshold: float) -> float:
        return float(_mean_above(x, a, np.array([threshold]))[0]) - (1 - probability)

    return float(brentq(surplus, low, high, xtol=1e-9))
