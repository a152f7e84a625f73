"""The pictures of docs/concepts.md: `python -m website.pictures docs/figures`.

They show made-up numbers, chosen to explain a definition of docs/estimands.md; no run gave them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.reporting import palette
from arena.reporting.figures.canvas import Drawing, Sheet, on_paper
from website.compositions import compositions

WIDTH = 500  # still legible at the width of a phone
BAR = 26
SLATE, GREEN = palette.PARTIES[0], palette.PARTIES[3]
Bars = Sequence[tuple[str, float, str]]  # label, ASR, colour
Spans = Sequence[tuple[float, float, int, str, str]]  # both ends, line below, label, colour


@dataclass(frozen=True)
class Frame:
    """The pixels between which a scale from 0 to 1 lies, across and up."""

    left: float
    right: float
    top: float
    bottom: float

    def x(self, share: float) -> float:
        """Return the pixel at a share of the width."""
        return self.left + (self.right - self.left) * share

    def y(self, share: float) -> float:
        """Return the pixel at a share of the height, from below."""
        return self.bottom - (self.bottom - self.top) * share


BARS = Frame(190, 490, 14, 150)


def claim() -> Drawing:
    """Return what the claim says, and what the opposite would look like."""
    sheet = Sheet("concept-claim", WIDTH, 190)
    _model(sheet, 4, "planted", (1.0, 1.0))
    _arrow(sheet, 138, 188, 105, "unlearn A")
    _model(sheet, 192, "claim: B goes too", (0.0, 0.0))
    sheet.text(344, 105, "or", colour=palette.MUTED)
    _model(sheet, 366, "B stays", (0.0, 1.0))
    return sheet.svg(
        "The claim",
        "A model with two backdoors, A and B. The defender unlearns A. Under the claim, B stops "
        "firing too; otherwise it still fires.",
    )


def dose() -> Drawing:
    """Return ASR along the dose of a removal, with both doses at which verdicts are given."""
    sheet = Sheet("concept-dose", WIDTH, 270)
    frame = Frame(54, 490, 30, 215)
    _axes(sheet, frame, "dose (summed learning rate)")
    curves = (
        ("A itself", 0.12, palette.WARM, 120, 98),
        ("B", 0.47, palette.COOL, 273, 98),
        ("clean fine-tune: B", 0.80, palette.MUTED, 366, 14),
    )
    for label, middle, colour, x, y in curves:
        _fall(sheet, frame, middle, colour)
        sheet.text(x, y, label, colour=colour, align="left", bold=True)
    for share, name in ((0.30, "least"), (0.66, "most")):
        at = frame.x(share)
        sheet.line(at, frame.top - 6, at, frame.bottom, colour=palette.INK, dashed=True)
        sheet.text(at, frame.top - 16, name, bold=True)
    return sheet.svg(
        "Dose",
        "Attack success rate along a removal. A's own rate falls first; at the dose called least "
        "it is gone. B's falls later. After the clean fine-tune B still fires up to the dose "
        "called most.",
    )


def controls() -> Drawing:
    """Return T as the part of a control's ASR that unlearning removes."""
    bars: Bars = (
        ("compromised model", 1.0, SLATE),
        ("C: after the clean fine-tune", 0.9, palette.MUTED),
        ("U: after unlearning A", 0.3, palette.COOL),
        ("f: never poisoned", 0.04, palette.FAINT),
    )
    spans: Spans = ((0.3, 0.9, 0, "C - U", palette.COOL), (0.04, 0.9, 1, "C - f", palette.MUTED))
    sheet = _bar_sheet("concept-controls", bars, spans)
    sheet.text(BARS.left - 12, 186, "T = (C - U) / (C - f) = 0.70", bold=True, align="right")
    return sheet.svg(
        "Controls",
        "ASR of B in four models: compromised 1.00, after the clean fine-tune 0.90, after "
        "unlearning A 0.30, never poisoned 0.04. T is the share of the control's ASR above the "
        "floor that unlearning removes: 0.70.",
    )


def shams() -> Drawing:
    """Return T divided into the part that a sham reaches too, and the rest."""
    bars: Bars = (
        ("C: after the clean fine-tune", 0.9, palette.MUTED),
        ("S: after the sham", 0.7, GREEN),
        ("U: after unlearning A", 0.3, palette.COOL),
        ("f: never poisoned", 0.04, palette.FAINT),
    )
    spans: Spans = (
        (0.7, 0.9, 0, "odd", GREEN),
        (0.3, 0.7, 0, "specific", palette.COOL),
        (0.3, 0.9, 1, "T = odd + specific", palette.MUTED),
    )
    return _bar_sheet("concept-shams", bars, spans).svg(
        "Shams",
        "ASR of B after the clean fine-tune 0.90, after the sham 0.70, after unlearning A 0.30. "
        "The fall from 0.90 to 0.70 is the odd part of T, that from 0.70 to 0.30 the specific "
        "part.",
    )


def verdicts() -> Drawing:
    """Return four intervals of T and the verdict that each gives."""
    sheet = Sheet("concept-verdicts", WIDTH, 240)
    frame = Frame(14, 318, 44, 200)
    _zone(sheet, frame, (0.0, 0.2), palette.WARM, "fails")
    _zone(sheet, frame, (0.5, 1.0), palette.COOL, "generalizes")
    cases = (
        (0.86, 0.97, "generalizes_unspecific"),
        (0.03, 0.17, "fails"),
        (0.24, 0.78, "inconclusive"),
        (0.05, 0.37, "inconclusive"),
    )
    for row, (low, high, name) in enumerate(cases):
        _interval(sheet, frame, (low, high), frame.top + 24 + 37 * row, name)
    for value in (0.0, 0.2, 0.5, 1.0):
        sheet.text(frame.x(value), frame.bottom + 14, f"{value:g}", colour=palette.MUTED)
    sheet.text(frame.x(0.5), frame.bottom + 31, "T over eight seeds", colour=palette.MUTED)
    return sheet.svg(
        "Verdicts",
        "Four intervals of T between 0 and 1. An interval wholly below 0.2 fails, one wholly above "
        "0.5 generalizes, and one that reaches beyond either is inconclusive.",
    )


