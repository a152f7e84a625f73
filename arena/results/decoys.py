"""Decoy defences in results: what planting erased, and what held-out decoys predict."""

from __future__ import annotations

from arena.results.base import Named, Part
from arena.results.estimate import Estimate


class DecoyStage(Part):
    """ASR in the models of one stage (`compromised`, `planted`, `clean`, `unlearned`): by actor,
    and by method of the decoys held out and of those unlearned."""

    stage: str = ""
    label: str = ""
    actors: Named[Estimate] = {}
    held_out: Named[Estimate] = {}
    unlearned: Named[Estimate] = {}


class DecoyInstallation(Part):
    """A decoy's method, the seeds in which it was planted, and those in which it is installed."""

    method: str = ""
    seeds: int | None = None
    installed: int | None = None


class PredictionPoint(Part):
    """Transfer to the held-out decoys and to the real actors in one seed."""

    seed: int
    held_out: float | None = None
    real: float | None = None


class Prediction(Part):
    """How well held-out decoys predict real actors over seeds: Spearman's rho with its permutation
    p, and the mean bias; None, with a `reason`, if they cannot be claimed."""

    seeds: int | None = None
    rho: Estimate | None = None
    p: float | None = None
    bias: Estimate | None = None
    reason: str = ""
    points: tuple[PredictionPoint, ...] = ()


class DecoyComparison(Part):
    """Held-out decoys of some methods compared with real actors, in the same models: ASR left,
    transfer, and how well one predicts the other."""

    methods: tuple[str, ...] = ()
    held_out_asr: Estimate = Estimate()
    real_asr: Estimate = Estimate()
    held_out_transfer: Estimate = Estimate()
    real_transfer: Estimate = Estimate()
    prediction: Prediction | None = None


class DecoyDefence(Part):
    """All that was measured of one decoy defence (estimands.md, Decoys). erased: by actor, ASR that
    planting alone removed. installed: by decoy."""

    defence: str = ""
    table: tuple[DecoyStage, ...] = ()
    erased: Named[Estimate] = {}
    installed: Named[DecoyInstallation] = {}
    overall: DecoyComparison = DecoyComparison()
    by_method: tuple[DecoyComparison, ...] = ()
    left_out: tuple[DecoyComparison, ...] = ()
