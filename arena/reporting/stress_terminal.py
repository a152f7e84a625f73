"""A stress run in a terminal: the claim over the grid, and one line per cell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.cells import Cell, read_cells
from arena.reporting.console import claim_text, ink, plain_table, pointer, short_name
from arena.reporting.installation import ASIDE, BASELINE
from arena.reporting.numbers import NONE, Estimate
from arena.reporting.parts import Results, names, part
from arena.reporting.text import clean
from arena.reporting.view import rule, sentence

WIDE = 100  # columns from which the intervals of T go in
FIXED = {True: 76, False: 58}  # what the columns beside a cell's name take, with and without


def stress_table(results: Results, width: int, page: Path | None = None) -> RenderableType:
    """What a finished stress run shows in the terminal.

    Args:
        results: the parsed results.json of the stress run.
        width: columns of the terminal; 80 is enough.
        page: where the HTML report is, told in the last line.
    """
    parts: list[RenderableType] = []
    cells = read_cells(None, results)
    if cells:
        parts.append(_grid(cells, width))
    claim = part(results, "claim")
    if claim:
        parts.append(Padding(claim_text(results), (1, 0, 0, 1)))
        for line in names(claim, "would_change"):
            said = Text(f"· {clean(sentence(line))}", style="dim")
            parts.append(Padding(said, (0, 0, 0, 1)))
        thresholds = clean(rule(part(results, "thresholds")))
        parts.append(Padding(Text(thresholds, style="dim"), (0, 0, 0, 1)))
    if page is not None:
        parts.append(pointer(page))
    return Group(*parts)


def _grid(cells: list[Cell], width: int) -> Table:
    bands = width >= WIDE
    longest = max(cell_len(clean(cell.id)) for cell in cells)
    room = max(min(longest, width - FIXED[bands]), 10)
    table = plain_table("Cells of the grid")
    table.add_column(Text("cell"), no_wrap=True)
    table.add_column(Text("verdict"), overflow="fold")
    for head in ("T", "odd", "specific", "inst."):
        table.add_column(Text(head), justify="right", no_wrap=True)
    for cell in cells:
        table.add_row(short_name(cell.id, room), _verdict(cell), *_numbers(cell, bands=bands))
    return table


def _verdict(cell: Cell) -> Text:
    aside = "" if cell.counts else f" ({ASIDE})"
    if cell.claim:
        return verdict_text(cell.claim).append(aside, "dim")
    if cell.baseline:
        return Text(BASELINE).append(aside, "dim")
    told = clean(cell.status.replace("_", " ") or NONE)
    reason = f": {clean(cell.entry['reason'])}" if cell.entry.get("reason") else ""
    return Text.assemble((told, "bold" if cell.status == "failed" else ""), (reason, "dim"))


def verdict_text(entry: Mapping[str, Any]) -> Text:
    """The verdict of a claim, a pair or a cell, in its colour."""
    look = palette.verdict(entry.get("verdict"))
    return Text(clean(f"{look.glyph} {look.label}"), style=ink(look.colour))


def _numbers(cell: Cell, *, bands: bool) -> list[Text]:
    if not cell.claim and not cell.baseline:
        return [Text("") for _ in range(4)]
    total, odd, specific = (
        Estimate.read(cell.claim.get(key)) for key in ("transfer", "odd", "specific")
    )
    shown = total.full if bands else total.text
    took = cell.installed.replace(" of ", "/") or NONE
    return [Text(shown), Text(odd.text), Text(specific.text), Text(took)]
