"""What a verdict could show with a number of seeds, before any is run: for which true T `fails` or
`generalizes_*` is reached in 80 % of experiments.

T over seeds is modelled as a beta distribution around the true mean. Its variance is a `share` of
the maximum variance of values from 0 to 1 with that mean, so it goes to 0 at both ends of the
range; a share of 1 is a backdoor that each seed either keeps or erases. docs/estimands.md, Power.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from arena.statistics.dirichlet import Array
from arena.statistics.intervals import Side, p_value
from arena.statistics.thresholds import FAMILY_ERROR, MIN_SEEDS, Thresholds

POWER = 0.8
UPPER = 0.8  # confidence of the upper limit of a spread
ASSUMED = (0.05, 0.1, 0.2)  # standard deviations at T = 0.5, assumed without finished runs
DRAWS = 800  # simulated experiments of each kind, fewer with many seeds
NUMBERS = 8_000  # simulated seeds, at most, of each kind
_HALVINGS = 4  # of a range of T; done twice
_END = 0.05  # a mean T closer to 0 or 1 says little about the spread elsewhere
_POINT = 1e-4  # a smaller share counts as no spread


@dataclass(frozen=True)
class Spread:
    """How T varies over seeds. share: see above. flips: number of targets that are independently
    kept or erased in a seed, T being their mean; 0 for the beta distribution."""

    share: float = 1.0
    flips: int = 0

    def sd(self, mean: float) -> float:
        """Return the standard deviation over seeds if the true T is `mean`."""
        share = 1 / self.flips if self.flips else self.share
        return float(np.sqrt(share * mean * (1 - mean)))

    def draw(self, mean: float, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Return simulated experiments (rows) of seeds (columns) with the true T `mean`."""
        if self.flips:
            return np.asarray(rng.binomial(self.flips, mean, shape) / self.flips)
        if self.share < _POINT or mean in (0.0, 1.0):
            return np.full(shape, mean)
        total = 1 / self.share - 1
        if total < _POINT:
            return np.asarray(rng.random(shape) < mean, dtype=float)
        return np.asarray(rng.beta(mean * total, (1 - mean) * total, shape))


@dataclass(frozen=True)
class Design:
    """The data of a verdict: number of usable seeds; pairs in Holm's family (1: a single test, as
    for the whole claim), none of the others decided; number of actors that a seed's T is a mean
    over."""

    seeds: int
    pairs: int = 1
    targets: int = 1


@dataclass(frozen=True)
class Reach:
    """The largest true T at which `fails`, and the smallest at which `generalizes_*`, is reached in
    80 % of experiments; None if there is none. A T between them usually gives no verdict."""

    fails: float | None
    generalizes: float | None


@dataclass(frozen=True)
class SeenSpread:
    """Spread of T over seeds in finished runs: mean, standard deviation within runs, and its
    one-sided 80 % upper limit. degrees: of freedom."""

    mean: float
    sd: float
    upper_sd: float
    degrees: int

    @property
    def tells(self) -> bool:
        """Return whether it is informative about the spread at another T: not if all seeds are at
        an end."""
        return _END <= self.mean <= 1 - _END and self.sd > 0

    @property
    def spread(self) -> Spread:
        """Return the observed spread."""
        return self._of(self.sd)

    @property
    def upper(self) -> Spread:
        """Return the spread at its upper limit."""
        return self._of(self.upper_sd)

    def _of(self, sd: float) -> Spread:
        return Spread(min(1.0, sd**2 / (self.mean * (1 - self.mean))))


