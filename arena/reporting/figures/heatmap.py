"""The ASR heatmap: every model against every actor, with the cost of each model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet
from arena.reporting.rows import Utility, grouped, is_disclosed, label_of, utility
from arena.reporting.text import room_for
from arena.results.numbers import Shown
from arena.results.summary import SummaryRow

GAP, BLOCK, HEAD, FOOT, SIDE = 26.0, 9.0, 50.0, 46.0, 98.0
NAME = (140.0, 260.0)  # pixels that names of models take, at least and at most

_APART = ("reference", "inserted")


@dataclass(frozen=True)
class _Grid:
    actors: Sequence[str]
    label: float
    cell: float
    height: float
    norm: float
    utility: Utility
    outlined: Callable[[SummaryRow, str], bool]

    @property
    def side(self) -> float:
        """Return the left edge of the utility columns, in pixels."""
        return self.label + self.cell * len(self.actors) + GAP

    @property
    def width(self) -> float:
        return self.side + 3 * SIDE


def asr_heatmap(
    actors: Sequence[str],
    summary: Sequence[SummaryRow],
    installed: Mapping[str, bool] | None = None,
    *,
    salt: str = "asr",
    outlined: Callable[[SummaryRow, str], bool] = is_disclosed,
    note: str = "the disclosed trigger itself",
) -> str:
    """Return an SVG with one row per model and one column per actor, the rate in each cell.

    Args:
        actors: column names, in order.
        summary: the rows; rates in [0, 1].
        installed: actors that are False here are marked in their column's header.
        salt: prefix of the SVG's ids.
        outlined: which cells have an outline.
        note: what the outline says.
    """
    blocks = grouped(summary)
    rows = [row for block in blocks for row in block]
    grid = _grid(actors, rows, outlined)
    height = HEAD + grid.height * len(rows) + BLOCK * max(len(blocks) - 1, 0) + FOOT
    sheet = Sheet(salt, grid.width, height)
    _heads(sheet, grid, installed or {})
    y = HEAD
    for block in blocks:
        for row in block:
            _row(sheet, grid, row, y)
            y += grid.height
        y += BLOCK
    _legend(sheet, grid.label, y + 16, note)
    return sheet.svg("Attack success rates", _describe(rows, actors))


def _grid(
    actors: Sequence[str],
    rows: Sequence[SummaryRow],
    outlined: Callable[[SummaryRow, str], bool],
) -> _Grid:
    label = 16 + room_for(map(label_of, rows), 13, *NAME)
    room = 1040 - label - GAP - 3 * SIDE
    cell = min(max(room / max(len(actors), 1), 60.0), 128.0)
    # These were not fine-tuned from the compromised model: their distance from it is a different
    # quantity, and would dwarf the others.
    compared = [row for row in rows if row.kind not in _APART]
    norms = [Shown.of(row.update_norm).value or 0.0 for row in compared]
    several = any(_over_seeds(row, actor) for row in rows for actor in actors)
    height = 44.0 if several else 34.0
    return _Grid(actors, label, cell, height, max(norms, default=0.0), utility(rows), outlined)


def _rate(row: SummaryRow, actor: str) -> Shown:
    return Shown.of(row.asr.get(actor))


def _over_seeds(row: SummaryRow, actor: str) -> bool:
    rate = row.asr.get(actor)
    return rate is not None and (rate.seeds or 0) > 1 and rate.has_interval


def _heads(sheet: Sheet, grid: _Grid, installed: Mapping[str, bool]) -> None:
    for column, actor in enumerate(grid.actors):
        x = grid.label + grid.cell * (column + 0.5)
        sheet.text(x, HEAD - 18, actor, size=13, bold=True, room=grid.cell - 6)
        if installed.get(actor) is False:
            sheet.text(x, HEAD - 35, "not installed", size=10.5, colour=palette.WARM)
    for column, head in enumerate((grid.utility.replace("_", " "), "perplexity", "weights moved")):
        x = grid.side + SIDE * column + 4
        sheet.text(x, HEAD - 18, head, size=11, colour=palette.MUTED, align="left")


def _row(sheet: Sheet, grid: _Grid, row: SummaryRow, y: float) -> None:
    strong = row.kind in ("unlearned", "defended")
    colour = palette.INK if strong else palette.MUTED
    middle = y + grid.height / 2
    name, x = label_of(row), grid.label - 14
    sheet.text(x, middle, name, size=13, colour=colour, align="right", room=grid.label - 16)
    for column, actor in enumerate(grid.actors):
        _cell(sheet, grid, row, actor, grid.label + grid.cell * column, y)
    for column, actor in enumerate(grid.actors):
        if grid.outlined(row, actor):
            x = grid.label + grid.cell * column
            box = (x + 2.5, y + 2.5, grid.cell - 5, grid.height - 5)
            ink = palette.readable_on(palette.asr_colour(_rate(row, actor).value))
            sheet.rect(*box, edge=ink, line=1.6, radius=3)
    _utility(sheet, grid, row, middle)


def _cell(sheet: Sheet, grid: _Grid, row: SummaryRow, actor: str, x: float, y: float) -> None:
    rate, several = _rate(row, actor), _over_seeds(row, actor)
    fill = palette.asr_colour(rate.value)
    tip = f"{label_of(row)}, trigger of {actor}: ASR {rate.full}"
    box = (x + 1, y + 1, grid.cell - 2, grid.height - 2)
    sheet.rect(*box, fill=fill, edge=palette.RULE, line=0.6, radius=3, tip=tip)
    ink, middle = palette.readable_on(fill), y + grid.height / 2
    sheet.text(x + grid.cell / 2, middle - (6 if several else 0), rate.text, size=14, colour=ink)
    if several:
        line = rate.interval if grid.cell > 84 else rate.brief
        sheet.text(x + grid.cell / 2, middle + 10, line, size=10.5, colour=ink)


def _utility(sheet: Sheet, grid: _Grid, row: SummaryRow, middle: float) -> None:
    accuracy, norm = Shown.of(getattr(row, grid.utility)), Shown.of(row.update_norm)
    _bar(sheet, grid.side + 4, middle, accuracy, accuracy.value)
    perplexity = Shown.of(row.perplexity)
    x = grid.side + SIDE + 4
    sheet.text(x, middle, perplexity.text, size=12, colour=palette.MUTED, align="left")
    comparable = grid.norm > 0 and row.kind not in _APART
    share = norm.value / grid.norm if norm.value is not None and comparable else None
    _bar(sheet, grid.side + 2 * SIDE + 4, middle, norm, share)


def _bar(sheet: Sheet, x: float, middle: float, shown: Shown, share: float | None) -> None:
    length = SIDE - 52
    sheet.text(x, middle, shown.text, size=12, colour=palette.MUTED, align="left")
    if share is not None:
        sheet.rect(x + 34, middle - 2.5, length, 5, fill=palette.GRID)
        sheet.rect(x + 34, middle - 2.5, length * min(max(share, 0), 1), 5, fill=palette.FAINT)


def _legend(sheet: Sheet, x: float, y: float, note: str) -> None:
    scale(sheet, x + 24, y)
    outlined_cell(sheet, x + 188, y, line=1.6)
    sheet.text(x + 218, y, note, size=11, colour=palette.MUTED, align="left")


def outlined_cell(sheet: Sheet, x: float, y: float, *, line: float, dashed: bool = False) -> None:
    """Draw a small cell with an outline, 24 pixels wide, for a legend; y: its middle."""
    sheet.rect(x, y - 8, 24, 16, fill=palette.asr_colour(0), edge=palette.RULE, line=0.6, radius=3)
    ink = palette.ON_LIGHT
    sheet.rect(x + 2.5, y - 5.5, 19, 11, edge=ink, line=line, dashed=dashed, radius=3)


def scale(sheet: Sheet, x: float, y: float) -> None:
    """Draw the colours of a rate, from 0 to 1, in 150 pixels."""
    sheet.ramp(x, y, 120, [palette.asr_colour(step / 39) for step in range(40)])
    for place, text, align in ((x - 6, "0", "right"), (x + 127, "1", "left")):
        sheet.text(place, y, text, size=11, colour=palette.MUTED, align=align)


def _describe(rows: Sequence[SummaryRow], actors: Sequence[str]) -> str:
    lines = [
        f"{label_of(row)}: " + ", ".join(f"{actor} {_rate(row, actor).text}" for actor in actors)
        for row in rows
    ]
    return "Share of triggered prompts that show the payload. " + ". ".join(lines) + "."
