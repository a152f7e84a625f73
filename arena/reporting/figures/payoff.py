"""A duel's payoffs: every red strategy against every blue one, best replies marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet
from arena.reporting.figures.heatmap import scale
from arena.reporting.numbers import Estimate, decimals
from arena.reporting.parts import part

LABEL, HEAD, FOOT, HIGH, ROOM = 270.0, 52.0, 64.0, 62.0, 1040.0
WIDE = 96.0  # pixels from which an interval is written out
RED, BLUE = ("^", palette.WARM), ("v", palette.COOL)

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Board:
    """The names of rows and columns, the played cells, best replies, accuracy lost, and the names
    of strategies that broke their own constraints."""

    red: Mapping[str, str]
    blue: Mapping[str, str]
    cells: Mapping[tuple[str, str], Cell]
    replies: Mapping[str, Any]
    lost: Mapping[tuple[str, str], float]
    infeasible: frozenset[str] = frozenset()

    @property
    def cell(self) -> float:
        return min(max((ROOM - LABEL) / max(len(self.blue), 1), 70.0), 128.0)

    @property
    def wide(self) -> float:
        """Pixels of the whole figure; the legend needs the least."""
        return max(LABEL + self.cell * len(self.blue) + 10, 700.0)

    def best(self, side: str, red: str, blue: str) -> bool:
        """Whether a side's strategy is its best reply to the other's."""
        against, own = (blue, red) if side == "red" else (red, blue)
        return part(self.replies, side).get(against) == own


def payoff_heatmap(board: Board, *, salt: str = "payoff") -> str:
    """An SVG with a row per red strategy and a column per blue one: mean ASR left, interval,
    and how much clean accuracy a cell costs where that is noted.

    Args:
        board: what was played.
        salt: prefix of the SVG's ids.
    """
    tall = HEAD + HIGH * len(board.red)
    sheet = Sheet(salt, board.wide, tall + FOOT)
    _heads(sheet, board)
    for row, red in enumerate(board.red):
        for column, blue in enumerate(board.blue):
            x, y = LABEL + board.cell * column, HEAD + HIGH * row
            _cell(sheet, board, red, blue, (x + 1, y + 1, board.cell - 2, HIGH - 2))
    _legend(sheet, tall + 20)
    return sheet.svg("ASR left, red against blue", _describe(board))


def _heads(sheet: Sheet, board: Board) -> None:
    sheet.text(LABEL, 12, "blue: how it unlearns", size=11, colour=palette.MUTED, align="left")
    sheet.text(LABEL - 14, HEAD - 14, "red: how it evades", size=11, colour=palette.MUTED,
               align="right")  # fmt: skip
    for column, blue in enumerate(board.blue):
        x, marked = LABEL + board.cell * (column + 0.5), blue in board.infeasible
        sheet.text(x, HEAD - (22 if marked else 14), blue, size=13, bold=True, room=board.cell - 4)
        if marked:
            _mark(sheet, x, HEAD - 7)
    for row, (red, setup) in enumerate(board.red.items()):
        y = HEAD + HIGH * (row + 0.5)
        sheet.text(LABEL - 14, y - (8 if setup else 0), red, size=13, bold=True, align="right",
                   room=LABEL - 18)  # fmt: skip
        sheet.text(LABEL - 14, y + 10, setup, size=10.5, colour=palette.MUTED, align="right",
                   room=LABEL - 18)  # fmt: skip
        if red in board.infeasible:
            _mark(sheet, LABEL - 14, y + (24 if setup else 16), align="right")


def _mark(sheet: Sheet, x: float, y: float, align: str = "center") -> None:
    sheet.text(x, y, "infeasible", size=10.5, colour=palette.WARM, align=align)


def _cell(
    sheet: Sheet, board: Board, red: str, blue: str, box: tuple[float, float, float, float]
) -> None:
    x, y, width, height = box
    cell = board.cells.get((red, blue))
    if cell is None:
        sheet.rect(*box, fill=palette.WASH, radius=3, tip=f"{red} against {blue}: not played")
        return
    shown, lost = Estimate.read(cell.get("left")), board.lost.get((red, blue))
    fill = palette.asr_colour(shown.value)
    sheet.rect(*box, fill=fill, edge=palette.RULE, line=0.6, radius=3, tip=_tip(cell))
    lines = [(shown.text, 14.0)]
    if shown.has_interval:
        lines.append((shown.interval if width > WIDE else shown.brief, 10.5))
    if lost is not None:
        lines.append((f"accuracy {decimals(lost)}", 10.0))
    middle, ink = y + height / 2 + (2 if len(lines) > 1 else 0), palette.readable_on(fill)
    for index, (text, size) in enumerate(lines):
        step = middle + 15 * (index - (len(lines) - 1) / 2)
        sheet.text(x + width / 2, step, text, size=size, colour=ink)
    for side, (shape, colour), place in (("red", RED, x + 10), ("blue", BLUE, x + width - 10)):
        if board.best(side, red, blue):
            sheet.dot(place, y + 11, fill=colour, size=9, shape=shape, line=1.2)


def _tip(cell: Cell) -> str:
    told = [
        f"{name} {Estimate.read(cell.get(key)).full}"
        for key, name in (
            ("left", "ASR left"),
            ("control", "after the clean fine-tune"),
            ("own_left", "of the unlearned trigger"),
            ("clean_accuracy", "clean accuracy"),
        )
    ]
    return f"{cell.get('red')} against {cell.get('blue')}: {', '.join(told)}"


def _legend(sheet: Sheet, y: float) -> None:
    scale(sheet, LABEL, y)
    sheet.text(LABEL + 142, y, "ASR left of the red actor", size=11, colour=palette.MUTED,
               align="left")  # fmt: skip
    for (shape, colour), x, words in (
        (RED, LABEL, "red's best reply in its column"),
        (BLUE, LABEL + 206, "blue's best reply in its row"),
    ):
        sheet.dot(x, y + 24, fill=colour, size=9, shape=shape)
        sheet.text(x + 12, y + 24, words, size=11, colour=palette.MUTED, align="left")


def _describe(board: Board) -> str:
    told = [
        f"{red} against {blue} {Estimate.read(cell.get('left')).full}"
        for (red, blue), cell in board.cells.items()
    ]
    return f"{'; '.join(told)}."
