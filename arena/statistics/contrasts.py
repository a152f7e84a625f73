"""Differences between the values of a grid's axes, paired by seed (docs/estimands.md, Over a grid).

Cells are compared with cells that have the same values on all other axes. A seed's value is the
mean over its usable pairs, as in the claim; `matched` uses only the pairs that both sides have.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from arena.results.pairs import PairSeed
from arena.results.rows import Which
from arena.results.stress import Cases, Contrast
from arena.scenario.grid import Primary
from arena.statistics.comparison import EQUAL, OPEN, side, within
from arena.statistics.grid import FinishedCell
from arena.statistics.intervals import holm, paired

Place = tuple[tuple[str, ...], str, str]  # values on the other axes, source, to


@dataclass(frozen=True)
class _Side:
    """The cases of the cells at one value, by seed and place; None if a case has no T."""

    by_seed: Mapping[int, Mapping[Place, float | None]]

    @property
    def cases(self) -> Cases:
        every = [t for there in self.by_seed.values() for t in there.values()]
        return Cases(used=sum(t is not None for t in every), all=len(every))

    def mean(self, seed: int) -> float | None:
        """Return T averaged over the usable pairs of a seed."""
        return _mean([t for t in self.by_seed.get(seed, {}).values() if t is not None])


def contrasts(
    cells: Sequence[FinishedCell], primary: Primary | None = None
) -> tuple[Contrast, ...]:
    """Return the contrasts between any two values of every axis, later minus earlier in the order
    of the cells, at every dose of the verdicts. Holm's family is one axis with both doses. The
    primary contrast comes first, in its own direction, and is tested by itself.

    Args:
        cells: finished ones. An ablation is compared only along its own axis.
        primary: the contrast that the grid was registered for.
    """
    two_doses = any(cell.results.most is not None for cell in cells)
    doses: tuple[Which | None, ...] = ("least", "most") if two_doses else (None,)
    first = [] if primary is None else [
        _contrast(cells, primary.axis, (primary.of, primary.against), dose) for dose in doses
    ]  # fmt: skip
    found = [_registered(each, primary) for each in _adjusted(first)]
    for axis in dict.fromkeys(axis for cell in cells for axis in cell.axes):
        values = dict.fromkeys(cell.axes[axis] for cell in cells if axis in cell.axes)
        pairs = itertools.combinations(values, 2)
        made = [
            _contrast(cells, axis, (later, earlier), dose)
            for earlier, later in pairs
            for dose in doses
            if primary is None or (axis, {earlier, later}) != (primary.axis, set(primary.both))
        ]
        found += _adjusted(sorted(made, key=lambda each: doses.index(each.dose)))
    return tuple(found)


def _registered(each: Contrast, primary: Primary | None) -> Contrast:
    """The primary contrast, which can also be decided to be no difference."""
    margin = None if primary is None else primary.margin
    low, high = each.difference.low, each.difference.high
    known: dict[str, object] = {"primary": True, "margin": margin}
    if each.outcome == OPEN and within(low, high, len(each.seeds), margin):
        known |= {"outcome": EQUAL, "reason": ""}
    return each.model_copy(update=known)


def _contrast(
    cells: Sequence[FinishedCell], axis: str, values: tuple[str, str], dose: Which | None
) -> Contrast:
    there = [_cells_at(cells, axis, value) for value in values]
    both = there[0].keys() & there[1].keys()
    one, other = (
        _side_of({place: cell for place, cell in each.items() if place in both}, dose)
        for each in there
    )
    seeds = sorted(one.by_seed.keys() & other.by_seed.keys())
    per_seed = {seed: d for seed in seeds if (d := _minus(one.mean(seed), other.mean(seed)))
                is not None}  # fmt: skip
    estimate, p = paired(per_seed.values(), ranged=True)
    matched, _ = paired(_matched(one, other, seeds), ranged=True)
    return Contrast(
        axis=axis,
        of=values[0],
        against=values[1],
        dose=dose,
        difference=estimate,
        p=p,
        matched=matched,
        seeds=tuple(per_seed),
        per_seed=tuple(per_seed.values()),
        cases=one.cases,
        cases_against=other.cases,
    )


def _cells_at(
    cells: Sequence[FinishedCell], axis: str, value: str
) -> dict[tuple[str, ...], FinishedCell]:
    """The cells at a value, by their values on all other axes; only those that count, if any do."""
    there = [cell for cell in cells if cell.axes.get(axis) == value]
    chosen = [cell for cell in there if cell.counts] or there
    return {tuple(v for a, v in cell.axes.items() if a != axis): cell for cell in chosen}


def _side_of(cells: Mapping[tuple[str, ...], FinishedCell], dose: Which | None) -> _Side:
    by_seed: dict[int, dict[Place, float | None]] = {}
    for place, source, to, case in _cases(cells, dose):
        by_seed.setdefault(case.seed, {})[place, source, to] = case.transfer
    return _Side(by_seed)


def _cases(
    cells: Mapping[tuple[str, ...], FinishedCell], dose: Which | None
) -> Iterator[tuple[tuple[str, ...], str, str, PairSeed]]:
    """Every pair of every cell in every seed, pairs by name, so that sums do not depend on the
    order of actors."""
    for place, cell in cells.items():
        found = cell.at(dose or "least")
        for pair in sorted(found.transfer if found else (), key=lambda p: (p.source, p.to)):
            for case in pair.per_seed:
                yield place, pair.source, pair.to, case


def _matched(one: _Side, other: _Side, seeds: Sequence[int]) -> list[float]:
    """For every seed, the mean difference over the cases usable on both sides."""
    means = []
    for seed in seeds:
        here, there = one.by_seed[seed], other.by_seed[seed]
        each = [_minus(here[place], there[place]) for place in here if place in there]
        means.append(_mean([difference for difference in each if difference is not None]))
    return [mean for mean in means if mean is not None]


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _adjusted(family: Sequence[Contrast]) -> Iterator[Contrast]:
    """The contrasts with Holm's adjustment, and on which side of 0 each lies."""
    adjusted = iter(holm([each.p for each in family if each.p is not None]))
    for each in family:
        p = None if each.p is None else next(adjusted)
        low, high = each.difference.low, each.difference.high
        outcome, reason = side(low, high, len(each.seeds), p=p)
        yield each.model_copy(update={"adjusted_p": p, "outcome": outcome, "reason": reason})
