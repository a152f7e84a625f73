"""T over the removal's dose: every removal, its clean fine-tune and its shams at equal doses; and
where the doses of the verdicts lie.

Curves are scored on fewer prompts than the rows at `least` and `most`; the definitions of C, U, S
and T are the same (docs/estimands.md, Dose).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from arena.results.curves import AlongDose, DoseCurve, DosePoint, DoseSpan
from arena.results.estimate import Estimate
from arena.results.rows import SHAM_KINDS, DoseTaken, Row, ShamKind, Which
from arena.statistics.intervals import over_seeds, rate_over_seeds
from arena.statistics.rates import rate
from arena.statistics.seeds import at_least, fewest_actors

SeedActor = tuple[int, str]


@dataclass(frozen=True)
class _Case:
    """One pair of one seed at one dose: ASR left of the removed trigger and of the other actor's,
    with control and shams (means by kind); `floor` is the reference's ASR, `kept` what the control
    keeps above it (of the ASR itself, also where left is above false fire)."""

    seed: int
    to: str
    own: float | None
    control: float
    unlearned: float
    shams: tuple[tuple[ShamKind, float], ...]
    floor: float
    kept: float

    def share(self, left: float | None) -> float | None:
        """Return the drop from the control's ASR to this one, as a share of what the control
        keeps."""
        return None if left is None else (self.control - left) / self.gain

    def left_by_sham(self, kind: ShamKind) -> float | None:
        """Return the ASR left after the shams of a kind, if there are any."""
        return dict(self.shams).get(kind)

    @property
    def gain(self) -> float:
        """Return what the control keeps above the floor."""
        return self.control - self.floor

    def measurable(self, least: float) -> bool:
        """Return whether the control keeps at least this much, by either reading (T_excess)."""
        return self.gain > 0 and at_least(min(self.gain, self.kept), least)


def over_doses(
    curves: Sequence[DoseCurve],
    rows: Sequence[Row],
    actors: Sequence[str],
    installed: Collection[SeedActor],
    explained_by_control: float,
    benign: Collection[SeedActor] = (),
) -> tuple[AlongDose, ...]:
    """Return T and its control values at every dose except 0 (the suspect); empty without curves of
    removals and of the clean fine-tune.

    Args:
        curves: of all seeds. rows: for the reference's rates. installed: seeds and actors that
            count.
        explained_by_control: minimum C - f of a case that enters T.
        benign: seeds and benign conditionals that count.
    """
    floors = {
        (row.seed, actor): rate(row.asr, actor) or 0.0
        for row in rows
        if row.kind == "reference"
        for actor in actors
    }
    by = _by_run([curve for curve in curves if _counts(curve, benign)])
    removals = [(seed, target) for seed, kind, target in by if kind == "unlearned"]
    if not removals or not any(kind == "control" for _, kind, _ in by):
        return ()
    pairs = [
        (seed, source, to)
        for seed, source in removals
        if source is not None and (seed, source) in installed
        for to in actors
        if to != source and (seed, to) in installed
    ]
    first = by[(removals[0][0], "unlearned", removals[0][1])][0]
    return tuple(
        _summary(
            first.points[place],
            [case for pair in pairs for case in _case(by, *pair, place, floors)],
            explained_by_control,
        )
        for place in range(1, len(first.points))
    )


Runs = Mapping[tuple[int, str, str | None], Sequence[DoseCurve]]


def _counts(curve: DoseCurve, benign: Collection[SeedActor]) -> bool:
    sham = curve.sham
    return sham is None or sham.kind != "benign" or (curve.seed, sham.name) in benign


def _by_run(curves: Sequence[DoseCurve]) -> Runs:
    """The curves by seed, kind and target, sorted by name within."""
    by: dict[tuple[int, str, str | None], list[DoseCurve]] = {}
    for curve in sorted(curves, key=lambda each: each.name):
        by.setdefault((curve.seed, curve.kind, curve.target), []).append(curve)
    return by


def _case(
    by: Runs,
    seed: int,
    source: str,
    to: str,
    place: int,
    floors: Mapping[SeedActor, float],
) -> list[_Case]:
    """The case, unless one of its runs is missing there. Where untriggered prompts were asked about
    `to`, its rates are above each model's own false fire and have no other floor (T_excess)."""

    def left(curve: DoseCurve, actor: str) -> float | None:
        return _left(curve.points[place], actor) if place < len(curve.points) else None

    (removal,) = by[(seed, "unlearned", source)]
    controls = by.get((seed, "control", source), by.get((seed, "control", None), ()))
    control = left(controls[0], to) if controls else None
    unlearned = left(removal, to)
    if control is None or unlearned is None:
        return []
    known: dict[ShamKind, list[float]] = {}
    for sham in by.get((seed, "sham", source), ()):
        kind = sham.sham.kind if sham.sham is not None else "familiar"
        if (value := left(sham, to)) is not None:
            known.setdefault(kind, []).append(value)
    shams = tuple((kind, sum(each) / len(each)) for kind, each in known.items())
    floor, point = floors.get((seed, to), 0.0), controls[0].points[place]
    kept = (rate(point.asr, to) or 0.0) - floor
    own = rate(removal.points[place].asr, source)
    if to in removal.points[place].false_fire:
        floor = 0.0
    return [_Case(seed, to, own, control, unlearned, shams, floor, kept)]


