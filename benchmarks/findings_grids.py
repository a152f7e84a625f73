"""The tables of README.md and docs/findings.md that are made of a grid of runs."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable

from arena.reporting.plane import marks_of
from arena.results.claim import Claim
from arena.results.curves import AlongDose, DoseSpan
from arena.results.numbers import decimals, thousands
from arena.statistics.comparison import EQUAL
from arena.statistics.plane import Plane, PlaneRow, planes
from benchmarks.findings_kept import Kept, full, grid, verdict


def residents(run: Kept) -> str:
    """What is in the models of every cell: seeds in which all backdoors are installed, and keep 0.8
    in the clean fine-tune; ASR, exposures and log-odds, means over actors."""
    rows = (
        [
            cell.id,
            *(f"{n} of {there.seeds}" for n in (there.installed, there.kept)),
            ", ".join(f"{actor} {decimals(asr.value)}" for actor, asr in cell.asr.items()),
            thousands(_mean(depth.exposures for depth in cell.depth.values())),
            decimals(_mean(depth.log_odds.value for depth in cell.depth.values()), 1),
        ]
        for cell in run.stress.cells
        if (there := cell.coexistence) is not None
    )
    head = ["cell", "all installed", "and kept by the clean fine-tune", "ASR", "exposures"]
    return grid([*head, "log-odds"], rows)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.mean(known) if known else None


def survival(run: Kept) -> str:
    """ASR of backdoors by the number of trainings by others, cell by cell."""
    hops = sorted({each.hops for cell in run.stress.cells for each in cell.survival})
    rows = (
        [cell.id, *(full(known.get(hop)) for hop in hops)]
        for cell in run.stress.cells
        if (known := {each.hops: each.asr for each in cell.survival})
    )
    return grid(["cell", *(f"after {hop}" for hop in hops)], rows)


def cells(run: Kept) -> str:
    """Every cell of a grid with its own claim at both doses."""
    rows = (
        [cell.id, dose, full(judged.transfer), full(judged.odd), verdict(judged), str(judged.seeds)]
        for cell in run.stress.cells
        for dose, judged in (("least", cell.claim), ("most", cell.most))
        if judged is not None
    )
    return grid(["cell", "dose", "T", "odd", "verdict", "seeds"], rows)


def contrasts(run: Kept) -> str:
    """The differences between the values of an axis, paired by seed."""
    rows = (
        [
            f"{each.of} minus {each.against}",
            each.dose or "",
            full(each.difference),
            _p(each.p),
            _p(each.adjusted_p),
            str(len(each.seeds)),
            each.outcome + (f" within {decimals(each.margin)}" if each.outcome == EQUAL else ""),
        ]
        for each in run.stress.contrasts
    )
    return grid(["contrast", "dose", "difference in T", "p", "Holm", "seeds", "outcome"], rows)


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def plane(run: Kept) -> str:
    """T over planting depth (rows) and removal dose (columns)."""
    return _over_plane(run, lambda point: full(point.transfer) if point.cases else "not installed")


def controls(run: Kept) -> str:
    """ASR of the other backdoors that the clean fine-tune keeps, by its dose, cell by cell."""
    return _by_dose(run, lambda point: full(point.control))


def curves(run: Kept) -> str:
    """T by the dose, cell by cell; empty where the clean fine-tune leaves nothing to suppress."""
    return _by_dose(run, lambda point: full(point.transfer))


def _by_dose(run: Kept, shown: Callable[[AlongDose], str]) -> str:
    cells = [cell for cell in run.stress.cells if cell.over_doses]
    doses = sorted({point.dose for cell in cells for point in cell.over_doses})
    rows = (
        [cell.id, *(shown(known[dose]) if dose in known else "" for dose in doses)]
        for cell in cells
        if (known := {point.dose: point for point in cell.over_doses})
    )
    return grid(["cell", *(f"{dose:.3g}" for dose in doses)], rows)


def plane_controls(run: Kept) -> str:
    """ASR left of the removed trigger / ASR of others that the clean fine-tune keeps, over the same
    plane."""
    return _over_plane(
        run, lambda point: f"{decimals(point.own.value)} / {decimals(point.control.value)}"
    )


def _over_plane(run: Kept, cell: Callable[[AlongDose], str]) -> str:
    """A table for every plane of the grid."""
    return "\n\n".join(_one_plane(each, cell) for each in planes(run.stress.cells))


def _one_plane(plane: Plane, cell: Callable[[AlongDose], str]) -> str:
    rows = (
        [
            thousands(row.exposures),
            row.cell.id,
            *(cell(point) if (point := row.at(dose)) else "" for dose in plane.doses),
        ]
        for row in plane.rows
    )
    return grid(["exposures", "cell", *(f"{dose:.3g}" for dose in plane.doses)], rows)


def depths(run: Kept) -> str:
    """Every depth of a plane: the doses of removal and control, and T at both doses."""
    marks = marks_of(run.stress)
    rows = (
        [
            thousands(row.exposures),
            row.cell.id,
            *(_dose(at) for at in (row.own_gone(marks.removed), row.control_keeps(marks.kept))),
            *_at(row, "least", row.cell.claim),
            *_at(row, "most", row.cell.most),
        ]
        for plane in planes(run.stress.cells)
        for row in plane.rows
    )
    head = [
        "exposures",
        "cell",
        f"own trigger at {marks.removed:g} from dose",
        f"clean fine-tune keeps {marks.kept:g} up to dose",
        "`least`",
        "T at dose `least`",
        "`most`",
        "T at dose `most`",
    ]
    return grid(head, rows)


def _dose(point: AlongDose | None) -> str:
    return "nowhere" if point is None else f"{point.dose:.3g}"


def _at(row: PlaneRow, dose: str, judged: Claim | None) -> tuple[str, str]:
    """The range of a dose of the verdicts, in how many removals it is reached, and T there."""
    span = row.cell.dose_spans.get(dose, DoseSpan())
    ends = "nowhere" if span.low is None else f"{span.low:.3g} to {span.high:.3g}"
    return f"{ends} ({span.reached} of {span.removals})", full(judged.transfer) if judged else ""


TABLES: dict[str, Callable[[Kept], str]] = {
    "residents": residents,
    "survival": survival,
    "cells": cells,
    "contrasts": contrasts,
    "controls": controls,
    "curves": curves,
    "plane": plane,
    "plane_controls": plane_controls,
    "depths": depths,
}
