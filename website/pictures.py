"""The pictures of docs/concepts.md: `python -m website.pictures docs/figures`.

They show made-up numbers, chosen to explain a definition of docs/estimands.md; no run gave them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from arena.reporting import palette
from arena.reporting.figures.canvas import Drawing, Sheet, on_paper

WIDTH = 500  # still legible at the width of a phone
BAR = 26
SLATE, GREEN = palette.PARTIES[0], palette.PARTIES[3]
Bars = Sequence[tuple[str, float, str]]  # label, ASR, colour


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
    left, right, top, bottom = 54, 490, 30, 215
    _axes(sheet, left, right, top, bottom, "dose (summed learning rate)")
    curves = (
        ("A itself", 0.12, palette.WARM, 120, 98),
        ("B", 0.47, palette.COOL, 273, 98),
        ("clean fine-tune: B", 0.80, palette.MUTED, 366, 14),
    )
    for label, middle, colour, x, y in curves:
        _fall(sheet, left, right, top, bottom, middle, colour)
        sheet.text(x, y, label, colour=colour, align="left", bold=True)
    for at, name in ((0.30, "least"), (0.66, "most")):
        x = left + (right - left) * at
        sheet.line(x, top - 6, x, bottom, colour=palette.INK, dashed=True)
        sheet.text(x, top - 16, name, bold=True)
    return sheet.svg(
        "Dose",
        "Attack success rate along a removal. A's own rate falls first; at the dose called least "
        "it is gone. B's falls later. After the clean fine-tune B still fires up to the dose "
        "called most.",
    )


def controls() -> Drawing:
    """Return T as the part of a control's ASR that unlearning removes."""
    sheet = Sheet("concept-controls", WIDTH, 230)
    bars: Bars = (
        ("compromised model", 1.0, SLATE),
        ("C: after the clean fine-tune", 0.9, palette.MUTED),
        ("U: after unlearning A", 0.3, palette.COOL),
        ("f: never poisoned", 0.04, palette.FAINT),
    )
    _bars(sheet, bars)
    _span(sheet, 0.3, 0.9, 172, "C - U", palette.COOL)
    _span(sheet, 0.04, 0.9, 202, "C - f", palette.MUTED)
    sheet.text(LEFT - 12, 186, "T = (C - U) / (C - f) = 0.70", bold=True, align="right")
    return sheet.svg(
        "Controls",
        "ASR of B in four models: compromised 1.00, after the clean fine-tune 0.90, after "
        "unlearning A 0.30, never poisoned 0.04. T is the share of the control's ASR above the "
        "floor that unlearning removes: 0.70.",
    )


def shams() -> Drawing:
    """Return T divided into the part that a sham reaches too, and the rest."""
    sheet = Sheet("concept-shams", WIDTH, 230)
    bars: Bars = (
        ("C: after the clean fine-tune", 0.9, palette.MUTED),
        ("S: after the sham", 0.7, GREEN),
        ("U: after unlearning A", 0.3, palette.COOL),
        ("f: never poisoned", 0.04, palette.FAINT),
    )
    _bars(sheet, bars)
    _span(sheet, 0.7, 0.9, 172, "odd", GREEN)
    _span(sheet, 0.3, 0.7, 172, "specific", palette.COOL)
    _span(sheet, 0.3, 0.9, 202, "T = odd + specific", palette.MUTED)
    return sheet.svg(
        "Shams",
        "ASR of B after the clean fine-tune 0.90, after the sham 0.70, after unlearning A 0.30. "
        "The fall from 0.90 to 0.70 is the odd part of T, that from 0.70 to 0.30 the specific "
        "part.",
    )


