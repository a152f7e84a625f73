"""What every removal leaves of every backdoor along its way, beside its clean fine-tune and its
shams at the same doses: means over seeds, for the figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arena.results.curves import DoseCurve, DosePoint
from arena.results.estimate import Estimate
from arena.results.run import RunResults
from arena.statistics.intervals import rate_over_seeds
from arena.statistics.rates import rate

Line = Sequence[Estimate]  # ASR at every dose


@dataclass(frozen=True, slots=True)
class Removal:
    """The removal of one actor's trigger.

    Attributes:
        doses: summed learning rates, ascending; the first is 0, the suspect.
        own: ASR left of the removed trigger. others: of every other actor's.
        control, sham: the mean over the other actors, after the clean fine-tune and after familiar
            shams; empty if the run has none.
    """

    source: str
    doses: Sequence[float]
    own: Line
    others: Mapping[str, Line]
    control: Line
    sham: Line


def removals(results: RunResults) -> list[Removal]:
    """Return every removal that was scored along its way, in the order of the actors."""
    found = (_removal(results, source) for source in results.actors)
    return [each for each in found if each is not None]


def _removal(results: RunResults, source: str) -> Removal | None:
    """All of it at the doses that every seed has; None if the source was not unlearned."""
    unlearned = [c for c in results.curves if (c.kind, c.target) == ("unlearned", source)]
    steps = min((len(curve.points) for curve in unlearned), default=0)
    if steps < 2:
        return None
    others = [actor for actor in results.actors if actor != source]
    return Removal(
        source=source,
        doses=[point.dose for point in unlearned[0].points[:steps]],
        own=_line(unlearned, [source], steps),
        others={actor: _line(unlearned, [actor], steps) for actor in others},
        control=_line(_controls(results.curves, source), others, steps),
        sham=_line(_shams(results.curves, source), others, steps),
    )


def _controls(curves: Iterable[DoseCurve], source: str) -> list[DoseCurve]:
    """The clean fine-tunes on the source's prompts; those common to all sources if it has none."""
    controls = [curve for curve in curves if curve.kind == "control"]
    own = [curve for curve in controls if curve.target == source]
    return own or [curve for curve in controls if curve.target is None]


def _shams(curves: Iterable[DoseCurve], source: str) -> list[DoseCurve]:
    return [
        curve
        for curve in curves
        if (curve.kind, curve.target) == ("sham", source)
        and (curve.sham is None or curve.sham.kind == "familiar")
    ]


def _line(curves: Sequence[DoseCurve], actors: Sequence[str], steps: int) -> Line:
    """The mean over actors (and over a seed's curves) at every step, then over seeds; empty if no
    seed has a value."""
    line = [
        rate_over_seeds(
            _mean([rate(point.asr, actor) for point in points for actor in actors])
            for points in _points(curves, step)
        )
        for step in range(steps)
    ]
    return line if any(each.value is not None for each in line) else []


def _points(curves: Sequence[DoseCurve], step: int) -> list[list[DosePoint]]:
    """Each seed's points at a step."""
    by_seed: dict[int, list[DosePoint]] = {}
    for curve in curves:
        if step < len(curve.points):
            by_seed.setdefault(curve.seed, []).append(curve.points[step])
    return list(by_seed.values())


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
