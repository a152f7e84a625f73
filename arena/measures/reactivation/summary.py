"""Reactivation over seeds: ASR against poisoned samples, and samples to ASR 0.5."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from arena.api.values import RowKind
from arena.errors import InputError
from arena.measures.reactivation.findings import (
    Comparison,
    ReactivationCost,
    ReactivationCurve,
    ReactivationFindings,
)
from arena.statistics.intervals import over_seeds, rate_over_seeds
from arena.statistics.reactivation import Curve, ModelKey, samples_to

KINDS: tuple[RowKind, ...] = ("reference", "without", "control", "unlearned", "defended")
BASELINES: tuple[RowKind, ...] = ("reference", "without")  # models that never had the backdoor
CurvesByModel = Mapping[ModelKey, Sequence[Curve]]


def reactivation_findings(
    curves: Sequence[Curve], left_out: Mapping[str, str] | None = None
) -> ReactivationFindings:
    """Return curves and costs over seeds.

    Args:
        left_out: actors without a curve, with the reason.

    Raises:
        InputError: curves with different checkpoints, or two of one model, actor and seed.
    """
    grids = {each.samples for each in curves}
    if len(grids) > 1:
        raise InputError("all curves of a run must have the same checkpoints", found=str(grids))
    models = _by_model(curves)
    return ReactivationFindings(
        samples=grids.pop() if grids else (),
        curves=tuple(_curve(key, models[key]) for key in models),
        costs=tuple(_cost(key, models) for key in models if key[0] not in BASELINES),
        left_out=dict(left_out or {}),
    )


def _curve(key: ModelKey, of_model: Sequence[Curve]) -> ReactivationCurve:
    kind, target, name, actor = key
    by_checkpoint = zip(*(each.asr for each in of_model), strict=True)
    asr = (
        rate_over_seeds(rate if math.isfinite(rate) else None for rate in rates)
        for rates in by_checkpoint
    )
    return ReactivationCurve(
        kind=kind, target=target, name=name or None, actor=actor, asr=tuple(asr)
    )


def _cost(key: ModelKey, models: CurvesByModel) -> ReactivationCost:
    """Samples to ASR 0.5 compared with both baselines of the same actor, over the seeds in which
    the model and the baseline both reached it."""
    kind, target, name, actor = key
    costs = {each.seed: samples_to(each) for each in models[key]}
    never = _compared(costs, models.get(("reference", None, "", actor), ()))
    others = models.get(("without", actor, "", actor))
    return ReactivationCost(
        kind=kind,
        target=target,
        name=name or None,
        actor=actor,
        seeds=len(costs),
        reached=sum(cost is not None for cost in costs.values()),
        others=None if others is None else _compared(costs, others),
        paired=never.paired,
        samples=never.samples,
        reference=never.baseline,
        difference=never.difference,
    )


def _compared(costs: Mapping[int, float | None], baseline: Sequence[Curve]) -> Comparison:
    """Costs by seed compared with those of a baseline."""
    of_baseline = {each.seed: samples_to(each) for each in baseline}
    paired = [
        (cost, other)
        for seed, cost in costs.items()
        if cost is not None and (other := of_baseline.get(seed)) is not None
    ]
    return Comparison(
        paired=len(paired),
        samples=over_seeds((cost for cost, _ in paired), "graded"),
        baseline=over_seeds((other for _, other in paired), "graded"),
        difference=over_seeds((cost - other for cost, other in paired), "graded"),
    )


def _by_model(curves: Sequence[Curve]) -> CurvesByModel:
    """Every model and actor with its curves by rising seed; the baselines first."""
    models: dict[ModelKey, list[Curve]] = {}
    for each in curves:
        models.setdefault(each.key, []).append(each)
    for key, of_model in models.items():
        if len({each.seed for each in of_model}) != len(of_model):
            raise InputError("two reactivation curves of one model and seed", found=str(key))
    return {
        key: sorted(models[key], key=lambda each: each.seed)
        for key in sorted(models, key=lambda key: KINDS.index(key[0]))
    }