def verdicts() -> Drawing:
    """Return four intervals of T and the verdict that each gives."""
    sheet = Sheet("concept-verdicts", WIDTH, 240)
    left, right, top, bottom = 14, 318, 44, 200
    zones = ((0.0, 0.2, palette.WARM, "fails"), (0.5, 1.0, palette.COOL, "generalizes"))
    for low, high, colour, name in zones:
        x1, x2 = (_x(value, left, right) for value in (low, high))
        sheet.area((x1, x2, x2, x1), (top, top, bottom, bottom), fill=colour, alpha=0.1)
        sheet.text((x1 + x2) / 2, top - 12, name, colour=colour, bold=True)
    cases = (
        (0.86, 0.97, "generalizes_unspecific"),
        (0.03, 0.17, "fails"),
        (0.24, 0.78, "inconclusive"),
        (0.05, 0.37, "inconclusive"),
    )
    for row, (low, high, name) in enumerate(cases):
        _interval(sheet, low, high, top + 24 + 37 * row, left, right, name)
    for value in (0.0, 0.2, 0.5, 1.0):
        sheet.text(_x(value, left, right), bottom + 14, f"{value:g}", colour=palette.MUTED)
    sheet.text((left + right) / 2, bottom + 31, "T over eight seeds", colour=palette.MUTED)
    return sheet.svg(
        "Verdicts",
        "Four intervals of T between 0 and 1. An interval wholly below 0.2 fails, one wholly above "
        "0.5 generalizes, and one that reaches beyond either is inconclusive.",
    )


PICTURES: dict[str, Callable[[], Drawing]] = {
    each.__name__: each for each in (claim, dose, controls, shams, verdicts)
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


def _axes(sheet: Sheet, left: float, right: float, top: float, bottom: float, name: str) -> None:
    for value in (0.0, 0.5, 1.0):
        y = bottom - (bottom - top) * value
        sheet.line(left, y, right, y, colour=palette.GRID)
        sheet.text(left - 10, y, f"{value:g}", colour=palette.MUTED, align="right")
    sheet.text(left - 40, (top + bottom) / 2, "ASR", colour=palette.MUTED, turn=90)
    sheet.text((left + right) / 2, bottom + 24, name, colour=palette.MUTED)


def _fall(
    sheet: Sheet, left: float, right: float, top: float, bottom: float, middle: float, colour: str
) -> None:
    """Draw a rate that falls from 1 to 0 about `middle`, a share of the axis."""
    shares = [step / 60 for step in range(61)]
    rates = [1 / (1 + math.exp((share - middle) * 22)) for share in shares]
    xs = [left + (right - left) * share for share in shares]
    sheet.path(xs, [bottom - (bottom - top) * rate for rate in rates], colour=colour, width=2.4)


LEFT, RIGHT = 190, 490  # of the bars' scale


def _x(value: float, left: float = LEFT, right: float = RIGHT) -> float:
    return left + (right - left) * value


def _bars(sheet: Sheet, bars: Bars) -> None:
    for row, (label, rate, colour) in enumerate(bars):
        y = 14 + 36 * row
        sheet.text(LEFT - 12, y + BAR / 2, label, align="right")
        sheet.rect(LEFT, y, _x(rate) - LEFT, BAR, fill=colour, radius=3)
        inside = rate > 0.2
        sheet.text(
            _x(rate) + (-8 if inside else 8), y + BAR / 2, f"{rate:.2f}",
            colour=palette.ON_DARK if inside else palette.INK, align="right" if inside else "left",
        )  # fmt: skip


def _span(sheet: Sheet, low: float, high: float, y: float, label: str, colour: str) -> None:
    """Draw a measured length below the bars."""
    x1, x2 = _x(low), _x(high)
    sheet.line(x1, y, x2, y, colour=colour, width=1.6)
    for x in (x1, x2):
        sheet.line(x, y - 5, x, y + 5, colour=colour, width=1.6)
    sheet.text((x1 + x2) / 2, y + 13, label, colour=colour)


def _interval(
    sheet: Sheet, low: float, high: float, y: float, left: float, right: float, name: str
) -> None:
    shown = palette.verdict(name)
    sheet.line(_x(low, left, right), y, _x(high, left, right), y, colour=shown.colour, width=3)
    sheet.dot(_x((low + high) / 2, left, right), y, fill=shown.colour, size=9)
    label = f"{shown.glyph} {shown.label}"
    sheet.text(right + 16, y, label, colour=shown.colour, align="left")


if __name__ == "__main__":
    for each in PICTURES:
        Path(sys.argv[1], f"concept-{each}.svg").write_text(text(each), encoding="utf-8")
