"""The correlation of distance and transfer: Spearman's rho, by permuting actors' labels.

The pairs of one seed share their actors, so they are not independent: the labels of the actors are
permuted, never the pairs (Mantel 1967, Cancer Res. 27:209). The seeds of a run share the same
actors too, with their peculiarities, so pooling uses one relabelling for all seeds and cells at
once. Pooling, the null and its limits: docs/estimands.md, Representations.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.spatial.distance import cdist

from arena.statistics.dirichlet import Array

Pair = tuple[str, str]

ALL_PERMUTED = 6  # up to this many actors every permutation is tried, beyond that a sample
SAMPLED = 2000  # permutations sampled with more actors, besides the identity
LEAST_PAIRS = 3
LEAST_ACTORS = 3  # two have two pairs
_DECIMALS = 9  # transfers that differ only by rounding must tie
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Replicate:
    """One cell in one seed: by ordered pair (unlearned, other actor), their distance, which is
    symmetric (None if undefined), and the transfer, if any."""

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
    """Rho averaged over a seed's cells, then over seeds, and its permutation p, over a block: these
    actors, and the replicates that have every pair of them.

    seeds: of the block. relabellings: how many were tried, the identity included. left_out:
    replicates with a defined rho that are not in the block. tests: every replicate by itself, None
    if its rho is undefined.
    """

    rho: float | None
    p: float | None
    seeds: int
    actors: tuple[str, ...]
    relabellings: int
    left_out: int
    tests: tuple[tuple[Replicate, Mantel | None], ...]


@dataclass(frozen=True)
class _Block:
    """Actors, and the replicates that have a distance and a transfer for every pair of them."""

    actors: tuple[str, ...]
    replicates: tuple[Replicate, ...]

    @property
    def points(self) -> int:
        """Return how many ordered pairs it has over all replicates."""
        return len(self.replicates) * len(self.actors) * (len(self.actors) - 1)


def mantel(
    distances: Mapping[Pair, float | None], transfers: Mapping[Pair, float]
) -> Mantel | None:
    """Return rho of distance and transfer over the ordered pairs that have both, tested by
    relabelling.

    Only relabellings that map these pairs onto themselves are tried (all, if no pair is missing),
    so that the reason for a missing pair cannot matter. None if rho is undefined: fewer than 3
    pairs, all distances or all transfers equal, or a distance undefined.
    """
    pairs = sorted(set(transfers) & set(distances))
    apart = [distances[pair] for pair in pairs]
    outcome = np.round([transfers[pair] for pair in pairs], _DECIMALS)
    if len(pairs) < LEAST_PAIRS or None in apart or len(set(apart)) == 1 or np.ptp(outcome) == 0:
        return None
    actors = sorted({actor for pair in pairs for actor in pair})
    null = _rho_by_relabelling(
        pairs, actors, np.array(apart, dtype=float), outcome, _permutations(len(actors))
    )
    null = null[~np.isnan(null)]
    return Mantel(float(null[0]), _share_beyond(null, float(null[0])), null)


def pooled_correlation(by_replicate: Sequence[Replicate]) -> Pooled:
    """Return rho averaged within a seed over its cells, then over seeds, tested against
    relabellings of the actors that are the same in every replicate.

    Replicates of one run share their actors: a pattern of these actors repeats in all of them, and
    relabelling each replicate by itself would count every repeat as new evidence. One relabelling
    for all requires that all have the same pairs. So the test is over a block: some actors, and the
    replicates in which every pair of them has a distance and a transfer. The block with the most
    pairs is used (among equal ones that with more actors), so the choice depends on what is missing
    and never on a value. Everything is None or 0 if there is no block of 3 actors.
    """
    ordered = sorted(by_replicate, key=lambda each: (each.seed, each.cell))
    tests = tuple((each, mantel(each.distances, each.transfers)) for each in ordered)
    block = _largest_block([each for each, test in tests if test is not None])
    defined = sum(test is not None for _, test in tests)
    if not block.replicates:
        return Pooled(None, None, 0, (), 0, defined, tests)
    null = _common_null(block)
    observed = float(null[0])
    return Pooled(
        observed,
        _share_beyond(null, observed),
        len({each.seed for each in block.replicates}),
        block.actors,
        len(null),
        defined - len(block.replicates),
        tests,
    )


def _largest_block(replicates: Sequence[Replicate]) -> _Block:
    """The block with the most pairs among those obtained by dropping, one by one, the actor with
    the most missing pairs (among equal ones the last by name)."""
    actors = sorted({actor for each in replicates for pair in each.transfers for actor in pair})
    best = _Block((), ())
    while len(actors) >= LEAST_ACTORS:
        inside = tuple(each for each in replicates if _has_all(each, actors))
        block = _Block(tuple(actors), inside)
        best = max(best, block, key=lambda each: each.points)
        actors.remove(_most_missing(replicates, actors))
    return best


def _most_missing(replicates: Sequence[Replicate], actors: Sequence[str]) -> str:
    missing = Counter(
        actor
        for each in replicates
        for pair in itertools.permutations(actors, 2)
        if pair not in each.transfers or pair not in each.distances
        for actor in pair
    )
    return max(actors, key=lambda actor: (missing[actor], actor))


def _has_all(replicate: Replicate, actors: Sequence[str]) -> bool:
    """Whether no pair of these actors is missing and rho over them is defined; if not, no
    relabelling would define it."""
    pairs = list(itertools.permutations(actors, 2))
    if any(pair not in replicate.transfers or pair not in replicate.distances for pair in pairs):
        return False
    apart = {replicate.distances[pair] for pair in pairs}
    outcome = np.round([replicate.transfers[pair] for pair in pairs], _DECIMALS)
    return None not in apart and len(apart) > 1 and bool(np.ptp(outcome) > 0)


def _common_null(block: _Block) -> Array:
    """The pooled rho under every relabelling (permutations,), the identity first."""
    labels = _permutations(len(block.actors))
    pairs = list(itertools.permutations(block.actors, 2))
    cells = Counter(each.seed for each in block.replicates)
    null = np.zeros(len(labels))
    for each in block.replicates:
        apart = np.array([each.distances[pair] for pair in pairs], dtype=float)
        outcome = np.round([each.transfers[pair] for pair in pairs], _DECIMALS)
        rho = _rho_by_relabelling(pairs, block.actors, apart, outcome, labels)
        null += rho / (cells[each.seed] * len(cells))
    return null


def _rho_by_relabelling(
    pairs: Sequence[Pair],
    actors: Sequence[str],
    apart: Array,
    outcome: Array,
    labels: npt.NDArray[np.intp],
) -> Array:
    """Spearman's rho under every relabelling (permutations,); nan for a relabelling that does not
    map the pairs onto themselves."""
    rows, columns = ([actors.index(pair[side]) for pair in pairs] for side in (0, 1))
    ranks = np.full((len(actors), len(actors)), np.nan)
    ranks[rows, columns] = stats.rankdata(apart)
    permuted = ranks[labels[:, rows], labels[:, columns]]
    kept = ~np.isnan(permuted).any(axis=1)
    rho = np.full(len(labels), np.nan)
    rho[kept] = 1 - cdist(permuted[kept], stats.rankdata(outcome)[None], "correlation")[:, 0]
    return rho


def _permutations(actors: int) -> npt.NDArray[np.intp]:
    """Relabellings (permutations, actors), the identity first."""
    if actors <= ALL_PERMUTED:
        return np.array(list(itertools.permutations(range(actors))), dtype=np.intp)
    rng = np.random.default_rng(0)
    drawn = rng.permuted(np.tile(np.arange(actors), (SAMPLED, 1)), axis=1)
    return np.vstack([np.arange(actors), drawn]).astype(np.intp)


def _share_beyond(null: Array, observed: float) -> float:
    """Two-sided p: the share of the null values, the observed one included, that are at least as
    far from 0."""
    return float(np.mean(np.abs(null) >= abs(observed) - _ROUNDING))
