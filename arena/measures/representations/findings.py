"""What `results.json` keeps of the representations measure."""

from __future__ import annotations

from pydantic import Field

from arena.api.measure import MeasureFindings
from arena.api.values import RowKind
from arena.results.base import Named, Part
from arena.results.estimate import Estimate


class PairDistance(Part):
    """How far apart the shifts of two removals are, by variant; per_layer: CASD alone."""

    a: str
    b: str
    casd: Estimate = Estimate()
    mean_absolute: Estimate = Estimate()
    cosine: Estimate = Estimate()
    clean: Estimate = Estimate()
    per_layer: tuple[Estimate, ...] = ()


class DistancePoint(Part):
    """Distance and transfer of one ordered pair in one seed. cell: of a stress run's grid."""

    cell: str | None = None
    seed: int
    source: str = Field(validation_alias="from", serialization_alias="from")
    to: str
    casd: float | None = None
    mean_absolute: float | None = None
    cosine: float | None = None
    clean: float | None = None
    transfer: float | None = None


class SeedCorrelation(Part):
    """Spearman's rho in one seed, with its permutation p-value."""

    cell: str | None = None
    seed: int
    rho: float | None = None
    p: float | None = None


class Correlation(Part):
    """Spearman's rho of distance and transfer, pooled over seeds, over the pairs of `actors`.

    p: permutation p-value; the actors are relabelled the same way in every seed and cell, in
    `relabellings` ways. left_out: seeds (in a stress run: of a cell) in which one of these pairs is
    missing.
    """

    rho: float | None = None
    p: float | None = None
    seeds: int | None = None
    actors: tuple[str, ...] = ()
    relabellings: int | None = None
    left_out: int = 0
    per_seed: tuple[SeedCorrelation, ...] = ()


class LayerCorrelation(Correlation):
    """CASD's correlation in one layer (from 1), and that of its variants."""

    layer: int
    mean_absolute: Correlation = Correlation()
    cosine: Correlation = Correlation()
    clean: Correlation = Correlation()


class RecognitionRow(Part):
    """Probe AUROC of one actor's trigger in one model, by layer, and above the reference's."""

    kind: RowKind
    target: str | None = None
    actor: str
    layers: tuple[Estimate, ...] = ()
    above_reference: tuple[Estimate, ...] = ()


class RepresentationsFindings(MeasureFindings):
    """Distances of removals, their correlation with transfer, and recognition of triggers."""

    layers: int = 0
    seeds: int = 0
    note: str = ""
    pairs: tuple[PairDistance, ...] = ()
    points: tuple[DistancePoint, ...] = ()
    correlation: Named[Correlation] = {}
    per_layer: tuple[LayerCorrelation, ...] = ()
    recognition: tuple[RecognitionRow, ...] = ()
