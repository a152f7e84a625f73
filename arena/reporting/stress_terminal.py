"""A stress run in a terminal: the claim over the grid, and one line per cell."""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.claim_card import rule
from arena.reporting.console import (
    bullets,
    claim_text,
    dose_text,
    ink,
    name_lines,
    plain_table,
    pointer,
    sham_text,
)
from arena.reporting.contrasts import contrast_rows, line
from arena.reporting.installation import ABLATION, BASELINE
from arena.reporting.shams import sham_lines
from arena.reporting.split import split
from arena.reporting.stress_cells import CellView, read_cells
from arena.reporting.stress_claim import card
from arena.reporting.text import clean
from arena.reporting.wording import sentence
from arena.results.claim import Claim, GridClaim
from arena.results.numbers import NONE
from arena.results.stress import StressResults

WIDE = 100  # width from which the intervals of T are shown
LEAST = 12  # columns of a cell's name, at least
FIXED = {True: 77, False: 59}  # width beside a cell's name, with and without intervals


def stress_table(results: StressResults, width: int, page: Path | None = None) -> RenderableType:
    """Return what a finished stress run shows in the terminal.

    Args:
        results: of the stress run.
        width: columns of the terminal; 80 is enough.
        page: where the HTML report is; shown in the last line.
    """
    parts: list[RenderableType] = []
    cells = read_cells(None, results)
    if cells:
        parts.append(_grid(cells, width))
    claim = results.claim
    parts += [] if claim is None else _claim(results, claim)
    parts += [Padding(dose_text(each), (0, 0, 0, 1)) for each in card(results).doses]
    changes = [] if claim is None else [sentence(line) for line in claim.would_change]
    parts += _listed("What would change it", changes)
    contrasts = [line(row) for row in contrast_rows(results)]
    parts += _listed("Contrasts between cells", contrasts)
    if page is not None:
        parts.append(pointer(page))
    return Group(*parts)


def _claim(results: StressResults, claim: GridClaim) -> list[RenderableType]:
    """The verdict, and the thresholds that it was compared with."""
    thresholds = Text(clean(rule(results.thresholds)), style="dim")
    return [
        Padding(claim_text(claim), (1, 0, 0, 1)),
        *(Padding(sham_text(line), (0, 0, 0, 1)) for line in sham_lines(claim)),
        Padding(thresholds, (0, 0, 0, 1)),
    ]


def _listed(title: str, lines: list[str]) -> list[RenderableType]:
    """Lines under a title; nothing without lines."""
    if not lines:
        return []
    return [Padding(Text(title, style="bold"), (1, 0, 0, 1)), Padding(bullets(lines), (0, 0, 0, 1))]


def _grid(cells: list[CellView], width: int) -> Table:
    intervals = width >= WIDE
    longest = max(cell_len(clean(each.id)) for each in cells)
    room = max(min(longest, width - FIXED[intervals]), LEAST)
    table = plain_table("Cells of the grid")
    table.add_column(Text("cell"), no_wrap=True)
    table.add_column(Text("verdict"), overflow="fold")
    for head in ("T", "odd", "specific", "actors\ninst."):
        table.add_column(Text(head), justify="right", no_wrap=True)
    for each in cells:
        numbers = _numbers(each, intervals=intervals)
        table.add_row(name_lines(each.id, room), _verdict(each), *numbers)
    return table


def _verdict(each: CellView) -> Text:
    ablation = "" if each.cell.counts else f" ({ABLATION})"
    if each.claim is not None:
        return verdict_text(each.claim.verdict).append(ablation, "dim")
    if each.is_baseline:
        return Text(BASELINE).append(ablation, "dim")
    status = clean(each.cell.status.replace("_", " "))
    reason = f": {clean(each.cell.reason)}" if each.cell.reason else ""
    return Text.assemble((status, "bold" if each.cell.status == "failed" else ""), (reason, "dim"))


def verdict_text(verdict: str | None) -> Text:
    """Return the verdict on a claim or a pair, in its colour."""
    look = palette.verdict(verdict)
    return Text(clean(f"{look.glyph} {look.label}"), style=ink(look.colour))


def _numbers(each: CellView, *, intervals: bool) -> list[Text]:
    if each.claim is None and not each.is_baseline:
        return [Text("") for _ in range(4)]
    claim = each.claim or Claim()
    total, odd, specific = split(claim)
    installed = each.installed_share.replace(" of ", "/") or NONE
    transfer = total.full if intervals else total.text
    return [Text(transfer), Text(odd.text), Text(specific.text), Text(installed)]
