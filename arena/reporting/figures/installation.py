"""ASR before anything is unlearned: every cell of a grid against every actor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet
from arena.reporting.figures.heatmap import outlined_cell, scale
from arena.reporting.text import clean, fit
from arena.results.numbers import Shown

LABEL, HEAD, FOOT, HEIGHT, WIDTH = 216.0, 40.0, 44.0, 60.0, 1040.0
SIZE, NAME = 13.0, 12.0


@dataclass(frozen=True)
class InstalledRate:
    """One actor in one cell.

    Attributes:
        rate: ASR, over seeds.
        poison: how many documents carry the trigger, in few words; may be empty.
        installed: whether the backdoor is installed there.
        depth: how deep it is planted, in words; may be empty.
    """

    rate: Shown
    poison: str
    installed: bool
    depth: str = ""


@dataclass(frozen=True)
class CellRates:
    """One cell of the grid: its name, what is special about it, and a rate per actor."""

    name: str
    note: str
    rates: Sequence[InstalledRate]


def before_heatmap(
    actors: Sequence[str], cells: Sequence[CellRates], *, salt: str = "before"
) -> str:
    """Return an SVG with a row per cell of the grid and a column per actor.

    Args:
        actors: column names, in order.
        cells: the rows, with as many rates as there are actors.
        salt: prefix of the SVG's ids.
    """
    wide = min(max((WIDTH - LABEL) / max(len(actors), 1), 96.0), 190.0)
    width = max(LABEL + wide * len(actors), LABEL + 470.0)
    sheet = Sheet(salt, width, HEAD + HEIGHT * len(cells) + FOOT)
    for column, actor in enumerate(actors):
        x = LABEL + wide * (column + 0.5)
        sheet.text(x, HEAD - 16, actor, size=SIZE, bold=True, room=wide - 6)
    for row, cell in enumerate(cells):
        y = HEAD + HEIGHT * row
        _name(sheet, cell, y + HEIGHT / 2)
        for column, (actor, rate) in enumerate(zip(actors, cell.rates, strict=True)):
            tip = f"{cell.name}, {actor}: {_in_words(rate)}"
            _rate(sheet, rate, (LABEL + wide * column + 1, y + 1, wide - 2, HEIGHT - 2), tip)
    _legend(sheet, HEAD + HEIGHT * len(cells) + 24)
    rows = "; ".join(f"{cell.name}: {_row_in_words(actors, cell)}" for cell in cells)
    return sheet.svg("Attack success before unlearning", f"{rows}.")


def _row_in_words(actors: Sequence[str], cell: CellRates) -> str:
    pairs = zip(actors, cell.rates, strict=True)
    return ", ".join(f"{actor} {_in_words(rate)}" for actor, rate in pairs)


def _in_words(rate: InstalledRate) -> str:
    poison = f", {rate.poison}" if rate.poison else ""
    depth = f", {rate.depth}" if rate.depth else ""
    return f"ASR {rate.rate.full}{poison}{'' if rate.installed else ', not installed'}{depth}"


def _name(sheet: Sheet, cell: CellRates, middle: float) -> None:
    """The cell's name in at most three lines, its note under it."""
    shown = [(text, NAME, palette.INK) for text in folded(cell.name, LABEL - 20, NAME)]
    shown += [(cell.note, 11.0, palette.MUTED)] if cell.note else []
    for index, (text, size, colour) in enumerate(shown):
        y = middle + 14 * (index - (len(shown) - 1) / 2)
        sheet.text(LABEL - 14, y, text, size=size, colour=colour, align="right", room=LABEL - 18)


def folded(name: str, room: float, size: float, most: int = 3) -> list[str]:
    """Return a name in as many lines as necessary up to a maximum, broken after hyphens and
    underscores; the last line may be too long."""
    lines = [""]
    for piece in re.findall(r"[^-_]*[-_]+|[^-_]+$", clean(name)):
        longer = lines[-1] + piece
        if lines[-1] and len(lines) < most and fit(longer, room, size) != longer:
            lines.append(piece)
        else:
            lines[-1] = longer
    return lines


def _rate(
    sheet: Sheet, rate: InstalledRate, box: tuple[float, float, float, float], tip: str
) -> None:
    x, y, width, height = box
    fill = palette.asr_colour(rate.rate.value)
    sheet.rect(*box, fill=fill, edge=palette.RULE, line=0.6, radius=3, tip=tip)
    ink, middle = palette.readable_on(fill), x + width / 2
    if not rate.installed:
        frame = (x + 2.5, y + 2.5, width - 5, height - 5)
        sheet.rect(*frame, edge=ink, line=1.4, dashed=True, radius=3)
    whole = fit(rate.poison, width - 8, 11.0) == rate.poison
    poison = rate.poison if whole else rate.poison.partition(" (")[0]
    below = [rate.rate.interval if width > 84 else rate.rate.brief, poison]
    shown = [(rate.rate.text, 14.0), *((text, 11.0) for text in below if text)]
    for index, (text, size) in enumerate(shown):
        place = y + height / 2 + 15.5 * (index - (len(shown) - 1) / 2)
        sheet.text(middle, place, text, size=size, colour=ink, room=width - 8)


def _legend(sheet: Sheet, y: float) -> None:
    scale(sheet, LABEL + 24, y)
    outlined_cell(sheet, LABEL + 188, y, line=1.4, dashed=True)
    text = "not installed, never counted as suppressed"
    sheet.text(LABEL + 218, y, text, size=11.5, colour=palette.MUTED, align="left")
