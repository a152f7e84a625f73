"""Racing: which strategies may still be the best, given what few seeds have shown.

The seed decides more than the strategy, so every strategy is measured on the same seeds, in the
same order (common random numbers), and seeds are the resource: the next experiment goes where it
tells most about which strategy is the best. The model is additive,

    value(k, s) = effect(k) + seed(s) + noise,    noise ~ N(0, sigma^2) independent,

so a seed that is kind to every strategy says nothing about any of them, and a strategy measured on
two seeds is comparable with one measured on eight. Effects are drawn from a normal distribution
whose variance is estimated too (empirical Bayes), which pulls extreme means of few seeds towards
the rest: without that, the best of many is best by luck (the winner's curse).

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
from scipy.stats import norm

Floats = NDArray[np.float64]
Strategy = TypeVar("Strategy", bound=Hashable)

DRAWS = 20_000  # of the posterior; a probability of 0.2 is then known to about 0.003
LEAST_SIGMA = 0.02  # a rate over 128 prompts is not known better
FLAT = 1e-6  # precision of a prior that says nothing


@dataclass(frozen=True)
class Standing(Generic[Strategy]):
    """What is known of the strategies' effects.

    Attributes:
        names: the strategies, in the order of the arrays.
        mean: posterior means, shape (strategies,); only their differences mean something.
        covariance: of the posterior, shape (strategies, strategies).
    """

    names: tuple[Strategy, ...]
    mean: Floats
    covariance: Floats

    @cached_property
    def leader(self) -> Strategy:
        """The strategy with the largest posterior mean."""
        return self.names[int(self.mean.argmax())]

    def lead(self, one: Strategy, other: Strategy) -> tuple[float, float]:
        """Return the posterior mean and standard deviation of effect(one) - effect(other)."""
        i, j = self.names.index(one), self.names.index(other)
        c = self.covariance
        variance = c[i, i] + c[j, j] - 2 * c[i, j]
        return float(self.mean[i] - self.mean[j]), float(np.sqrt(max(variance, 0.0)))

    def beats(self, one: Strategy, other: Strategy) -> float:
        """Return the probability that one strategy's effect exceeds another's."""
        lead, error = self.lead(one, other)
        return float(norm.cdf(lead / error)) if error else float(lead > 0)

    def error_of_choice(self) -> float:
        """Return the probability that the leader is not the best of all, by simulation."""
        rng = np.random.default_rng(0)
        drawn = rng.multivariate_normal(self.mean, self.covariance, DRAWS, method="eigh")
        return 1.0 - float(np.mean(drawn.argmax(axis=1) == self.mean.argmax()))


def standing(values: Mapping[Strategy, Mapping[int, float]]) -> Standing[Strategy]:
    """Return what the values say of every strategy.

    Args:
        values: by strategy, then by seed; at least one per strategy; larger is better.

    Raises:
        ValueError: there is no strategy, or one without a value.
    """
    if not values or not all(values.values()):
        raise ValueError("every strategy needs at least one value")
    table = _Table.of(values)
    mean, covariance = table.posterior(max(LEAST_SIGMA, table.sigma()))
    return Standing(tuple(values), mean, covariance)


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

    @cached_property
    def design(self) -> Floats:
        """One column per strategy, then one per seed, as indicators."""
        strategies, seeds = int(self.strategy.max()) + 1, int(self.seed.max()) + 1
        return np.hstack([np.eye(strategies)[self.strategy], np.eye(seeds)[self.seed]])

    def sigma(self) -> float:
        """The noise's standard deviation, from the residuals of the additive fit; where no degree
        of freedom is left, that of all values."""
        fitted, _, rank, _ = np.linalg.lstsq(self.design, self.value, rcond=None)
        left = len(self.value) - int(rank)
        if left < 1:
            return float(np.std(self.value))
        residuals = self.value - self.design @ fitted
        return float(np.sqrt(residuals @ residuals / left))

    def posterior(self, sigma: float) -> tuple[Floats, Floats]:
        """Mean and covariance of the strategies' effects, whose prior is N(0, tau^2); seeds have a
        flat one, and carry what all strategies have in common."""
        strategies = int(self.strategy.max()) + 1
        prior = np.full(self.design.shape[1], FLAT)
        prior[:strategies] = self._tau(sigma) ** -2
        precision = self.design.T @ self.design / sigma**2 + np.diag(prior)
        covariance: Floats = np.linalg.inv(precision).astype(float)
        mean = covariance @ self.design.T @ self.value / sigma**2
        return mean[:strategies], covariance[:strategies, :strategies]

    def _tau(self, sigma: float) -> float:
        """Standard deviation of the effects, by moments: the variance of the strategies' means
        (each value less its seed's mean) beyond what noise gives; at least a tenth of sigma, so
        that nothing is called equal before it was measured."""
        seed_mean = np.bincount(self.seed, self.value) / np.bincount(self.seed)
        n = np.bincount(self.strategy)
        mean = np.bincount(self.strategy, self.value - seed_mean[self.seed]) / n
        beyond = float(np.var(mean) - np.mean(sigma**2 / n))
        return float(np.sqrt(max(beyond, (sigma / 10) ** 2)))
