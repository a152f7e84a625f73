"""A duel in a terminal: the rounds, the payoff matrix, and who is ahead."""

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
from arena.reporting.duel import MoveRow, failed_experiments, move_rows, selection_note
from arena.reporting.duel_verdict import ending, headline
from arena.reporting.payoff_matrix import SIDES, Pair, PayoffMatrix, payoff_matrix
from arena.reporting.text import clean
from arena.results.duel import DuelResults, Side
from arena.results.numbers import NONE, Shown

WIDE = 100  # columns from which rounds show intervals and strategies
NAME, LEAST = 14, 9  # the longest name, and the narrowest column of a payoff
GLYPHS: dict[Side, str] = {"red": "▲", "blue": "▼"}
COLOURS: dict[Side, str] = {"red": palette.WARM, "blue": palette.COOL}


def duel_table(results: DuelResults, width: int, page: Path | None = None) -> RenderableType:
    """Return what a finished duel shows in the terminal.

    Args:
        results: of the duel.
        width: columns of the terminal; 80 is enough.
        page: where the HTML report is; shown in the last line.
    """
    parts: list[RenderableType] = []
    moves, matrix = move_rows(results), payoff_matrix(results)
    if moves:
        parts.append(_rounds(moves, width))
        parts.append(Padding(Text(selection_note(results), style="dim"), (0, 0, 0, 1)))
    if matrix.entries:
        parts += [Padding(table, (1, 0, 0, 0)) for table in _payoffs(matrix, width)]
        parts.append(Padding(_legend(matrix), (0, 0, 0, 1)))
    failed = [f"failed, and left out: {each}" for each in failed_experiments(results)]
    parts += [Padding(Text(clean(line), style="dim"), (0, 0, 0, 1)) for line in failed]
    parts.append(Padding(Text(clean(headline(results)), style="bold"), (1, 0, 0, 1)))
    parts += [Padding(Text(clean(line), style="dim"), (0, 0, 0, 1)) for line in ending(results)]
    if page is not None:
        parts.append(pointer(page))
    return Group(*parts)


def _rounds(moves: Sequence[MoveRow], width: int) -> Table:
    table = plain_table("Round by round (remaining ASR of the red actor)")
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


def _move(row: MoveRow, *, wide: bool) -> list[Text]:
    name = Text(f"{GLYPHS[row.side]} ", ink(COLOURS[row.side]))
    name.append_text(short_name(row.name, NAME))
    values = [Text(value.full if wide else value.text) for value in row.values]
    gain = Text(row.gain, style="bold" if row.strong else "dim")
    kept = Text(row.kept, style="" if row.strong else "dim")
    cells = [Text(row.round), name, short_name(row.against, NAME), *values, gain, kept]
    return [*cells, Text(clean(row.setup), style="dim")] if wide else cells


def _payoffs(matrix: PayoffMatrix, width: int) -> list[Table]:
    """The matrix, in as many tables as it needs."""
    label = min(max(cell_len(clean(name)) for name in matrix.red), NAME)
    longest = max(len(Shown.of(payoff.left).full) for payoff in matrix.entries.values())
    room = longest + 3
    intervals = label + (room + 2) * len(matrix.blue) <= width
    column = room if intervals else LEAST
    groups = chunks(list(matrix.blue), max((width - label) // (column + 2), 1))
    return [_payoff(matrix, group, label, column, intervals=intervals) for group in groups]


def _payoff(
    matrix: PayoffMatrix, blues: Sequence[str], label: int, room: int, *, intervals: bool
) -> Table:
    table = plain_table("ASR left: red (rows) against blue (columns)")
    table.add_column(Text(""), no_wrap=True)
    for blue in blues:
        table.add_column(short_name(blue, room), justify="right", no_wrap=True)
    for red in matrix.red:
        cells = [_cell(matrix, (red, blue), intervals=intervals) for blue in blues]
        table.add_row(short_name(red, label), *cells)
    return table


def _cell(matrix: PayoffMatrix, pair: Pair, *, intervals: bool) -> Text:
    payoff = matrix.entries.get(pair)
    if payoff is None:
        text = Text(NONE, "dim")
    else:
        value = Shown.of(payoff.left)
        fill = palette.asr_colour(value.value)
        style = "dim" if value.value is None else f"{palette.readable_on(fill)} on {fill}"
        text = Text(value.full if intervals else value.text, style=style)
    marks = "".join(GLYPHS[side] for side in SIDES if matrix.is_best(side, pair))
    text.append(f"{'*' if pair in matrix.lost else ''}{marks:<2}".rjust(3))
    return text


def _legend(matrix: PayoffMatrix) -> Text:
    replies = "▲ red's best reply in its column · ▼ blue's best reply in its row"
    costly = " · * more than 0.02 of accuracy lost on clean prompts" if matrix.lost else ""
    return Text(replies + costly, style="dim")
