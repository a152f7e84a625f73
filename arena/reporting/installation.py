"""Which backdoors are installed in a grid's models before unlearning, for the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from arena.reporting import figures
from arena.reporting.depth import depth_text
from arena.reporting.figures.installation import CellRates, InstalledRate
from arena.reporting.stress_cells import CellView
from arena.reporting.wording import words
from arena.results.numbers import NONE, Shown
from arena.results.planting import Depth
from arena.results.stress import StressResults

BASELINE = "baseline"
ABLATION = "shown, not in the verdict"


@dataclass(frozen=True)
class InstallationRow:
    """A cell's line of the table; rates by actor, with the full poison count."""

    id: str
    note: str
    axes: list[str]
    cells: list[InstalledRate]


@dataclass(frozen=True)
class InstallationTable:
    """ASR before unlearning: a column per actor, a row per cell."""

    actors: list[str]
    rows: list[InstallationRow]


def actors_of(results: StressResults, cells: Sequence[CellView]) -> list[str]:
    """Return the run's actors, then those that only a cell has."""
    every = (actor for view in cells for actor in view.cell.asr)
    return list(dict.fromkeys([*results.actors, *every]))


def note(view: CellView) -> str:
    """Return how a cell differs from those that the verdict is based on; empty for most."""
    notes = ((BASELINE, view.is_baseline), (ABLATION, not view.cell.counts))
    return ", ".join(text for text, holds in notes if holds)


def axis_values(view: CellView, axes: Sequence[str]) -> list[str]:
    """Return a cell's value on each axis, in words; an en dash if it has none."""
    values = view.cell.axes
    return [words(values[axis]) if axis in values else NONE for axis in axes]


def figure(results: StressResults, cells: Sequence[CellView]) -> str:
    """Return the heat map of the cells that have rates, as SVG."""
    actors, threshold = actors_of(results, cells), results.thresholds.installed_asr
    rows = [
        CellRates(
            view.id,
            note(view),
            [_rate(view, actor, _short(view, actor), threshold) for actor in actors],
        )
        for view in cells
        if view.has_rates
    ]
    return figures.before_heatmap(actors, rows)


def _rate(view: CellView, actor: str, poison: str, threshold: float | None) -> InstalledRate:
    rate = Shown.of(view.cell.asr.get(actor))
    depth = depth_text(view.cell.depth.get(actor, Depth()))
    return InstalledRate(rate, poison, view.is_installed(actor, threshold), depth)


def _short(view: CellView, actor: str) -> str:
    """`320 of 8000 (4.0%)` for `320 of 8000 documents (4.0%)`; other text unchanged."""
    return re.sub(r"\s+documents\b", "", view.cell.poison.get(actor, ""))


def table(
    results: StressResults, cells: Sequence[CellView], axes: Sequence[str]
) -> InstallationTable | None:
    """Return the rates as a table, with every axis; None if no cell has rates."""
    actors, threshold = actors_of(results, cells), results.thresholds.installed_asr
    rows = [
        InstallationRow(
            view.id,
            note(view),
            axis_values(view, axes),
            [_rate(view, a, view.cell.poison.get(a, ""), threshold) for a in actors],
        )
        for view in cells
        if view.has_rates
    ]
    return InstallationTable(actors, rows) if rows else None
