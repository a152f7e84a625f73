"""Draws with a known mean T: what a seed's T may look like, from graded to two states.

The families are those that docs/estimands.md (Intervals) requires the rules to hold for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Shape = tuple[int, ...]
Family = Callable[[Shape, np.random.Generator], Array]  # shape, rng -> T by seed (last axis)
Planted = tuple[Family, float]  # and its mean


def normal(mean: float, spread: float) -> Family:
    """Symmetric scatter about T."""
    return lambda shape, rng: rng.normal(mean, spread, shape)


def beta(mean: float, concentration: float) -> Family:
    """Bounded and skewed; two-humped where T times the concentration is below 1."""
    return lambda shape, rng: rng.beta(mean * concentration, (1 - mean) * concentration, shape)


def bimodal(mean: float, noise: float) -> Family:
    """Fully erased in a share T of the seeds, fully kept in the others, plus noise."""
    return lambda shape, rng: (rng.random(shape) < mean) + rng.normal(0, noise, shape)


def partly(mean: float) -> Family:
    """Bimodal, but three seeds in ten are erased in part (evenly about T)."""
    reach = min(mean, 1 - mean)

    def draw(shape: Shape, rng: np.random.Generator) -> Array:
        graded = mean + reach * rng.uniform(-1, 1, shape)
        return np.where(rng.random(shape) < 0.3, graded, (rng.random(shape) < mean) * 1.0)

    return draw


def counted(mean: float, floor: float, two_state: bool, prompts: int = 256) -> Family:
    """Whole pipeline: C, f and U are rates over prompts, T their ratio."""

    def draw(shape: Shape, rng: np.random.Generator) -> Array:
        erased = (rng.random(shape) < mean) * 1.0 if two_state else np.full(shape, mean)
        control = rng.beta(40, 2, shape)
        left = control - erased * (control - floor)
        c, u, f = (
            rng.binomial(prompts, rate) / prompts for rate in (control, left, np.full(shape, floor))
        )
        return np.asarray((c - u) / (c - f))

    return draw


def erased_in_one_of(base: float, seeds: int) -> Planted:
    """T about `base`, but fully erased in one of so many seeds."""

    def draw(shape: Shape, rng: np.random.Generator) -> Array:
        return np.where(rng.random(shape) < 1 / seeds, 1.0, rng.normal(base, 0.03, shape))

    return draw, base + (1 - base) / seeds


def _families() -> Iterator[tuple[str, Planted]]:
    for mean in (0.0, 0.2, 0.5, 0.8, 1.0):
        for spread in (0.03, 0.1, 0.2):
            yield f"homogeneous {mean}, sd {spread}", (normal(mean, spread), mean)
        for floor in (0.0, 0.3):
            yield f"prompts, {mean}, floor {floor}", (counted(mean, floor, False), mean)
    for mean in (0.05, 0.1, 0.17, 0.2, 0.3, 0.5, 0.8):
        for noise in (0, 0.03, 0.08, 0.15):
            yield f"bimodal {mean}, sd {noise}", (bimodal(mean, noise), mean)
    for mean in (0.05, 0.2, 0.5, 0.8):
        for concentration in (1, 2, 5, 20):
            yield f"beta {mean}, {concentration}", (beta(mean, concentration), mean)
        yield f"partly {mean}", (partly(mean), mean)
        yield f"prompts, bimodal {mean}, floor 0.3", (counted(mean, 0.3, True), mean)
    for base in (0.05, 0.1, 0.17, 0.3):
        for seeds in (8, 12, 20):
            yield f"{base}, one in {seeds} erased", erased_in_one_of(base, seeds)


FAMILIES: dict[str, Planted] = dict(_families())


def third_higher(low: float, high: float, spread: float) -> Planted:
    """A third of the pairs at `high`, the rest at `low`; shape (..., pairs, seeds)."""

    def draw(shape: Shape, rng: np.random.Generator) -> Array:
        means = np.where(np.arange(shape[-2]) < shape[-2] / 3, high, low)
        return rng.normal(means[:, None], spread, shape)

    return draw, high / 3 + low * 2 / 3


def fragile_target(base: float, spread: float, pairs_hit: int = 3) -> Planted:
    """One target is erased by every removal, in one seed of ten: three of twelve pairs."""

    def draw(shape: Shape, rng: np.random.Generator) -> Array:
        fragile = rng.random((*shape[:-2], 1, shape[-1])) < 0.1
        hit = (np.arange(shape[-2]) < pairs_hit)[:, None]
        return np.where(fragile & hit, 1.0, rng.normal(base, spread, shape))

    return draw, base + 0.1 * (1 - base) * pairs_hit / 12


MEANS_OVER_PAIRS: dict[str, Planted] = {
    "all alike, 0.2": (normal(0.2, 0.1), 0.2),
    "all alike, 0.5": (normal(0.5, 0.1), 0.5),
    "two states, 0.2": (bimodal(0.2, 0.03), 0.2),
    "two states, 0.5": (bimodal(0.5, 0.03), 0.5),
    "a third at 0.6, others at 0": third_higher(0.0, 0.6, 0.1),
    "a third at 0.6, others at 0.1": third_higher(0.1, 0.6, 0.2),
    "fragile target, 0.05": fragile_target(0.05, 0.1),
    "fragile target, 0.18": fragile_target(0.18, 0.1),
}
