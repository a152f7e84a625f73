"""The page of a stress run: the claim over the whole grid, the grid, and every cell's figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.reporting import figures, installation, palette, stress_claim, stress_measures, view
from arena.reporting.numbers import NONE, Shown, duration, thousands
from arena.reporting.render import common, fill, shown_thresholds
from arena.reporting.rows import residents
from arena.reporting.stress_cells import CellView, axes_of, read_cells
from arena.results.claim import Claim, GridClaim, GridGroup, TransferEstimates
from arena.results.run import RunResults
from arena.results.stress import CellStatus, StressResults
from arena.results.writer import as_json

STATUS: dict[CellStatus, str] = {
    "done": "done",
    "failed": "failed",
    "not_applicable": "not applicable",
}
FIGURES = ("transfer", "residence", "reactivation")


@dataclass(frozen=True, slots=True)
class GridRow:
    """A cell's line in the grid.

    Attributes:
        axes: its value on each axis, in words.
        values: T, its odd and its specific part.
        link, anchor: its own report; its block further down this page.
    """

    id: str
    axes: list[str]
    status: str
    failed: bool
    verdict: palette.Verdict | None
    note: str
    baseline: bool
    values: list[Shown]
    installed: str
    took: str
    reason: str
    link: str | None
    anchor: str | None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The claim's estimates where one axis has one value."""

    value: str
    values: list[Shown]
    pairs: str
    seeds: str


@dataclass(frozen=True, slots=True)
class AxisGroups:
    """The claim's estimates by the values of one axis."""

    axis: str
    figure: str
    rows: list[GroupRow]


@dataclass(frozen=True, slots=True)
class CellBlock:
    """A finished cell's own block: its claim in a line, its figures and its measures."""

    id: str
    anchor: str
    verdict: palette.Verdict | None
    note: str
    reason: str
    transfer: Shown
    link: str | None
    figures: Mapping[str, str]
    measures: stress_measures.CellMeasures


def page(run_folder: Path, results: StressResults) -> tuple[str, dict[str, str]]:
    """Return the page as HTML text, and its figures by name as SVG.

    Args:
        run_folder: where `cells/ID/` of every finished cell is.
        results: of the stress run.
    """
    cells = read_cells(run_folder, results)
    drawn = draw(results, cells)
    return fill("stress.html", context(results, cells), drawn), drawn


def draw(results: StressResults, cells: Sequence[CellView]) -> dict[str, str]:
    """Return the figures for which a stress run and its cells have data, by name as SVG."""
    drawn: dict[str, str] = {}
    if results.claim is not None:
        drawn |= _claim_figures(results.claim, results.thresholds.model_dump())
    if any(cell.has_rates for cell in cells):
        drawn["before"] = installation.figure(results, cells)
    if casd := stress_measures.casd_figure(results):
        drawn["casd"] = casd
    for index, cell in enumerate(cells):
        if cell.results is not None:
            drawn |= _cell_figures(index, cell.id, cell.results)
    return drawn


def _claim_figures(claim: GridClaim, thresholds: Mapping[str, float | None]) -> dict[str, str]:
    drawn = {"claim": figures.claim_forest(claim.model_dump(), thresholds)}
    for index, (axis, groups) in enumerate(claim.by.items()):
        if groups:
            name = _axis_figure(index, axis)
            values = {value: group.model_dump() for value, group in groups.items()}
            drawn[name] = figures.groups_forest(values, thresholds, salt=name)
    return drawn


def _axis_figure(index: int, axis: str) -> str:
    return f"by{index}-{_plain(axis)}"


