"""The page of a stress run: the claim over the whole grid, the grid, and every cell's figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.reporting import figures, installation, palette, plane, stress_claim
from arena.reporting.beside import NOTHING, Beside
from arena.reporting.claim_map import map_lines
from arena.reporting.contrasts import contrast_rows
from arena.reporting.diagnosis import Finding, diagnose
from arena.reporting.grid_settings import value_lines
from arena.reporting.measure_sections import figures_of
from arena.reporting.render import common, fill, measure_html, shown_thresholds
from arena.reporting.rows import residents
from arena.reporting.split import split
from arena.reporting.stress_cells import CellView, axes_of, read_cells
from arena.reporting.stress_measures import (
    CellMeasures,
    GridMeasures,
    MeasureFigures,
    figure_prefix,
    fit_for_id,
    grid_measures,
)
from arena.reporting.wording import axis_value, words
from arena.results.brief import counted_seeds
from arena.results.claim import (
    Claim,
    GridClaim,
    GridGroup,
    TransferEstimates,
    VerdictThresholds,
)
from arena.results.numbers import NONE, Shown, duration, thousands
from arena.results.run import RunResults
from arena.results.stress import CellStatus, StressResults

if TYPE_CHECKING:
    from markupsafe import Markup

STATUS: dict[CellStatus, str] = {
    "done": "done",
    "failed": "failed",
    "not_applicable": "not applicable",
}


@dataclass(frozen=True, slots=True)
class GridRow:
    """A cell's line in the grid.

    Attributes:
        axes: its value on each axis, in words.
        values: T, its odd and its specific part.
        link, anchor: of its own report, and of its block further down this page.
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
    """The claim's estimates at one value of one axis."""

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
    """A finished cell's own block.

    Attributes:
        diagnosis: what fell short in it.
        heatmap, residence: names of its figures of transfer and of co-residence.
        measures: their figures. titles, numbers: their sections without figures, as HTML.
    """

    id: str
    anchor: str
    verdict: palette.Verdict | None
    note: str
    reason: str
    transfer: Shown
    link: str | None
    diagnosis: Sequence[Finding]
    heatmap: str
    residence: str
    measures: Sequence[MeasureFigures]
    titles: list[str]
    numbers: list[Markup]


def page(
    run_folder: Path, results: StressResults, near: Beside = NOTHING
) -> tuple[str, dict[str, str]]:
    """Return the page as HTML text, and its figures by name as SVG.

    Args:
        run_folder: where `cells/ID/` of every finished cell is.
        results: of the stress run.
    """
    cells = read_cells(run_folder, results)
    measures = grid_measures(results, cells)
    drawn = draw(results, cells, measures)
    every = {**figures_of(measures.grid), **drawn}
    values = context(results, cells, measures) | near.with_figures(every)
    return fill("stress.html", values, drawn), every


def draw(
    results: StressResults, cells: Sequence[CellView], measures: GridMeasures
) -> dict[str, str]:
    """Return the figures for which a stress run and its cells have data, by name as SVG, without
    those of measures over all cells."""
    drawn: dict[str, str] = {}
    if results.claim is not None:
        drawn |= _claim_figures(results.claim, results.thresholds)
    lines = map_lines(cells)
    if lines:
        drawn["claim-map"] = figures.claim_map(lines, results.thresholds)
    if any(each.has_rates for each in cells):
        drawn["before"] = installation.figure(results, cells)
    drawn |= plane.draw(results)
    surviving = {c.id: {s.hops: s.asr for s in c.survival} for c in results.cells if c.survival}
    if surviving:
        drawn["survival"] = figures.survival_lines(surviving)
    for index, each in enumerate(cells):
        if each.results is not None:
            drawn |= _cell_figures(figure_prefix(index, each), each.results)
    of_measures = (each for cell in measures.cells for each in cell.figures)
    return drawn | {name: svg for each in of_measures for name, svg in each.figures.items()}


def _claim_figures(claim: GridClaim, thresholds: VerdictThresholds) -> dict[str, str]:
    drawn = {"claim": figures.claim_forest(claim, thresholds)}
    for index, (axis, groups) in enumerate(claim.by.items()):
        if groups:
            name = _axis_figure(index, axis)
            named = {axis_value(axis, value): group for value, group in groups.items()}
            drawn[name] = figures.groups_forest(named, thresholds, salt=name)
    return drawn


