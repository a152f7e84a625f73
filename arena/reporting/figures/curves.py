"""Small multiples: every cell's T over the removal's dose, with its controls, on the same axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.figures.dose import Line, draw_lines, in_words, lines
from arena.reporting.figures.spans import span_bar
from arena.results.curves import AlongDose, DoseSpan

LEFT, HEAD, WIDTH, HEIGHT, GAP, BELOW, FOOT = 48.0, 50.0, 282.0, 150.0, 34.0, 30.0, 58.0
COLUMNS = 3


@dataclass(frozen=True)
class CellCurve:
    """A cell's curve; points: doses, ascending. spans: where the verdicts' doses lie, by name.
    split_by: the kind of sham that its odd part is by, where the curves have such shams."""

    name: str
    points: Sequence[AlongDose]
    spans: Mapping[str, DoseSpan]
    split_by: str = "familiar"


def curves_by_cell(cells: Sequence[CellCurve], *, salt: str = "curves") -> str:
    """Return an SVG with a panel per cell, three side by side.

    Args:
        cells: in order, each with a point or more.
        salt: prefix of the SVG's ids.
    """
    columns = min(COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    tall, bottom = HEAD + HEIGHT + BELOW, rows * (HEAD + HEIGHT + BELOW)
    drawn = [lines(cell.points, cell.split_by) for cell in cells]
    named = {line.label: line for panel in drawn for line in panel}
    width = LEFT + max(columns * (WIDTH + GAP), sum(map(_entry, named)))
    sheet = Sheet(salt, width, bottom + FOOT)
    doses = [math.log10(point.dose) for cell in cells for point in cell.points]
    for index, cell in enumerate(cells):
        x, y = LEFT + (WIDTH + GAP) * (index % columns), tall * (index // columns) + HEAD
        ends = min(doses) - 0.05, max(doses) + 0.05
        area = chart.Area(x, y, WIDTH, HEIGHT, *ends, -0.04, 1.04)
        _panel(sheet, area, cell, drawn[index], labelled=index % columns == 0)
    middle = LEFT + (columns * (WIDTH + GAP) - GAP) / 2
    sheet.text(middle, bottom + 2, "dose: summed learning rate", size=12)
    _legend(sheet, named, bottom + 30)
    told = ". ".join(
        f"{cell.name}: {in_words(cell.points, panel)}"
        for cell, panel in zip(cells, drawn, strict=True)
    )
    return sheet.svg("T over the removal's dose, cell by cell", f"{told}.")


def _panel(
    sheet: Sheet, area: chart.Area, cell: CellCurve, drawn: Sequence[Line], *, labelled: bool
) -> None:
    sheet.text(area.x, area.y - 38, cell.name, size=13, bold=True, align="left", room=WIDTH)
    chart.rise(sheet, area, [k / 4 for k in range(5)], labelled=labelled)
    chart.run(sheet, area, [(math.log10(p.dose), f"{p.dose:.2g}") for p in cell.points], size=10)
    for (name, span), y in zip(cell.spans.items(), (area.y - 21, area.y - 8), strict=False):
        span_bar(sheet, area, name, span, y)
    draw_lines(sheet, area, cell.points, drawn, size=6.5)


def _legend(sheet: Sheet, named: Mapping[str, Line], y: float) -> None:
    """The lines that some panel has, side by side."""
    x = LEFT
    for label, line in named.items():
        sheet.path([x, x + 24], [y, y], colour=line.colour, width=2, dashed=line.dashed)
        sheet.dot(x + 12, y, fill=line.colour, size=7, shape=line.shape)
        sheet.text(x + 32, y, label, size=11.5, colour=palette.MUTED, align="left")
        x += _entry(label)


def _entry(label: str) -> float:
    """The pixels that a line's name takes in the legend, with its sample."""
    return 52 + 6.2 * len(label)