def seen_spread(groups: Sequence[Sequence[float]], degrees: int | None = None) -> SeenSpread | None:
    """Return the pooled spread within groups of seeds (runs, or pairs of runs); None if no group
    has two seeds.

    Args:
        degrees: of freedom, if groups share their seeds; by default they are taken as independent.
    """
    known = [np.asarray(group, dtype=float) for group in groups if len(group) > 1]
    weights = np.array([len(group) - 1 for group in known], dtype=float)
    if not known:
        return None
    free = int(weights.sum()) if degrees is None else degrees
    sd = float(np.sqrt(np.average([group.var(ddof=1) for group in known], weights=weights)))
    mean = float(np.average([group.mean() for group in known], weights=weights))
    upper = sd * float(np.sqrt(free / stats.chi2.ppf(1 - UPPER, free)))
    return SeenSpread(min(max(mean, 0.0), 1.0), sd, upper, free)


def reach(design: Design, spread: Spread, thresholds: Thresholds) -> Reach:
    """Return which true T could be called `fails` or `generalizes_*`; none with fewer than 8
    seeds."""
    return Reach(
        _reached(design, spread, thresholds.fails, "less"),
        _reached(design, spread, thresholds.generalizes, "greater"),
    )


def power(
    design: Design, spread: Spread, mean: float, thresholds: Thresholds
) -> tuple[float, float]:
    """Return the share of experiments with the true T `mean` that end in `fails`, and in
    `generalizes_*`, if all seeds are usable."""
    return (
        _power(design, spread, mean, thresholds.fails, "less", _draws(design)),
        _power(design, spread, mean, thresholds.generalizes, "greater", _draws(design)),
    )


def _draws(design: Design) -> int:
    return min(DRAWS, NUMBERS // design.seeds)


def _reached(design: Design, spread: Spread, null: float, side: Side) -> float | None:
    """Bisect between the end of the range, where power is largest, and the threshold: first with
    few draws, then around the result with many."""
    sure, unsure = 0.0 if side == "less" else 1.0, null
    if _power(design, spread, sure, null, side, 1) < POWER:
        return None
    draws = _draws(design)
    sure, unsure = _halved(design, spread, (sure, unsure), null, side, draws // 5)
    step = unsure - sure
    wider = min(max(sure - step / 2, 0.0), 1.0), unsure + step / 2
    sure, unsure = _halved(design, spread, wider, null, side, draws)
    return (sure + unsure) / 2


def _halved(
    design: Design,
    spread: Spread,
    ends: tuple[float, float],
    null: float,
    side: Side,
    draws: int,
) -> tuple[float, float]:
    """A T with 80 % power and one without, after some bisections of the range."""
    sure, unsure = ends
    for _ in range(_HALVINGS):
        middle = (sure + unsure) / 2
        if _power(design, spread, middle, null, side, draws) >= POWER:
            sure = middle
        else:
            unsure = middle
    return sure, unsure


def _power(
    design: Design, spread: Spread, mean: float, null: float, side: Side, draws: int
) -> float:
    if design.seeds < MIN_SEEDS:
        return 0.0
    if spread.flips == 1:
        erased = np.arange(design.seeds + 1)
        chances = stats.binom.pmf(erased, design.seeds, mean)
        return float(chances @ _called_of_two_states(design, null, side))
    rng = np.random.default_rng(0)
    samples = np.sort(spread.draw(mean, (draws, design.seeds), rng), axis=-1)
    kinds, times = np.unique(samples, axis=0, return_counts=True)  # equal samples are tested once
    return float(np.average(_called(design, kinds, null, side), weights=times))


@lru_cache(maxsize=64)
def _called_of_two_states(design: Design, null: float, side: Side) -> Array:
    """Whether 0, 1, 2, ... erased seeds, with the others kept, give the verdict."""
    samples = np.tri(design.seeds + 1, design.seeds, -1)
    return _called(design, samples, null, side, rough=False)


def _called(design: Design, samples: Array, null: float, side: Side, rough: bool = True) -> Array:
    """1 for each experiment that ends in the verdict: its p-value times the number of pairs is
    below 5 %."""
    p = p_value(samples, null, side, targets=design.targets, rough=rough)
    return np.asarray(design.pairs * p < FAMILY_ERROR, dtype=float)
