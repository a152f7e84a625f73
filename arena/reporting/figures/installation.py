"""ASR before anything is unlearned: every cell of a grid against every actor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet
from arena.reporting.figures.heatmap import scale
from arena.reporting.numbers import Estimate
from arena.reporting.text import clean, fit

LABEL, HEAD, FOOT, HEIGHT, WIDTH = 216.0, 40.0, 44.0, 60.0, 1040.0
SIZE, NAME = 13.0, 12.0


@dataclass(frozen=True)
class Before:
    """One actor in one cell.

    Attributes:
        rate: ASR, over seeds.
        poison: how many documents carry the trigger, in few words; may be nothing.
        installed: False: the backdoor never worked there.
    """

    rate: Estimate
    poison: str
    installed: bool


@dataclass(frozen=True)
class Line:
    """One cell of the grid: its name, what is special about it, and an entry per actor."""

    name: str
    note: str
    cells: Sequence[Before]


def before_heatmap(actors: Sequence[str], lines: Sequence[Line], *, salt: str = "before") -> str:
    """An SVG with a row per cell of the grid and a column per actor.

    Args:
        actors: column names, in order.
        lines: the rows, with as many entries as there are actors.
        salt: prefix of the SVG's ids.
    """
    wide = min(max((WIDTH - LABEL) / max(len(actors), 1), 96.0), 190.0)
    width = max(LABEL + wide * len(actors), LABEL + 420.0)
    sheet = Sheet(salt, width, HEAD + HEIGHT * len(lines) + FOOT)
    for column, actor in enumerate(actors):
        x = LABEL + wide * (column + 0.5)
        sheet.text(x, HEAD - 16, actor, size=SIZE, bold=True, room=wide - 6)
    for row, line in enumerate(lines):
        y = HEAD + HEIGHT * row
        _name(sheet, line, y + HEIGHT / 2)
        for column, (actor, cell) in enumerate(zip(actors, line.cells, strict=True)):
            tip = f"{line.name}, {actor}: {_told(cell)}"
            _cell(sheet, cell, (LABEL + wide * column + 1, y + 1, wide - 2, HEIGHT - 2), tip)
    _legend(sheet, HEAD + HEIGHT * len(lines) + 24)
    said = "; ".join(
        f"{line.name}: "
        + ", ".join(f"{a} {_told(c)}" for a, c in zip(actors, line.cells, strict=True))
        for line in lines
    )
    return sheet.svg("Attack success before unlearning", f"{said}.")


def _told(cell: Before) -> str:
    poison = f", {cell.poison}" if cell.poison else ""
    return f"ASR {cell.rate.full}{poison}{'' if cell.installed else ', not installed'}"


def _name(sheet: Sheet, line: Line, middle: float) -> None:
    """The cell's name in at most three lines, its note under it."""
    shown = [(text, NAME, palette.INK) for text in folded(line.name, LABEL - 20, NAME)]
    shown += [(line.note, 11.0, palette.MUTED)] if line.note else []
    for index, (text, size, colour) in enumerate(shown):
        y = middle + 14 * (index - (len(shown) - 1) / 2)
        sheet.text(LABEL - 14, y, text, size=size, colour=colour, align="right", room=LABEL - 18)


def folded(name: str, room: float, size: float, most: int = 3) -> list[str]:
    """A name in as many lines as it takes, at most so many, broken after hyphens and
    underscores; the last may be too long."""
    lines = [""]
    for piece in re.findall(r"[^-_]*[-_]+|[^-_]+$", clean(name)):
        longer = lines[-1] + piece
        if lines[-1] and len(lines) < most and fit(longer, room, size) != longer:
            lines.append(piece)
        else:
            lines[-1] = longer
    return lines


def _cell(sheet: Sheet, cell: Before, box: tuple[float, float, float, float], tip: str) -> None:
    x, y, width, height = box
    fill = palette.asr_colour(cell.rate.value)
    sheet.rect(*box, fill=fill, edge=palette.RULE, line=0.6, radius=3, tip=tip)
    ink, middle = palette.readable_on(fill), x + width / 2
    if not cell.installed:
        frame = (x + 2.5, y + 2.5, width - 5, height - 5)
        sheet.rect(*frame, edge=ink, line=1.4, dashed=True, radius=3)
    whole = fit(cell.poison, width - 8, 11.0) == cell.poison
    poison = cell.poison if whole else cell.poison.partition(" (")[0]
    below = [cell.rate.interval if width > 84 else cell.rate.brief, poison]
    shown = [(cell.rate.text, 14.0), *((text, 11.0) for text in below if text)]
    for index, (text, size) in enumerate(shown):
        place = y + height / 2 + 15.5 * (index - (len(shown) - 1) / 2)
        sheet.text(middle, place, text, size=size, colour=ink, room=width - 8)


def _legend(sheet: Sheet, y: float) -> None:
    scale(sheet, LABEL + 24, y)
    sheet.rect(LABEL + 190, y - 6, 20, 12, edge=palette.INK, line=1.4, dashed=True, radius=3)
    text = "not installed, never counted as suppressed"
    sheet.text(LABEL + 218, y, text, size=11.5, colour=palette.MUTED, align="left")