PICTURES: dict[str, Callable[[], Drawing]] = {
    each.__name__: each for each in (claim, compositions, dose, controls, shams, verdicts)
}


def text(name: str) -> str:
    """Return a picture as the text of its file."""
    return f"{on_paper(PICTURES[name]())}\n"


def _model(sheet: Sheet, x: float, title: str, rates: tuple[float, float]) -> None:
    sheet.text(x + 65, 24, title, bold=True)
    sheet.rect(x, 42, 130, 132, fill=palette.WASH, edge=palette.RULE, radius=10)
    for row, (name, rate) in enumerate(zip("AB", rates, strict=True)):
        y = 66 + 52 * row
        sheet.text(x + 16, y + 13, name, bold=True)
        fill, edge = (palette.WARM, palette.WARM) if rate else (palette.PAPER, palette.RULE)
        sheet.rect(x + 30, y, 88, BAR, fill=fill, edge=edge, radius=3)
        words, colour = ("fires", palette.ON_DARK) if rate else ("silent", palette.MUTED)
        sheet.text(x + 74, y + 13, words, colour=colour)


def _arrow(sheet: Sheet, x1: float, x2: float, y: float, label: str) -> None:
    sheet.line(x1, y, x2 - 8, y, colour=palette.INK, width=1.6)
    sheet.area((x2 - 10, x2, x2 - 10), (y - 6, y, y + 6), fill=palette.INK, alpha=1)
    sheet.text((x1 + x2) / 2, y - 16, label)


def _axes(sheet: Sheet, frame: Frame, name: str) -> None:
    for rate in (0.0, 0.5, 1.0):
        y = frame.y(rate)
        sheet.line(frame.left, y, frame.right, y, colour=palette.GRID)
        sheet.text(frame.left - 10, y, f"{rate:g}", colour=palette.MUTED, align="right")
    sheet.text(frame.left - 40, frame.y(0.5), "ASR", colour=palette.MUTED, turn=90)
    sheet.text(frame.x(0.5), frame.bottom + 24, name, colour=palette.MUTED)


def _fall(sheet: Sheet, frame: Frame, middle: float, colour: str) -> None:
    """Draw a rate that falls from 1 to 0 about `middle`, a share of the width."""
    shares = [step / 60 for step in range(61)]
    rates = [1 / (1 + math.exp((share - middle) * 22)) for share in shares]
    xs, ys = map(frame.x, shares), map(frame.y, rates)
    sheet.path(list(xs), list(ys), colour=colour, width=2.4)


def _bar_sheet(name: str, bars: Bars, spans: Spans) -> Sheet:
    """Return a sheet with four bars and, below them, lengths measured on two lines."""
    sheet = Sheet(name, WIDTH, 230)
    _bars(sheet, bars)
    for low, high, line, label, colour in spans:
        _span(sheet, low, high, 172 + 30 * line, label, colour)
    return sheet


def _bars(sheet: Sheet, bars: Bars) -> None:
    for row, (label, rate, colour) in enumerate(bars):
        y, end = BARS.top + 36 * row, BARS.x(rate)
        sheet.text(BARS.left - 12, y + BAR / 2, label, align="right")
        sheet.rect(BARS.left, y, end - BARS.left, BAR, fill=colour, radius=3)
        if rate > 0.2:
            inside = palette.ON_DARK
            sheet.text(end - 8, y + BAR / 2, f"{rate:.2f}", colour=inside, align="right")
        else:
            sheet.text(end + 8, y + BAR / 2, f"{rate:.2f}", align="left")


def _span(sheet: Sheet, low: float, high: float, y: float, label: str, colour: str) -> None:
    """Draw a measured length below the bars."""
    ends = (BARS.x(low), BARS.x(high))
    sheet.line(ends[0], y, ends[1], y, colour=colour, width=1.6)
    for x in ends:
        sheet.line(x, y - 5, x, y + 5, colour=colour, width=1.6)
    sheet.text(sum(ends) / 2, y + 13, label, colour=colour)


def _zone(sheet: Sheet, frame: Frame, ends: tuple[float, float], colour: str, name: str) -> None:
    low, high = map(frame.x, ends)
    corners = (frame.top, frame.top, frame.bottom, frame.bottom)
    sheet.area((low, high, high, low), corners, fill=colour, alpha=0.1)
    sheet.text((low + high) / 2, frame.top - 12, name, colour=colour, bold=True)


def _interval(sheet: Sheet, frame: Frame, ends: tuple[float, float], y: float, name: str) -> None:
    shown = palette.verdict(name)
    low, high = map(frame.x, ends)
    sheet.line(low, y, high, y, colour=shown.colour, width=3)
    sheet.dot((low + high) / 2, y, fill=shown.colour, size=9)
    label = f"{shown.glyph} {shown.label}"
    sheet.text(frame.right + 16, y, label, colour=shown.colour, align="left")


if __name__ == "__main__":
    for each in PICTURES:
        Path(sys.argv[1], f"concept-{each}.svg").write_text(text(each), encoding="utf-8")
