"""How far apart defences move the representations (CASD), against transfer; and recognition.

Definitions, and what a correlation over few actors can show: docs/estimands.md, Representations.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.spatial.distance import cosine

from arena.errors import InputError
from arena.statistics.intervals import Array, Estimate, over_seeds
from arena.statistics.mantel import Pair, Pooled, Replicate, pooled_correlation

Variant = Literal["casd", "mean_absolute", "cosine", "clean"]
Transfers = Mapping[tuple[int, str, str], float]  # by seed, unlearned actor, other actor

NOTE = (
    "CASD as defined in docs/estimands.md; the original paper's own formula was not available "
    "to us, so values need not equal those it prints"
)
VARIANTS: tuple[Variant, ...] = ("casd", "mean_absolute", "cosine", "clean")
KINDS = ("reference", "compromised", "control", "unlearned")
_FIELDS = {"casd": "triggered", "mean_absolute": "triggered_absolute", "clean": "clean"}


@dataclass(frozen=True)
class Shifts:
    """What unlearning `target` did to the hidden states in one seed; arrays (layers, width).

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
    kind: str
    target: str | None
    actor: str
    layers: tuple[float, ...]


def layer_distances(a: Shifts, b: Shifts, variant: Variant) -> Array:
    """Distance of two shifts per layer, array (layers,); symmetric in a and b.

    `cosine` is 1 - cosine similarity, nan in a layer that one of them left alone; the others are
    means over units of the absolute difference.
    """
    if variant == "cosine":
        layers = zip(_floats(a.triggered), _floats(b.triggered), strict=True)
        return np.array([cosine(x, y) if x.any() and y.any() else np.nan for x, y in layers])
    one, two = (_floats(getattr(each, _FIELDS[variant])) for each in (a, b))
    return np.asarray(np.abs(one - two).mean(axis=1))


def distance(a: Shifts, b: Shifts, variant: Variant) -> float | None:
    """`layer_distances` averaged over the layers that have one; None where none has."""
    layers = layer_distances(a, b, variant)
    known = layers[np.isfinite(layers)]
    return float(known.mean()) if known.size else None


def points_correlation(points: Iterable[Mapping[str, Any]]) -> dict[Variant, Pooled]:
    """The pooled correlation of every variant, from `points` as `results.json` has them: of one
    run, or of many cells (told apart by a key `cell`)."""
    groups: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for point in points:
        groups.setdefault((point.get("cell", ""), point["seed"]), []).append(point)
    return {
        variant: pooled_correlation(
            [
                Replicate(
                    *key,
                    {(each["from"], each["to"]): each[variant] for each in of_seed},
                    {(each["from"], each["to"]): each["transfer"] for each in of_seed},
                )
                for key, of_seed in groups.items()
            ]
        )
        for variant in VARIANTS
    }


