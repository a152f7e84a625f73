"""Distances between the shifts that removals cause (CASD), against transfer; and recognition of
triggers.

Definitions, and what a correlation over few actors can show: docs/estimands.md, Representations.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.spatial.distance import cosine

from arena.api.values import RowKind
from arena.errors import InputError
from arena.measures.representations.findings import (
    Correlation,
    DistancePoint,
    LayerCorrelation,
    PairDistance,
    RecognitionRow,
    RepresentationsFindings,
    SeedCorrelation,
)
from arena.results.estimate import Estimate
from arena.statistics.dirichlet import Array
from arena.statistics.intervals import over_seeds
from arena.statistics.mantel import Pair, Pooled, Replicate, pooled_correlation

Distance = Literal["casd", "mean_absolute", "cosine", "clean"]
Transfers = Mapping[tuple[int, str, str], float]  # by seed, unlearned actor, other actor
ShiftsBySeed = Mapping[int, Mapping[str, "Shifts"]]  # seed -> unlearned actor

NOTE = (
    "CASD as defined in docs/estimands.md; the original paper's own formula was not available "
    "to us, so values need not equal those it prints"
)
DISTANCES: tuple[Distance, ...] = ("casd", "mean_absolute", "cosine", "clean")
KINDS: tuple[RowKind, ...] = ("reference", "compromised", "control", "unlearned")
_FIELDS = {"casd": "triggered", "mean_absolute": "triggered_absolute", "clean": "clean"}


@dataclass(frozen=True)
class Shifts:
    """Shifts of the hidden states from unlearning `target` in one seed; arrays (layers, width).

    `triggered` and `clean` are means over prompts of h(unlearned) - h(compromised), the others
    means of its absolute value; each layer in units of the compromised model's root mean square.
    """

    seed: int
    target: str
    triggered: Array
    clean: Array
    triggered_absolute: Array
    clean_absolute: Array


@dataclass(frozen=True)
class Recognition:
    """AUROC, per layer, of a probe for `actor`'s trigger in one model of one seed."""

    seed: int
    kind: RowKind
    target: str | None
    actor: str
    layers: tuple[float, ...]


def layer_distances(a: Shifts, b: Shifts, variant: Distance) -> Array:
    """Distance of two shifts per layer, array (layers,); symmetric in a and b.

    `cosine` is 1 - cosine similarity, nan in a layer that one of them did not change; the others
    are means over units of the absolute difference.
    """
    if variant == "cosine":
        layers = zip(_floats(a.triggered), _floats(b.triggered), strict=True)
        return np.array([cosine(x, y) if x.any() and y.any() else np.nan for x, y in layers])
    one, two = (_floats(getattr(each, _FIELDS[variant])) for each in (a, b))
    return np.asarray(np.abs(one - two).mean(axis=1))


def distance(a: Shifts, b: Shifts, variant: Distance) -> float | None:
    """Return the mean of `layer_distances` over the layers where it is defined; None if there are
    none."""
    layers = layer_distances(a, b, variant)
    known = layers[np.isfinite(layers)]
    return float(known.mean()) if known.size else None


def points_correlation(points: Iterable[DistancePoint]) -> dict[str, Pooled]:
    """Return the pooled correlation of every distance, from the points of one run or of many
    cells."""
    replicates: dict[tuple[str, int], list[DistancePoint]] = {}
    for point in points:
        replicates.setdefault((point.cell or "", point.seed), []).append(point)
    return {
        variant: pooled_correlation(
            [_replicate(*key, variant, each) for key, each in replicates.items()]
        )
        for variant in DISTANCES
    }


