"""Planting depth against removal dose, and every cell's curve, for the page of a grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from arena.reporting import figures
from arena.reporting.figures.curves import CellCurve
from arena.reporting.figures.plane import Marks
from arena.reporting.wording import words
from arena.results.numbers import Shown, thousands
from arena.results.stress import StressResults
from arena.scenario.dose import Dose
from arena.statistics.plane import Plane, planes


@dataclass(frozen=True, slots=True)
class PlaneLine:
    """A row of the plane as a table; transfers: T by dose, None if the cell has no such dose."""

    exposures: str
    cell: str
    transfers: list[Shown | None]


@dataclass(frozen=True, slots=True)
class PlaneView:
    """A plane on the page; title: what its cells have in common, empty if there is one plane."""

    title: str
    figure: str
    doses: list[str]
    lines: list[PlaneLine]


def draw(results: StressResults) -> dict[str, str]:
    """Return the planes and the curves of all cells, by name as SVG; empty if no cell has a
    curve."""
    marks = marks_of(results)
    drawn = {
        _name(index): figures.depth_plane(plane, marks, salt=_name(index))
        for index, plane in enumerate(planes(results.cells))
    }
    if curves := list(_curves(results)):
        drawn["curves"] = figures.curves_by_cell(curves)
    return drawn


def marks_of(results: StressResults) -> Marks:
    """Return the conditions of `least` and `most` that the scenario sets, else the defaults."""
    usual, dose = Dose(), results.scenario.section("dose")
    removed, kept = dose.get("removed"), dose.get("kept")
    return Marks(
        removed=removed if isinstance(removed, int | float) else usual.removed,
        kept=kept if isinstance(kept, int | float) else usual.kept,
    )


def plane_views(results: StressResults) -> list[PlaneView]:
    """Return every plane with its numbers."""
    return [_view(index, plane) for index, plane in enumerate(planes(results.cells))]


def _name(index: int) -> str:
    return f"plane{index}"


def _view(index: int, plane: Plane) -> PlaneView:
    lines = [
        PlaneLine(
            thousands(row.exposures),
            row.cell.id,
            [Shown.of(at.transfer) if (at := row.at(dose)) else None for dose in plane.doses],
        )
        for row in plane.rows
    ]
    title = ", ".join(f"{words(axis)} {words(value)}" for axis, value in plane.fixed.items())
    return PlaneView(title, _name(index), [f"{dose:.2g}" for dose in plane.doses], lines)


def _curves(results: StressResults) -> Iterator[CellCurve]:
    for cell in results.cells:
        points = [point for point in cell.over_doses if point.cases]
        if points:
            split_by = cell.claim.split_by if cell.claim else "familiar"
            yield CellCurve(cell.id, points, cell.dose_spans, split_by)
