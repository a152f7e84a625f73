"""How deep backdoors are planted, over seeds (docs/estimands.md, Depth)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from arena.results.curves import DoseCurve, DosePoint
from arena.results.planting import Depth
from arena.results.rows import Row
from arena.statistics.intervals import over_seeds
from arena.statistics.rates import rate


def depths(
    rows: Sequence[Row],
    curves: Sequence[DoseCurve],
    installed: Collection[tuple[int, str]],
    exposures: Mapping[str, float | None],
) -> dict[str, Depth]:
    """Return the depth of every actor.

    Args:
        rows: of all seeds; rows of planted models have log-odds.
        curves: those of clean fine-tunes are used; without any there is no halving dose.
        installed: seeds and actors whose backdoor is installed.
        exposures: by actor, documents with its trigger that were trained on; None if unknown.
    """
    return {actor: _depth(rows, curves, installed, actor, exposures[actor]) for actor in exposures}


def _depth(
    rows: Sequence[Row],
    curves: Sequence[DoseCurve],
    installed: Collection[tuple[int, str]],
    actor: str,
    exposures: float | None,
) -> Depth:
    controls: dict[int, list[DoseCurve]] = {}
    for curve in sorted(curves, key=lambda each: each.name):
        if curve.kind == "control" and (curve.seed, actor) in installed:
            controls.setdefault(curve.seed, []).append(curve)
    doses = [halving_dose(controls[seed], actor) for seed in sorted(controls)]
    odds = {row.seed: row.log_odds.get(actor) for row in rows if row.target in (None, actor)
            and row.log_odds}  # fmt: skip
    return Depth(
        exposures=exposures,
        log_odds=over_seeds([odds[seed] for seed in sorted(odds)], "graded"),
        halving_dose=over_seeds(doses, "graded"),
        halved=sum(dose is not None for dose in doses),
        curves=len(doses),
    )


def halving_dose(controls: Sequence[DoseCurve], actor: str) -> float | None:
    """Return the smallest dose at which the actor's ASR is half of the suspect's, interpolated
    linearly between points; None if it stays above. Several clean fine-tunes of one seed, each on
    another target's prompts, are averaged dose by dose."""
    points = [_averaged(at, actor) for at in zip(*(c.points for c in controls), strict=False)]
    known = [(dose, asr) for dose, asr in points if asr is not None]
    if not known or not known[0][1]:
        return None
    half = known[0][1] / 2
    for (dose, asr), (later, left) in pairwise(known):
        if left <= half:
            return dose + (later - dose) * (asr - half) / (asr - left)
    return None


def _averaged(points: Sequence[DosePoint], actor: str) -> tuple[float, float | None]:
    rates = [rate(point.asr, actor) for point in points]
    known = [each for each in rates if each is not None]
    return points[0].dose, sum(known) / len(known) if known else None