def representations_findings(
    shifts: Sequence[Shifts], recognition: Sequence[Recognition], transfers: Transfers
) -> RepresentationsFindings:
    """Return distances, their correlation with transfer, and recognition over seeds.

    Args:
        shifts: one per unlearned model and seed; targets are shown in the order they first come.
        recognition: one per model, actor and seed, the reference's among them.
        transfers: T where it is defined.

    Raises:
        InputError: two shifts of one target in a seed, or models with different layer counts.
    """
    layers = _layer_count(shifts, recognition)
    seeds = _by_seed(shifts)
    targets = tuple(dict.fromkeys(each.target for each in shifts))
    points = tuple(_points(seeds, targets, transfers))
    pairs = itertools.combinations(targets, 2)
    return RepresentationsFindings(
        layers=layers,
        seeds=len(seeds),
        note=NOTE,
        pairs=tuple(_pair(seeds, pair, layers) for pair in pairs),
        points=points,
        correlation={
            name: _correlation(pooled, per_seed=_per_seed(pooled))
            for name, pooled in points_correlation(points).items()
        },
        per_layer=_per_layer(seeds, layers, transfers),
        recognition=_recognition(recognition),
    )


def findings_over_cells(points: Iterable[DistancePoint]) -> RepresentationsFindings:
    """Return the points of a stress run's cells and their correlation."""
    listed = tuple(points)
    correlation = {name: _correlation(p) for name, p in points_correlation(listed).items()}
    return RepresentationsFindings(points=listed, correlation=correlation)


def _replicate(
    cell: str, seed: int, variant: Distance, points: Sequence[DistancePoint]
) -> Replicate:
    distances = {(p.source, p.to): _distance_of(p, variant) for p in points}
    transfers = {(p.source, p.to): p.transfer for p in points if p.transfer is not None}
    return Replicate(cell, seed, distances, transfers)


def _distance_of(point: DistancePoint, variant: Distance) -> float | None:
    value: float | None = getattr(point, variant)
    return value


def _correlation(pooled: Pooled, per_seed: tuple[SeedCorrelation, ...] = ()) -> Correlation:
    return Correlation(
        rho=pooled.rho,
        p=pooled.p,
        seeds=pooled.seeds,
        actors=pooled.actors,
        relabellings=pooled.relabellings or None,
        left_out=pooled.left_out,
        per_seed=per_seed,
    )


def _floats(values: Array) -> Array:
    return np.asarray(values, dtype=float)


def _by_seed(shifts: Sequence[Shifts]) -> ShiftsBySeed:
    by_seed: dict[int, dict[str, Shifts]] = {}
    for each in sorted(shifts, key=lambda each: each.seed):
        of_seed = by_seed.setdefault(each.seed, {})
        if each.target in of_seed:
            raise InputError(f"seed {each.seed} has two shifts of one target", found=each.target)
        of_seed[each.target] = each
    return by_seed


def _layer_count(shifts: Sequence[Shifts], recognition: Sequence[Recognition]) -> int:
    counts = {len(each.triggered) for each in shifts} | {len(each.layers) for each in recognition}
    if len(counts) > 1:
        raise InputError(
            "all models of a run must have the same number of layers", found=str(sorted(counts))
        )
    return counts.pop() if counts else 0


def _pair(seeds: ShiftsBySeed, pair: Pair, layers: int) -> PairDistance:
    a, b = pair
    both = [(of_seed[a], of_seed[b]) for of_seed in seeds.values() if a in of_seed and b in of_seed]

    def estimate(variant: Distance) -> Estimate:
        return over_seeds((distance(*each, variant) for each in both), "graded")

    by_seed = [layer_distances(*each, "casd") for each in both]
    return PairDistance(
        a=a,
        b=b,
        casd=estimate("casd"),
        mean_absolute=estimate("mean_absolute"),
        cosine=estimate("cosine"),
        clean=estimate("clean"),
        per_layer=_layer_estimates(by_seed, layers),
    )


def _points(
    seeds: ShiftsBySeed, targets: Sequence[str], transfers: Transfers
) -> Iterator[DistancePoint]:
    for seed, of_seed in seeds.items():
        for a, b in itertools.permutations([each for each in targets if each in of_seed], 2):
            if (seed, a, b) in transfers:
                one, other = of_seed[a], of_seed[b]
                yield DistancePoint(
                    seed=seed,
                    source=a,
                    to=b,
                    casd=distance(one, other, "casd"),
                    mean_absolute=distance(one, other, "mean_absolute"),
                    cosine=distance(one, other, "cosine"),
                    clean=distance(one, other, "clean"),
                    transfer=transfers[seed, a, b],
                )