def representations_json(
    shifts: Sequence[Shifts], recognition: Sequence[Recognition], transfers: Transfers
) -> dict[str, Any]:
    """The `representations` part of `results.json`.

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
    points = list(_points(seeds, targets, transfers))
    return {
        "layers": layers,
        "seeds": len(seeds),
        "note": NOTE,
        "pairs": [_pair_json(seeds, pair, layers) for pair in itertools.combinations(targets, 2)],
        "points": points,
        "correlation": {
            variant: {**found.to_json(), "per_seed": _per_seed_json(found)}
            for variant, found in points_correlation(points).items()
        },
        "per_layer": _per_layer_json(seeds, layers, transfers),
        "recognition": _recognition_json(recognition),
    }


def _floats(values: Array) -> Array:
    return np.asarray(values, dtype=float)


def _by_seed(shifts: Sequence[Shifts]) -> dict[int, dict[str, Shifts]]:
    found: dict[int, dict[str, Shifts]] = {}
    for each in sorted(shifts, key=lambda each: each.seed):
        if each.target in found.setdefault(each.seed, {}):
            raise InputError(f"seed {each.seed} has two shifts of one target", found=each.target)
        found[each.seed][each.target] = each
    return found


def _layer_count(shifts: Sequence[Shifts], recognition: Sequence[Recognition]) -> int:
    counts = {len(each.triggered) for each in shifts} | {len(each.layers) for each in recognition}
    if len(counts) > 1:
        raise InputError(
            "all models of a run must have the same number of layers", found=str(sorted(counts))
        )
    return counts.pop() if counts else 0


def _pair_json(
    seeds: Mapping[int, Mapping[str, Shifts]], pair: Pair, layers: int
) -> dict[str, Any]:
    a, b = pair
    both = [(found[a], found[b]) for found in seeds.values() if a in found and b in found]
    whole: dict[str, Any] = {
        variant: over_seeds((distance(*each, variant) for each in both), "graded").to_json()
        for variant in VARIANTS
    }
    by_seed = [layer_distances(*each, "casd") for each in both]
    return {"a": a, "b": b, **whole, "per_layer": _layers_json(by_seed, layers)}


def _points(
    seeds: Mapping[int, Mapping[str, Shifts]], targets: Sequence[str], transfers: Transfers
) -> Iterable[dict[str, Any]]:
    for seed, found in seeds.items():
        for a, b in itertools.permutations([each for each in targets if each in found], 2):
            if (seed, a, b) in transfers:
                point: dict[str, Any] = {"seed": seed, "from": a, "to": b}
                for variant in VARIANTS:
                    point[variant] = distance(found[a], found[b], variant)
                yield {**point, "transfer": transfers[seed, a, b]}


def _per_seed_json(found: Pooled) -> list[dict[str, Any]]:
    return [
        {"seed": each.seed, "rho": test and test.rho, "p": test and test.p}
        for each, test in found.tests
    ]


def _per_layer_json(
    seeds: Mapping[int, Mapping[str, Shifts]], layers: int, transfers: Transfers
) -> list[dict[str, Any]]:
    """The correlation of each layer's own distance, numbered from 1: of CASD, and under their
    names of its variants."""
    found = {each: _layer_correlations(seeds, layers, transfers, each) for each in VARIANTS}
    return [
        {
            "layer": layer + 1,
            **found["casd"][layer],
            **{variant: found[variant][layer] for variant in VARIANTS if variant != "casd"},
        }
        for layer in range(layers)
    ]


def _layer_correlations(
    seeds: Mapping[int, Mapping[str, Shifts]], layers: int, transfers: Transfers, variant: Variant
) -> list[dict[str, float | None]]:
    apart: dict[int, dict[Pair, Array]] = {}
    outcome: dict[int, dict[Pair, float]] = {}
    for (seed, a, b), transfer in transfers.items():
        found = seeds.get(seed, {})
        if a in found and b in found:
            apart.setdefault(seed, {})[a, b] = layer_distances(found[a], found[b], variant)
            outcome.setdefault(seed, {})[a, b] = transfer
    lines: list[dict[str, float | None]] = []
    for layer in range(layers):
        of_layer = [
            Replicate(
                "", seed, {pair: _or_none(each[layer]) for pair, each in pairs.items()}, known
            )
            for (seed, pairs), known in zip(apart.items(), outcome.values(), strict=True)
        ]
        pooled = pooled_correlation(of_layer)
        lines.append({"rho": pooled.rho, "p": pooled.p})
    return lines


def _or_none(value: float) -> float | None:
    """A cosine of a layer that stood still is undefined."""
    return float(value) if np.isfinite(value) else None


def _recognition_json(recognition: Sequence[Recognition]) -> list[dict[str, Any]]:
    """Per model and actor: AUROC over seeds, and what it is above the same seed's reference."""
    reference = {
        (each.seed, each.actor): each.layers for each in recognition if each.kind == "reference"
    }
    groups: dict[tuple[str, str | None, str], list[Recognition]] = {}
    for each in sorted(recognition, key=lambda each: each.seed):
        groups.setdefault((each.kind, each.target, each.actor), []).append(each)
    return [
        {
            "kind": kind,
            "target": target,
            "actor": actor,
            "layers": _layers_json([each.layers for each in found], len(found[0].layers)),
            "above_reference": _layers_json(
                [
                    np.subtract(each.layers, reference[each.seed, actor])
                    for each in found
                    if (each.seed, actor) in reference
                ],
                len(found[0].layers),
            ),
        }
        for (kind, target, actor), found in sorted(
            groups.items(), key=lambda item: KINDS.index(item[0][0])
        )
    ]


def _layers_json(
    by_seed: Sequence[Sequence[float] | Array], layers: int
) -> list[dict[str, float | None]]:
    """An estimate per layer; with no seed at all, so many without a value."""
    if not by_seed:
        return [Estimate().to_json() for _ in range(layers)]
    return [over_seeds(map(float, each), "graded").to_json() for each in zip(*by_seed, strict=True)]
