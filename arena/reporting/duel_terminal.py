"""A duel in a terminal: the rounds, everybody against everybody, who is ahead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.console import chunks, ink, plain_table, pointer, short_name
from arena.reporting.duel import rounds, selected
from arena.reporting.duel_board import board, ending, headline
from arena.reporting.figures.payoff import Board
from arena.reporting.numbers import NONE, Estimate
from arena.reporting.parts import Results, listed
from arena.reporting.text import clean

WIDE = 100  # columns from which rounds show intervals and strategies
NAME, LEAST = 14, 9  # the longest name, and the narrowest column of a payoff
GLYPHS = {"red": "▲", "blue": "▼"}
COLOURS = {"red": palette.WARM, "blue": palette.COOL}


def duel_table(results: Results, width: int, page: Path | None = None) -> RenderableType:
    """What a finished duel shows in the terminal.

    Args:
        results: the parsed results.json of the duel.
        width: columns of the terminal; 80 is enough.
        page: where the HTML report is, told in the last line.
    """
    parts: list[RenderableType] = []
    moves = [row for each in listed(results, "rounds") for row in rounds(each)]
    if moves:
        parts.append(_rounds(moves, width))
        parts.append(Padding(Text(selected(results), style="dim"), (0, 0, 0, 1)))
    found = board(results)
    if found.cells:
        parts += [Padding(table, (1, 0, 0, 0)) for table in _payoffs(found, width)]
        parts.append(Padding(_legend(found), (0, 0, 0, 1)))
    parts.append(Padding(Text(clean(headline(results)), style="bold"), (1, 0, 0, 1)))
    parts += [Padding(Text(clean(line), style="dim"), (0, 0, 0, 1)) for line in ending(results)]
    if page is not None:
        parts.append(pointer(page))
    return Group(*parts)


def _rounds(moves: Sequence[dict[str, object]], width: int) -> Table:
    table = plain_table("Round by round (ASR left of the red actor)")
    for head in ("round", "move", "against"):
        table.add_column(Text(head), no_wrap=True)
    for head in ("before", "after", "gain"):
        table.add_column(Text(head), justify="right", no_wrap=True)
    table.add_column(Text(""), no_wrap=True)
    if width >= WIDE:
        table.add_column(Text("strategy"), overflow="fold")
    for row in moves:
        table.add_row(*_move(row, wide=width >= WIDE))
    return table


def _move(row: dict[str, object], *, wide: bool) -> list[Text]:
    side, values = str(row["side"]), row["values"]
    assert isinstance(values, list)
    name = Text(f"{GLYPHS[side]} ", ink(COLOURS[side]))
    name.append_text(short_name(row["name"], NAME))
    shown = [Text(each.full if wide else each.text) for each in values]
    gain = Text(str(row["gain"]), style="bold" if row["strong"] else "dim")
    cells = [Text(str(row["round"])), name, short_name(row["against"], NAME), *shown, gain]
    cells.append(Text(str(row["kept"]), style="" if row["strong"] else "dim"))
    return [*cells, Text(clean(row["setup"]), style="dim")] if wide else cells


def _payoffs(found: Board, width: int) -> list[Table]:
    """The matrix, in as many tables as it takes."""
    label = min(max(cell_len(clean(name)) for name in found.red), NAME)
    full = [Estimate.read(cell.get("left")).full for cell in found.cells.values()]
    room = max(len(text) for text in full) + 3
    bands = label + (room + 2) * len(found.blue) <= width
    each = room if bands else LEAST
    groups = chunks(list(found.blue), max((width - label) // (each + 2), 1))
    return [_payoff(found, group, label, each, bands=bands) for group in groups]


def _payoff(found: Board, blues: Sequence[str], label: int, room: int, *, bands: bool) -> Table:
    table = plain_table("ASR left: red (rows) against blue (columns)")
    table.add_column(Text(""), no_wrap=True)
    for blue in blues:
        table.add_column(short_name(blue, room), justify="right", no_wrap=True)
    for red in found.red:
        cells = [_cell(found, red, blue, bands=bands) for blue in blues]
        table.add_row(short_name(red, label), *cells)
    return table


def _cell(found: Board, red: str, blue: str, *, bands: bool) -> Text:
    cell = found.cells.get((red, blue))
    shown = Estimate.read(cell.get("left")) if cell else Estimate()
    fill = palette.asr_colour(shown.value)
    style = f"{palette.readable_on(fill)} on {fill}" if shown.value is not None else "dim"
    told = Text(shown.full if bands else shown.text, style=style) if cell else Text(NONE, "dim")
    marks = "".join(glyph for side, glyph in GLYPHS.items() if found.best(side, red, blue))
    told.append(f"{'*' if (red, blue) in found.lost else ''}{marks:<2}".rjust(3))
    return told


def _legend(found: Board) -> Text:
    said = "▲ red's best reply in its column · ▼ blue's best reply in its row"
    costly = " · * more than 0.02 of clean accuracy lost" if found.lost else ""
    return Text(said + costly, style="dim")
