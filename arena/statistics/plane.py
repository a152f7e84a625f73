"""T over planting depth and removal dose, from the cells of a grid (docs/estimands.md, Depth).

Every row is a cell: its curve over the dose, at the exposures per trigger that its models had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from arena.results.curves import AlongDose
from arena.results.stress import StressCell

AxisValues = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PlaneRow:
    """A cell of the grid at its depth; exposures: mean over the actors."""

    cell: StressCell
    exposures: float

    def at(self, dose: float) -> AlongDose | None:
        """Return the cell's point at a dose; None if it has none."""
        return next((point for point in self.cell.over_doses if point.dose == dose), None)

    def own_gone(self, removed: float) -> AlongDose | None:
        """Return the smallest dose at which the mean ASR left of the removed trigger is at most
        `removed`."""
        points = self.cell.over_doses
        gone = [p for p in points if p.own.value is not None and p.own.value <= removed]
        return gone[0] if gone else None

    def control_keeps(self, kept: float) -> AlongDose | None:
        """Return the largest dose at which the clean fine-tune leaves a mean ASR of at least
        `kept`."""
        points = self.cell.over_doses
        keeping = [p for p in points if p.control.value is not None and p.control.value >= kept]
        return keeping[-1] if keeping else None


@dataclass(frozen=True)
class Plane:
    """Cells that differ in the depth of their backdoors.

    Attributes:
        rows: by exposures, ascending.
        fixed: the cells' common values on the axes that do not change the depth.
    """

    rows: tuple[PlaneRow, ...]
    fixed: Mapping[str, str]

    @property
    def doses(self) -> tuple[float, ...]:
        """Return every dose that occurs in a row, ascending."""
        return tuple(sorted({point.dose for row in self.rows for point in row.cell.over_doses}))


def planes(cells: Sequence[StressCell]) -> tuple[Plane, ...]:
    """Return a plane for every combination of values on the axes that do not change the depth, if
    its cells differ in mean exposures per trigger; cells without a curve are left out."""
    rows = [
        PlaneRow(cell, exposures)
        for cell in cells
        if cell.over_doses and (exposures := mean_exposures(cell)) is not None
    ]
    deepening = _deepening(rows)
    groups: dict[AxisValues, list[PlaneRow]] = {}
    for row in rows:
        groups.setdefault(_without(row, deepening), []).append(row)
    varying = _varying(rows)
    return tuple(
        Plane(
            tuple(sorted(group, key=lambda row: row.exposures)),
            {axis: value for axis, value in fixed if axis in varying},
        )
        for fixed, group in groups.items()
        if len({row.exposures for row in group}) > 1
    )


def mean_exposures(cell: StressCell) -> float | None:
    """Return the exposures per trigger, averaged over the actors; None if unknown."""
    known = [depth.exposures for depth in cell.depth.values() if depth.exposures is not None]
    return sum(known) / len(known) if known else None


def _deepening(rows: Sequence[PlaneRow]) -> frozenset[str]:
    """The axes along which cells that agree on all other axes differ in exposures."""
    axes = _varying(rows)
    return frozenset(axis for axis in axes if _deepens(rows, axis))


def _deepens(rows: Sequence[PlaneRow], axis: str) -> bool:
    by_rest: dict[AxisValues, set[float]] = {}
    for row in rows:
        by_rest.setdefault(_without(row, {axis}), set()).add(row.exposures)
    return any(len(exposures) > 1 for exposures in by_rest.values())


def _varying(rows: Sequence[PlaneRow]) -> frozenset[str]:
    pairs = {pair for row in rows for pair in row.cell.axes.items()}
    names = [axis for axis, _ in pairs]
    return frozenset(axis for axis in names if names.count(axis) > 1)


def _without(row: PlaneRow, axes: Set[str]) -> AxisValues:
    return tuple((axis, value) for axis, value in row.cell.axes.items() if axis not in axes)
