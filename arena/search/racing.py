"""Racing: which strategies may still be the best, given what few seeds have shown.

The seed decides more than the strategy, so every strategy is measured on the same seeds, in the
same order (common random numbers), and seeds are the resource: the next experiment goes where it
tells most about which strategy is the best. The model is additive,

    value(k, s) = effect(k) + seed(s) + noise,    noise ~ N(0, sigma^2) independent,

so a seed that is kind to every strategy says nothing about any of them, and a strategy measured on
two seeds is comparable with one measured on eight. Effects are drawn from a normal distribution,
which pulls extreme means of few seeds towards the rest: without that, the best of many is best by
luck (the winner's curse). Neither its spread nor the noise is known, least of all after the first
few values, so both are averaged over rather than estimated: the noise in closed form (its variance
has an inverse gamma prior, which makes posteriors Student's t; Gelman et al., Bayesian Data
Analysis, 3rd edition, section 14.2), the spread over a grid.

On selection seeds the rule is top-two sampling for best-arm identification (Russo, arXiv
1602.08448; with the leader and challenger of Qin, Klabjan and Russo, arXiv 1705.10033): measure the
leader and the strategy most likely to overtake it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Floats = NDArray[np.float64]
Strategy = TypeVar("Strategy", bound=Hashable)

DRAWS = 20_000  # of the posterior; a probability of 0.2 is then known to about 0.003
# The prior of sigma: what rates of this arena have within a seed, worth two degrees of freedom.
NOISE, NOISE_DOF = 0.25, 2
SPREADS = np.geomspace(0.1, 10.0, 15)  # of the effects, in units of sigma; equally likely


@dataclass(frozen=True)
class Standing(Generic[Strategy]):
    """What is known of the strategies' effects: a multivariate t distribution.

    Attributes:
        names: the strategies, in the order of the arrays.
        mean: shape (strategies,); only their differences mean something.
        scale: shape (strategies, strategies); with many degrees of freedom the covariance.
        dof: degrees of freedom.
    """

    names: tuple[Strategy, ...]
    mean: Floats
    scale: Floats
    dof: float

    @cached_property
    def leader(self) -> Strategy:
        """The strategy with the largest posterior mean."""
        return self.names[int(self.mean.argmax())]

    def lead(self, one: Strategy, other: Strategy) -> tuple[float, float]:
        """Return the posterior mean and scale (as of a standard error) of effect(one) -
        effect(other)."""
        i, j = self.names.index(one), self.names.index(other)
        c = self.scale
        squared = c[i, i] + c[j, j] - 2 * c[i, j]
        return float(self.mean[i] - self.mean[j]), float(np.sqrt(max(squared, 0.0)))

    def beats(self, one: Strategy, other: Strategy) -> float:
        """Return the probability that one strategy's effect exceeds another's."""
        lead, error = self.lead(one, other)
        return float(student.cdf(lead / error, self.dof)) if error else float(lead > 0)

    def error_of_choice(self) -> float:
        """Return the probability that the leader is not the best of all, by simulation."""
        rng = np.random.default_rng(0)
        centre = np.zeros_like(self.mean)
        drawn = rng.multivariate_normal(centre, self.scale, DRAWS, method="eigh")
        wide = np.sqrt(rng.chisquare(self.dof, (DRAWS, 1)) / self.dof)
        effects = self.mean + drawn / wide
        return 1.0 - float(np.mean(effects.argmax(axis=1) == self.mean.argmax()))


def standing(values: Mapping[Strategy, Mapping[int, float]]) -> Standing[Strategy]:
    """Return what the values say of every strategy.

    Args:
        values: rates, by strategy, then by seed; at least one per strategy; larger is better.

    Raises:
        ValueError: there is no strategy, or one without a value.
    """
    if not values or not all(values.values()):
        raise ValueError("every strategy needs at least one value")
    return Standing(tuple(values), *_Table.of(values).posterior())


def pair_to_measure(known: Standing[Strategy], full: Collection[Strategy]) -> tuple[Strategy, ...]:
    """Return the strategies that get the next seed: the leader and the one most likely to overtake
    it, without those that have had all seeds (`full`). Empty once both have."""
    rivals = [name for name in known.names if name != known.leader]
    chances = {name: known.beats(name, known.leader) for name in rivals}
    challenger = max(rivals, key=chances.__getitem__, default=known.leader)
    return tuple(name for name in dict.fromkeys((known.leader, challenger)) if name not in full)


@dataclass(frozen=True)
class _Table:
    """All values in a row, with the numbers of their strategies and seeds."""

    value: Floats
    strategy: NDArray[np.int64]
    seed: NDArray[np.int64]

    @classmethod
    def of(cls, values: Mapping[Strategy, Mapping[int, float]]) -> _Table:
        place = {s: i for i, s in enumerate(sorted({s for each in values.values() for s in each}))}
        rows = [
            (value, number, place[seed])
            for number, each in enumerate(values.values())
            for seed, value in each.items()
        ]
        value, strategy, seed = (np.array(column) for column in zip(*rows, strict=True))
        return cls(value.astype(float), strategy, seed)

    def posterior(self) -> tuple[Floats, Floats, float]:
        """Mean, scale and degrees of freedom of the strategies' effects, over all spreads. The
        mixture of t distributions is given as one, with its mean; its scale adds the variance
        between spreads to the mean scale, which is a little too wide.

        Seeds have a flat prior, so they carry what all strategies have in common, and are projected
        out. In the eigenvectors of the rest every spread has its fit in closed form."""
        information, score, total = self._within_seeds()
        dof = NOISE_DOF + len(self.value) - int(self.seed.max()) - 1
        eigenvalues, vectors = np.linalg.eigh(information)
        along = vectors.T @ score
        precision = np.maximum(eigenvalues, 0.0) + SPREADS[:, None] ** -2  # (spreads, strategies)
        means = along / precision
        squares = NOISE_DOF * NOISE**2 + total - means @ along
        volume = -len(score) * np.log(SPREADS) - np.log(precision).sum(axis=1) / 2
        chance = volume - dof / 2 * np.log(squares)
        weight = np.exp(chance - chance.max())
        weight /= weight.sum()
        mean = weight @ means
        apart = means - mean
        within = (vectors * (weight * squares / dof @ (1 / precision))) @ vectors.T
        between = vectors @ (weight[:, None] * apart).T @ apart @ vectors.T
        return vectors @ mean, within + between, dof

    def _within_seeds(self) -> tuple[Floats, Floats, float]:
        """What differences within seeds say of the effects: their information matrix, the score,
        and the sum of squares."""
        strategies = np.eye(int(self.strategy.max()) + 1)[self.strategy]
        count = np.bincount(self.seed)[:, None]
        seeds = np.eye(len(count))[self.seed]
        strategies -= seeds @ (seeds.T @ strategies / count)
        value = self.value - (seeds @ (seeds.T @ self.value[:, None] / count))[:, 0]
        return strategies.T @ strategies, strategies.T @ value, float(value @ value)