def _axis_figure(index: int, axis: str) -> str:
    return f"by{index}-{fit_for_id(axis)}"


def _cell_figures(prefix: str, results: RunResults) -> dict[str, str]:
    actors, transfer, residence = results.actors, f"{prefix}-transfer", f"{prefix}-residence"
    drawn = {}
    if results.transfer:
        drawn[transfer] = figures.transfer_heatmap(actors, results.transfer, salt=transfer)
    if residents(results.summary):
        drawn[residence] = figures.residence_heatmap(actors, results.summary, salt=residence)
    return drawn


def context(
    results: StressResults, cells: Sequence[CellView], measures: GridMeasures
) -> dict[str, Any]:
    """Return everything that the template uses, except figures and style."""
    axes = axes_of(cells)
    return {
        **common(results),
        "thresholds": shown_thresholds(results.thresholds),
        "facts": _facts(results, cells, axes),
        "claim": stress_claim.card(results),
        "scored_on": _scored_on(results, cells),
        "axes": list(axes),
        "ablations": any(not each.cell.counts for each in cells),
        "baselines": any(each.is_baseline for each in cells),
        "before": installation.table(results, cells, list(axes)),
        "planes": plane.plane_views(results),
        "settings": value_lines(results),
        "grid": [_grid_row(index, each, list(axes)) for index, each in enumerate(cells)],
        "by": _groups(results.claim or GridClaim()),
        "by_most": _groups(results.most or GridClaim()),
        "contrasts": contrast_rows(results),
        "measures": measure_html(measures.grid),
        "blocks": [
            _cell_block(index, each, each.results, measures.cells[index])
            for index, each in enumerate(cells)
            if each.results is not None
        ],
    }


def _scored_on(results: StressResults, cells: Sequence[CellView]) -> str:
    """The split that rates come from: from the cells, else from the scenario."""
    splits = [each.results.corpus.scored_on for each in cells if each.results is not None]
    known = dict.fromkeys(split for split in splits if split)
    return " and ".join(known) or results.scenario.text("evaluation", "split")


def _facts(
    results: StressResults, cells: Sequence[CellView], axes: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    alone = results.scenario.text("grid", "design") == "one_at_a_time"
    between = ", " if alone else " \N{MULTIPLICATION SIGN} "
    grid = between.join(
        f"{len(values)} {words(name)}" for name, values in axes.items() if len(values) > 1
    )
    counts = Counter(each.cell.status for each in cells)
    grid = f"one at a time: {grid}" if alone and grid else grid
    statuses = [f"{counts[name]} {word}" for name, word in STATUS.items() if counts[name]]
    facts = [
        ("corpus", results.scenario.text("corpus", "name")),
        ("grid", grid),
        ("cells", ", ".join(statuses)),
        ("actors", str(len(results.actors) or "")),
        ("seeds", counted_seeds(results.seeds)),
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
    return [*split(entry), Shown.of(entry.raw_suppression)]


def _groups(claim: GridClaim) -> list[AxisGroups]:
    return [
        AxisGroups(axis, _axis_figure(index, axis), [_group_row(*each) for each in groups.items()])
        for index, (axis, groups) in enumerate(claim.by.items())
        if groups
    ]


def _group_row(value: str, group: GridGroup) -> GroupRow:
    return GroupRow(value, _estimates(group), thousands(group.pairs), thousands(group.seeds))


def _cell_block(
    index: int, each: CellView, results: RunResults, measures: CellMeasures
) -> CellBlock:
    claim, prefix = each.claim or results.claim or Claim(), figure_prefix(index, each)
    return CellBlock(
        id=each.id,
        anchor=f"cell{index}",
        verdict=None if each.is_baseline else palette.verdict(claim.verdict),
        note=installation.note(each),
        reason="" if each.is_baseline else claim.verdict_reason,
        transfer=Shown.of(claim.transfer),
        link=each.link,
        diagnosis=diagnose(results),
        heatmap=f"{prefix}-transfer",
        residence=f"{prefix}-residence",
        measures=measures.figures,
        titles=[measure.section.title for measure in measures.sections],
        numbers=measure_html([measure.without_figures for measure in measures.sections]),
    )
