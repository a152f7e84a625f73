"""Defences along their runs: what each left and cost at every dose, and all at equal compute.

Definitions: docs/estimands.md, League.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from arena.results.curves import DoseCurve, DosePoint
from arena.results.league import BASELINES, LeaguePoint, Standing
from arena.statistics.defended import mean
from arena.statistics.intervals import over_seeds, rate_over_seeds
from arena.statistics.rates import rate

SeedActor = tuple[int, str]
_ROUNDING = 1e-9


def along_way(
    curves: Sequence[DoseCurve],
    installed: Collection[SeedActor],
    fixed: float | None,
    per_step: float | None,
) -> tuple[LeaguePoint, ...]:
    """Return one defence at every dose except 0 (the suspect).

    Args:
        curves: its runs, of all seeds and targets.
        installed: seeds and actors that count.
        fixed, per_step: its compute before the first step, and per step, as shares of the training;
            None if unknown.
    """
    ready = [c for c in curves if (t := _disclosed(c)) is None or (c.seed, t) in installed]
    if not ready:
        return ()
    points = max(len(curve.points) for curve in ready)
    return tuple(_point(ready, place, installed, fixed, per_step) for place in range(1, points))


def at_compute(standings: Sequence[Standing]) -> tuple[float | None, tuple[Standing, ...]]:
    """Return the smallest total compute of any defence, and every standing at that compute: its
    last point within it, or its end if it takes less."""
    defences = [each for each in standings if each.intelligence not in BASELINES]
    ends = [each.along[-1].compute for each in defences if each.along]
    known = [compute for compute in ends if compute is not None]
    if not known:
        return None, tuple(standings)
    shared = min(known)
    return shared, tuple(
        each.model_copy(update={"equal": _within(each, shared)}) for each in standings
    )


def _within(standing: Standing, compute: float) -> LeaguePoint | None:
    def affordable(cost: float | None) -> bool:
        return cost is not None and cost <= compute + _ROUNDING

    within = [point for point in standing.along if affordable(point.compute)]
    if within or standing.along:
        return within[-1] if within else None
    if not affordable(standing.compute):
        return None
    return LeaguePoint(
        step=standing.steps or 0,
        dose=0.0,
        compute=standing.compute,
        disclosed=standing.disclosed,
        others=standing.others,
        change=standing.change,
    )


def _point(
    curves: Sequence[DoseCurve],
    place: int,
    installed: Collection[SeedActor],
    fixed: float | None,
    per_step: float | None,
) -> LeaguePoint:
    first = max(curves, key=lambda curve: len(curve.points)).points[place]
    seeds = sorted({curve.seed for curve in curves})
    of_seed = [[curve for curve in curves if curve.seed == seed] for seed in seeds]

    def over(left: Iterable[float | None]) -> list[float]:
        return [value for value in left if value is not None]

    return LeaguePoint(
        step=first.step,
        dose=first.dose,
        compute=None if fixed is None or per_step is None else fixed + per_step * first.step,
        disclosed=rate_over_seeds(over(mean(_own(c, place) for c in each) for each in of_seed)),
        others=rate_over_seeds(
            over(mean(x for c in each for x in _others(c, place, installed)) for each in of_seed)
        ),
        change=over_seeds(
            over(mean(_change(c, place) for c in each) for each in of_seed), "graded"
        ),
    )


def _at(curve: DoseCurve, place: int) -> DosePoint:
    """A point of the curve; the last one if the run stopped earlier (a search that found no trigger
    takes no step)."""
    return curve.points[min(place, len(curve.points) - 1)]


def _disclosed(curve: DoseCurve) -> str | None:
    """The actor whose trigger the defender knew; none for a clean fine-tune (`disclosed_to`)."""
    return None if curve.kind == "control" else curve.target


def _own(curve: DoseCurve, place: int) -> float | None:
    target = _disclosed(curve)
    return None if target is None else rate(_at(curve, place).asr, target)


def _others(
    curve: DoseCurve, place: int, installed: Collection[SeedActor]
) -> Iterable[float | None]:  # fmt: skip
    asr, target = _at(curve, place).asr, _disclosed(curve)
    return (rate(asr, a) for a in sorted(asr) if a != target and (curve.seed, a) in installed)


def _change(curve: DoseCurve, place: int) -> float | None:
    before, after = _accuracy(curve.points[0]), _accuracy(_at(curve, place))
    return None if before is None or after is None else after - before


def _accuracy(point: DosePoint) -> float | None:
    return None if point.shown_accuracy is None else point.shown_accuracy.rate