def _per_seed(pooled: Pooled) -> tuple[SeedCorrelation, ...]:
    return tuple(
        SeedCorrelation(seed=each.seed, rho=test.rho, p=test.p)
        if test
        else SeedCorrelation(seed=each.seed)
        for each, test in pooled.tests
    )


def _per_layer(
    seeds: ShiftsBySeed, layers: int, transfers: Transfers
) -> tuple[LayerCorrelation, ...]:
    """The correlation of each layer's own distance, layers numbered from 1: of CASD, and by name of
    the other distances."""
    by_name = {name: _layer_correlations(seeds, layers, transfers, name) for name in DISTANCES}
    return tuple(
        LayerCorrelation(
            layer=layer + 1,
            rho=by_name["casd"][layer].rho,
            p=by_name["casd"][layer].p,
            mean_absolute=by_name["mean_absolute"][layer],
            cosine=by_name["cosine"][layer],
            clean=by_name["clean"][layer],
        )
        for layer in range(layers)
    )


def _layer_correlations(
    seeds: ShiftsBySeed, layers: int, transfers: Transfers, variant: Distance
) -> list[Correlation]:
    distances: dict[int, dict[Pair, Array]] = {}
    known: dict[int, dict[Pair, float]] = {}
    for (seed, a, b), transfer in transfers.items():
        of_seed = seeds.get(seed, {})
        if a in of_seed and b in of_seed:
            distances.setdefault(seed, {})[a, b] = layer_distances(of_seed[a], of_seed[b], variant)
            known.setdefault(seed, {})[a, b] = transfer
    correlations = []
    for layer in range(layers):
        of_layer = [
            Replicate(
                "", seed, {pair: _defined(each[layer]) for pair, each in pairs.items()}, known[seed]
            )
            for seed, pairs in distances.items()
        ]
        pooled = pooled_correlation(of_layer)
        correlations.append(Correlation(rho=pooled.rho, p=pooled.p))
    return correlations


def _defined(value: float) -> float | None:
    """Whether the value is defined: the cosine of an unchanged layer is not."""
    return float(value) if np.isfinite(value) else None


def _recognition(recognition: Sequence[Recognition]) -> tuple[RecognitionRow, ...]:
    """Per model and actor: AUROC over seeds, and above the same seed's reference."""
    reference = {
        (each.seed, each.actor): each.layers for each in recognition if each.kind == "reference"
    }
    models: dict[tuple[RowKind, str | None, str], list[Recognition]] = {}
    for each in sorted(recognition, key=lambda each: each.seed):
        models.setdefault((each.kind, each.target, each.actor), []).append(each)
    return tuple(
        _recognition_row(models[key], reference)
        for key in sorted(models, key=lambda key: KINDS.index(key[0]))
    )


def _recognition_row(
    of_model: Sequence[Recognition], reference: Mapping[tuple[int, str], tuple[float, ...]]
) -> RecognitionRow:
    first = of_model[0]
    above = [
        np.subtract(each.layers, reference[each.seed, each.actor])
        for each in of_model
        if (each.seed, each.actor) in reference
    ]
    return RecognitionRow(
        kind=first.kind,
        target=first.target,
        actor=first.actor,
        layers=_layer_estimates([each.layers for each in of_model], len(first.layers)),
        above_reference=_layer_estimates(above, len(first.layers)),
    )


def _layer_estimates(
    by_seed: Sequence[Sequence[float] | Array], layers: int
) -> tuple[Estimate, ...]:
    """An estimate per layer; without any seed, each has no value."""
    if not by_seed:
        return (Estimate(),) * layers
    return tuple(over_seeds(map(float, each), "graded") for each in zip(*by_seed, strict=True))