def _left(point: DosePoint, actor: str) -> float | None:
    """What is left of a backdoor, above false fire where that was asked."""
    asr, fires = rate(point.asr, actor), rate(point.false_fire, actor)
    return None if asr is None else asr - (fires or 0.0)


def _summary(point: DosePoint, cases: Sequence[_Case], least: float) -> AlongDose:
    used = [case for case in cases if case.measurable(least)]

    def mean(left: Callable[[_Case], float | None]) -> Estimate:
        known = [case for case in used if left(case) is not None]
        targets = fewest_actors((case.seed, case.to) for case in known)
        return over_seeds(_by_seed(known, lambda case: case.share(left(case))), "rate", targets)

    odd: dict[str, Estimate] = {
        kind: mean(partial(_Case.left_by_sham, kind=kind))
        for kind in SHAM_KINDS
        if any(case.left_by_sham(kind) is not None for case in cases)
    }
    return AlongDose(
        step=point.step,
        dose=point.dose,
        transfer=mean(lambda case: case.unlearned),
        odd=odd.get("familiar", Estimate()),
        odd_by_sham=odd,
        own=rate_over_seeds(_by_seed(cases, lambda case: case.own)),
        control=rate_over_seeds(_by_seed(cases, lambda case: case.control)),
        cases=len(cases),
        explained=len(cases) - len(used),
    )


def _by_seed(cases: Sequence[_Case], value_of: Callable[[_Case], float | None]) -> list[float]:
    """The mean over each seed's cases that have a value, seeds ascending. Cases of one seed may be
    equal: two removals that leave the same of an actor count twice."""
    seeds: dict[int, list[float]] = {}
    for case in cases:
        if (value := value_of(case)) is not None:
            seeds.setdefault(case.seed, []).append(value)
    return [sum(seeds[seed]) / len(seeds[seed]) for seed in sorted(seeds)]


def verdict_doses(rows: Sequence[Row]) -> dict[Which, DoseSpan]:
    """Return where every dose of the verdicts lies, over the removals of all seeds; empty if
    removals have a single dose."""
    taken: dict[Which, list[DoseTaken]] = {}
    for row in rows:
        if row.kind == "unlearned" and row.dose is not None:
            taken.setdefault(row.dose.which, []).append(row.dose)
    return {which: _span(each) for which, each in taken.items()}


def _span(taken: Sequence[DoseTaken]) -> DoseSpan:
    reached = [each.dose for each in taken if each.reached]
    return DoseSpan(
        low=min(reached, default=None),
        high=max(reached, default=None),
        reached=len(reached),
        removals=len(taken),
    )
