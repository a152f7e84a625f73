"""The correlation of distance and transfer: Spearman's rho, by permuting actors' labels.

The pairs of one seed share their actors, so they are no independent points: the labels of the
actors are permuted, never the pairs (Mantel 1967, Cancer Res. 27:209). Pooling, the null and its
limits: docs/estimands.md, Representations.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.spatial.distance import cdist

from arena.statistics.dirichlet import Array

Pair = tuple[str, str]

ALL_PERMUTED = 6  # up to so many actors every permutation is tried, beyond a sample
SAMPLED = 2000  # permutations drawn with more actors, besides the identity
ALL_COMBINED = 20_000  # up to so many combinations over replicates all are tried
DRAWS = 9999  # beyond, besides the observed one
LEAST_PAIRS = 3
_DECIMALS = 9  # transfers that are equal but for rounding must tie
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Replicate:
    """One cell in one seed: by ordered pair (unlearned, other actor), how far apart the two
    lie, the same either way round (None where undefined), and the transfer where it has one."""

    cell: str
    seed: int
    distances: Mapping[Pair, float | None]
    transfers: Mapping[Pair, float]


@dataclass(frozen=True)
class Mantel:
    """Spearman's rho of one replicate and its two-sided permutation p; `null` (permutations,)
    holds the rho of every relabelling tried, the identity first."""

    rho: float
    p: float
    null: Array


@dataclass(frozen=True)
class Pooled:
    """Rho averaged over a seed's cells, then over seeds; p of the pooled permutation test.
    `tests` holds every replicate, None where its rho is undefined."""

    rho: float | None
    p: float | None
    seeds: int
    tests: tuple[tuple[Replicate, Mantel | None], ...]


def mantel(
    distances: Mapping[Pair, float | None], transfers: Mapping[Pair, float]
) -> Mantel | None:
    """Rho of distance and transfer over the ordered pairs that have both, by relabelling.

    Only relabellings that map these pairs onto themselves are tried: all where no pair is
    missing, so that why a pair is missing cannot matter. None where rho is undefined: fewer
    than 3 pairs, all distances or all transfers equal, or a distance undefined.
    """
    pairs = sorted(set(transfers) & set(distances))
    apart = [distances[pair] for pair in pairs]
    outcome = np.round([transfers[pair] for pair in pairs], _DECIMALS)
    if len(pairs) < LEAST_PAIRS or None in apart or len(set(apart)) == 1 or np.ptp(outcome) == 0:
        return None
    actors = sorted({actor for pair in pairs for actor in pair})
    rows, columns = ([actors.index(pair[side]) for pair in pairs] for side in (0, 1))
    ranks = np.full((len(actors), len(actors)), np.nan)
    ranks[rows, columns] = stats.rankdata(np.array(apart, dtype=float))
    labels = _permutations(len(actors))
    permuted = ranks[labels[:, rows], labels[:, columns]]
    permuted = permuted[~np.isnan(permuted).any(axis=1)]
    null = 1 - cdist(permuted, stats.rankdata(outcome)[None], "correlation")[:, 0]
    return Mantel(float(null[0]), _share_beyond(null, float(null[0])), null)


def pooled_correlation(by_replicate: Sequence[Replicate]) -> Pooled:
    """Rho averaged within a seed over its cells, then over seeds, against independent
    relabellings of every replicate: all their combinations where few, else 9,999 draws (with a
    fixed seed) and the observed one, (1 + k) / (1 + N). Replicates without a rho do not enter.
    """
    ordered = sorted(by_replicate, key=lambda each: (each.seed, each.cell))
    tests = tuple((each, mantel(each.distances, each.transfers)) for each in ordered)
    nulls = [(each.seed, test.null) for each, test in tests if test is not None]
    if not nulls:
        return Pooled(None, None, 0, tests)
    cells = Counter(seed for seed, _ in nulls)
    parts = [null / (cells[seed] * len(cells)) for seed, null in nulls]
    return Pooled(float(sum(part[0] for part in parts)), _pooled_p(parts), len(cells), tests)


def _permutations(actors: int) -> npt.NDArray[np.intp]:
    """Relabellings (permutations, actors), the identity first."""
    if actors <= ALL_PERMUTED:
        return np.array(list(itertools.permutations(range(actors))), dtype=np.intp)
    rng = np.random.default_rng(0)
    drawn = rng.permuted(np.tile(np.arange(actors), (SAMPLED, 1)), axis=1)
    return np.vstack([np.arange(actors), drawn]).astype(np.intp)


def _pooled_p(parts: Sequence[Array]) -> float:
    observed = float(sum(part[0] for part in parts))
    if math.prod(len(part) for part in parts) <= ALL_COMBINED:
        return _share_beyond(reduce(np.add.outer, parts).ravel(), observed)
    rng = np.random.default_rng(0)
    drawn = np.sum([rng.choice(part, DRAWS) for part in parts], axis=0)
    return _share_beyond(np.append(drawn, observed), observed)


def _share_beyond(null: Array, observed: float) -> float:
    """Two-sided p: the share of a null, the observed value among it, that is as far from 0."""
    return float(np.mean(np.abs(null) >= abs(observed) - _ROUNDING))