def _plain(name: str) -> str:
    """Fit for a file's name and an id."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60]


def _cell_figure(index: int, cell: str, figure: str) -> str:
    return f"cell{index}-{_plain(cell)}-{figure}"


def _cell_figures(index: int, cell: str, results: RunResults) -> dict[str, str]:
    actors = list(results.actors)
    pairs = [pair.model_dump(by_alias=True) for pair in results.transfer]
    summary = [row.model_dump() for row in results.summary]
    names = {figure: _cell_figure(index, cell, figure) for figure in FIGURES}
    drawn = {names["reactivation"]: stress_measures.reactivation_figure(
        results, salt=names["reactivation"])}  # fmt: skip
    if pairs:
        salt = names["transfer"]
        drawn[salt] = figures.transfer_heatmap(actors, pairs, salt=salt)
    if residents(summary):
        salt = names["residence"]
        drawn[salt] = figures.residence_heatmap(actors, summary, salt=salt)
    return {name: svg for name, svg in drawn.items() if svg}


def context(results: StressResults, cells: Sequence[CellView]) -> dict[str, Any]:
    """Return everything that the template names, but for its figures and style."""
    axes = axes_of(cells)
    return {
        **common(results),
        "thresholds": shown_thresholds(results.thresholds),
        "facts": _facts(results, cells, axes),
        "claim": view.claim(as_json(results)) | stress_claim.card(results.claim or GridClaim()),
        "scored_on": _scored_on(results, cells),
        "axes": list(axes),
        "ablations": any(not each.cell.counts for each in cells),
        "baselines": any(each.is_baseline for each in cells),
        "before": installation.table(results, cells, list(axes)),
        "grid": [_grid_row(index, each, list(axes)) for index, each in enumerate(cells)],
        "by": _groups(results.claim or GridClaim()),
        "inside": stress_measures.grid_measures(results),
        "blocks": [
            _cell_block(index, each, each.results)
            for index, each in enumerate(cells)
            if each.results is not None
        ],
    }


def _scored_on(results: StressResults, cells: Sequence[CellView]) -> str:
    """The split that rates come from: as the cells say, else as the scenario asks."""
    splits = [each.results.corpus.scored_on for each in cells if each.results is not None]
    known = dict.fromkeys(split for split in splits if split)
    return " and ".join(known) or results.scenario.text("evaluation", "split")


def _facts(
    results: StressResults, cells: Sequence[CellView], axes: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    grid = " \N{MULTIPLICATION SIGN} ".join(
        f"{len(values)} {view.words(name)}" for name, values in axes.items() if len(values) > 1
    )
    counts = Counter(each.cell.status for each in cells)
    statuses = [f"{counts[name]} {word}" for name, word in STATUS.items() if counts[name]]
    facts = [
        ("corpus", results.scenario.text("corpus", "name")),
        ("grid", grid),
        ("cells", ", ".join(statuses)),
        ("actors", str(len(results.actors) or "")),
        ("seeds", str(len(results.seeds) or "")),
        ("took", duration(results.seconds.total)),
    ]
    return [(name, value) for name, value in facts if value]


def _grid_row(index: int, each: CellView, axes: Sequence[str]) -> GridRow:
    return GridRow(
        id=each.id,
        axes=installation.axis_values(each, axes),
        status=STATUS[each.cell.status],
        failed=each.cell.status == "failed",
        verdict=None if each.claim is None else palette.verdict(each.claim.verdict),
        note=installation.note(each),
        baseline=each.is_baseline,
        values=_estimates(each.claim or Claim())[:3],
        installed=each.installed_share or NONE,
        took=duration(each.cell.seconds),
        reason=each.cell.reason or "",
        link=each.link,
        anchor=None if each.results is None else f"cell{index}",
    )


def _estimates(entry: TransferEstimates) -> list[Shown]:
    """T, its odd and its specific part, and the raw suppression."""
    values = (entry.transfer, entry.odd, entry.specific, entry.raw_suppression)
    return [Shown.of(estimate) for estimate in values]


def _groups(claim: GridClaim) -> list[AxisGroups]:
    return [
        AxisGroups(axis, _axis_figure(index, axis), [_group_row(*each) for each in groups.items()])
        for index, (axis, groups) in enumerate(claim.by.items())
        if groups
    ]


def _group_row(value: str, group: GridGroup) -> GroupRow:
    return GroupRow(value, _estimates(group), thousands(group.pairs), thousands(group.seeds))


def _cell_block(index: int, each: CellView, results: RunResults) -> CellBlock:
    claim = each.claim or results.claim or Claim()
    return CellBlock(
        id=each.id,
        anchor=f"cell{index}",
        verdict=None if each.is_baseline else palette.verdict(claim.verdict),
        note=installation.note(each),
        reason="" if each.is_baseline else claim.verdict_reason,
        transfer=Shown.of(claim.transfer),
        link=each.link,
        figures={figure: _cell_figure(index, each.id, figure) for figure in FIGURES},
        measures=stress_measures.cell_measures(results),
    )
