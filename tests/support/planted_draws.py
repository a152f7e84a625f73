"""Draws with a known mean T: what a seed's T may look like, from graded to two states.

Each family is a function (T, shape, rng) -> array, None where it cannot have that mean.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Shape = tuple[int, ...]
Family = Callable[[float, Shape, np.random.Generator], Array | None]

TRUTHS = (0.0, 0.2, 0.5, 1.0)


def normal(spread: float) -> Family:
    """Symmetric scatter about T."""
    return lambda mean, shape, rng: rng.normal(mean, spread, shape)


def beta(concentration: float) -> Family:
    """Bounded and skewed; two-humped where T times the concentration is below 1."""

    def draw(mean: float, shape: Shape, rng: np.random.Generator) -> Array | None:
        if mean in (0.0, 1.0):
            return None
        return rng.beta(mean * concentration, (1 - mean) * concentration, shape)

    return draw


def bimodal(noise: float) -> Family:
    """Fully erased in a share T of the seeds, fully kept in the others, plus noise."""

    def draw(mean: float, shape: Shape, rng: np.random.Generator) -> Array | None:
        if mean in (0.0, 1.0):
            return None
        erased = (rng.random(shape) < mean).astype(float)
        return erased + rng.normal(0, noise, shape) if noise else erased

    return draw


def partly(mean: float, shape: Shape, rng: np.random.Generator) -> Array | None:
    """Bimodal, but three seeds in ten are erased in part (evenly about T)."""
    if mean in (0.0, 1.0):
        return None
    reach = min(mean, 1 - mean)
    graded = mean + reach * rng.uniform(-1, 1, shape)
    return np.where(rng.random(shape) < 0.3, graded, (rng.random(shape) < mean) * 1.0)


def counted(two_state: bool, prompts: int = 256) -> Family:
    """Whole pipeline: C, f and U are rates over prompts, T their ratio."""

    def draw(mean: float, shape: Shape, rng: np.random.Generator) -> Array | None:
        if two_state and mean in (0.0, 1.0):
            return None
        erased = (rng.random(shape) < mean).astype(float) if two_state else np.full(shape, mean)
        control, floor = rng.beta(40, 2, shape), rng.beta(1, 60, shape)
        left = control - erased * (control - floor)
        c, u, f = (rng.binomial(prompts, rate) / prompts for rate in (control, left, floor))
        return np.asarray((c - u) / (c - f))

    return draw


GRADED: dict[str, Family] = {
    "normal, sd 0.03": normal(0.03),
    "normal, sd 0.1": normal(0.1),
    "normal, sd 0.2": normal(0.2),
    "normal, sd 0.3": normal(0.3),
    "prompts, one T": counted(two_state=False),
}
BIMODAL: dict[str, Family] = {
    "bimodal, exact": bimodal(0.0),
    "bimodal, sd 0.03": bimodal(0.03),
    "bimodal, sd 0.08": bimodal(0.08),
    "prompts, bimodal": counted(two_state=True),
}
BETWEEN: dict[str, Family] = {
    "bimodal, sd 0.15": bimodal(0.15),
    "beta, 20": beta(20),
    "beta, 5": beta(5),
    "beta, 2": beta(2),
    "beta, 1": beta(1),
    "bimodal, 30 % partly": partly,
}
FAMILIES: dict[str, Family] = {**GRADED, **BIMODAL, **BETWEEN}


def coverage(limits: tuple[Array, Array], mean: float) -> float:
    """Share of intervals that hold the mean (to rounding)."""
    low, high = limits
    return float(np.mean((low <= mean + 1e-9) & (high >= mean - 1e-9)))
