"""The measures of a stress run on its page: over all cells, and cell by cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting.figures.canvas import resalted
from arena.reporting.measure_sections import MeasureSection, cell_sections, grid_sections
from arena.reporting.stress_cells import CellView
from arena.results.stress import StressResults


@dataclass(frozen=True)
class MeasureFigures:
    """The figures of one measure in one cell, by names that are unique on the page. notes: what
    the measure left out, in sentences."""

    title: str
    figures: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class CellMeasures:
    """The sections of a cell's measures, and their figures."""

    sections: Sequence[MeasureSection] = ()
    figures: Sequence[MeasureFigures] = ()


@dataclass(frozen=True)
class GridMeasures:
    """The sections of measures over all cells, and those of each cell, in the order of cells."""

    grid: Sequence[MeasureSection]
    cells: Sequence[CellMeasures]


def grid_measures(results: StressResults, cells: Sequence[CellView]) -> GridMeasures:
    """Return the sections of all measures that have something to show."""
    by_cell = [_cell_measures(each, figure_prefix(index, each)) for index, each in enumerate(cells)]
    return GridMeasures(grid_sections(results), by_cell)


def figure_prefix(index: int, each: CellView) -> str:
    """Return the prefix of the names of a cell's figures, unique on the page."""
    return f"cell{index}-{fit_for_id(each.id)}"


def fit_for_id(name: str) -> str:
    """Return a name that is valid as a file name and as an id on a page."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60]


def _cell_measures(each: CellView, prefix: str) -> CellMeasures:
    if each.results is None:
        return CellMeasures()
    sections = cell_sections(each.results)
    figures = [_figures(section, prefix) for section in sections if section.section.figures]
    return CellMeasures(sections, figures)


def _figures(measure: MeasureSection, prefix: str) -> MeasureFigures:
    section = measure.section
    figures = {f"{prefix}-{name}": resalted(svg, prefix) for name, svg in section.figures.items()}
    return MeasureFigures(section.title, figures, measure.notes)
