"""Axes for charts of points and curves: a plotting area on a sheet, its grid and its scales."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet
from arena.results.numbers import MINUS

NEAR = 0.04  # share of an axis of transfers beyond its outer ticks
# A figure this wide fits a telephone's page (326 pixels in a card): text of 13 then has 10 pixels.
NARROW, SIZE = 420.0, 13.0


@dataclass(frozen=True)
class Area:
    """A plotting area in pixels, and the values at its edges.

    Attributes:
        x, y, width, height: pixels, y downwards.
        left, right, low, high: the values at its edges.
    """

    x: float
    y: float
    width: float
    height: float
    left: float
    right: float
    low: float
    high: float

    def across(self, value: float) -> float:
        """Return the pixel of a value on the horizontal axis; values beyond an edge are placed on
        it."""
        return self.x + self.width * _share(value, self.left, self.right)

    def up(self, value: float) -> float:
        """Return the pixel of a value on the vertical axis; values beyond an edge are placed on
        it."""
        return self.y + self.height * (1 - _share(value, self.low, self.high))


def _share(value: float, start: float, end: float) -> float:
    if end <= start:
        return 0.5
    return min(max((value - start) / (end - start), 0.0), 1.0)


def steps(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most `most` round numbers from low to high, 1, 2 or 5 times a power of ten
    apart."""
    if high <= low:
        return [low]
    least = (high - low) / most
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [step * k for k in range(first, math.floor(high / step + 1e-9) + 1)]


def quarters(ends: Iterable[float | None], marks: Iterable[float | None]) -> list[float]:
    """Return the ticks of an axis of transfers, a quarter apart: from 0 (or below, if an end is
    clearly below) to three quarters (or to 1, if an end or a mark is beyond)."""
    known = [end for end in ends if end is not None]
    beyond = max([0.0, *known, *(mark for mark in marks if mark is not None)])
    low = max(-1.0, 0.25 * math.floor(min([0.0, *(e for e in known if e < -NEAR)]) / 0.25))
    high = 0.75 if beyond <= 0.75 + NEAR else 1.0
    return [low + 0.25 * k for k in range(round((high - low) / 0.25) + 1)]


def tick(value: float) -> str:
    """Return a tick's number, as short as possible."""
    return f"{value + 0:.6g}".replace("-", MINUS)


def rise(
    sheet: Sheet, area: Area, ticks: Sequence[float], *, labelled: bool = True, size: float = 11
) -> None:
    """Draw horizontal grid lines; the one at zero is darker."""
    for value in ticks:
        y = area.up(value)
        colour = palette.FAINT if value == 0 else palette.GRID
        sheet.line(area.x, y, area.x + area.width, y, colour=colour)
        if labelled:
            sheet.text(area.x - 8, y, tick(value), size=size, colour=palette.MUTED, align="right")


def run(sheet: Sheet, area: Area, ticks: Sequence[tuple[float, str]], *, size: float = 11) -> None:
    """Draw vertical grid lines with their labels below; a label without room is left out."""
    bottom, free = area.y + area.height, -math.inf
    for value, label in ticks:
        x, half = area.across(value), len(label) * 0.29 * size
        sheet.line(x, area.y, x, bottom, colour=palette.GRID)
        if x - half > free:
            sheet.text(x, bottom + 13, label, size=size, colour=palette.MUTED)
            free = x + half + 4


def key(
    sheet: Sheet, x: float, y: float, label: str, colour: str, shape: str, *,
    width: float = 2.0, dashed: bool = False, room: float = 190,
) -> None:  # fmt: skip
    """Draw an entry of a key: a piece of the line with its marker, and its name."""
    sheet.path([x, x + 22], [y, y], colour=colour, width=width, dashed=dashed)
    sheet.dot(x + 11, y, fill=colour, size=7, shape=shape)
    sheet.text(x + 29, y, label, size=11.5, colour=palette.MUTED, align="left", room=room)
