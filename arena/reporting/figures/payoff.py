"""A duel's payoffs: every red strategy against every blue one, best replies marked."""

from __future__ import annotations

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet
from arena.reporting.figures.heatmap import scale
from arena.reporting.payoff_matrix import SIDES, Pair, PayoffMatrix
from arena.results.duel import Payoff
from arena.results.numbers import Shown, decimals

LABEL, HEAD, FOOT, HIGH, ROOM = 270.0, 52.0, 64.0, 62.0, 1040.0
WIDE = 96.0  # width in pixels from which an interval is written out
RED, BLUE = ("^", palette.WARM), ("v", palette.COOL)


def figure_width(matrix: PayoffMatrix) -> float:
    """Return the width of the whole figure in pixels; the legend sets the minimum."""
    return max(LABEL + _column(matrix) * len(matrix.blue) + 10, 700.0)


def _column(matrix: PayoffMatrix) -> float:
    return min(max((ROOM - LABEL) / max(len(matrix.blue), 1), 70.0), 128.0)


def payoff_heatmap(matrix: PayoffMatrix, *, salt: str = "payoff") -> str:
    """Return an SVG with a row per red strategy and a column per blue one: mean ASR left, its
    interval, and how much clean accuracy an entry costs where that is noted.

    Args:
        matrix: what was played.
        salt: prefix of the SVG's ids.
    """
    tall, wide = HEAD + HIGH * len(matrix.red), _column(matrix)
    sheet = Sheet(salt, figure_width(matrix), tall + FOOT)
    _heads(sheet, matrix)
    for row, red in enumerate(matrix.red):
        for column, blue in enumerate(matrix.blue):
            x, y = LABEL + wide * column, HEAD + HIGH * row
            _entry(sheet, matrix, (red, blue), (x + 1, y + 1, wide - 2, HIGH - 2))
    _legend(sheet, tall + 20)
    return sheet.svg("ASR left, red against blue", _describe(matrix))


def _heads(sheet: Sheet, matrix: PayoffMatrix) -> None:
    sheet.text(LABEL, 12, "blue: how it unlearns", size=11, colour=palette.MUTED, align="left")
    sheet.text(LABEL - 14, HEAD - 14, "red: how it evades", size=11, colour=palette.MUTED,
               align="right")  # fmt: skip
    wide = _column(matrix)
    for column, blue in enumerate(matrix.blue):
        x, marked = LABEL + wide * (column + 0.5), blue in matrix.infeasible
        sheet.text(x, HEAD - (22 if marked else 14), blue, size=13, bold=True, room=wide - 4)
        if marked:
            _mark(sheet, x, HEAD - 7)
    for row, (red, setup) in enumerate(matrix.red.items()):
        y = HEAD + HIGH * (row + 0.5)
        sheet.text(LABEL - 14, y - (8 if setup else 0), red, size=13, bold=True, align="right",
                   room=LABEL - 18)  # fmt: skip
        sheet.text(LABEL - 14, y + 10, setup, size=10.5, colour=palette.MUTED, align="right",
                   room=LABEL - 18)  # fmt: skip
        if red in matrix.infeasible:
            _mark(sheet, LABEL - 14, y + (24 if setup else 16), align="right")


def _mark(sheet: Sheet, x: float, y: float, align: str = "center") -> None:
    sheet.text(x, y, "infeasible", size=10.5, colour=palette.WARM, align=align)


def _entry(
    sheet: Sheet, matrix: PayoffMatrix, pair: Pair, box: tuple[float, float, float, float]
) -> None:
    payoff = matrix.entries.get(pair)
    if payoff is None:
        tip = f"{pair[0]} against {pair[1]}: not played"
        sheet.rect(*box, fill=palette.WASH, radius=3, tip=tip)
        return
    fill = palette.asr_colour(payoff.left.value)
    sheet.rect(*box, fill=fill, edge=palette.RULE, line=0.6, radius=3, tip=_tip(payoff))
    x, y, width, height = box
    lines = _lines(payoff, matrix.lost.get(pair), width)
    middle, ink = y + height / 2 + (2 if len(lines) > 1 else 0), palette.readable_on(fill)
    for index, (text, size) in enumerate(lines):
        step = middle + 15 * (index - (len(lines) - 1) / 2)
        sheet.text(x + width / 2, step, text, size=size, colour=ink)
    places = ((RED, x + 10), (BLUE, x + width - 10))
    for side, ((shape, colour), place) in zip(SIDES, places, strict=True):
        if matrix.is_best(side, pair):
            sheet.dot(place, y + 11, fill=colour, size=9, shape=shape, line=1.2)


def _lines(payoff: Payoff, lost: float | None, width: float) -> list[tuple[str, float]]:
    """The lines of an entry, with their sizes."""
    left = Shown.of(payoff.left)
    lines = [(left.text, 14.0)]
    if left.has_interval:
        lines.append((left.interval if width > WIDE else left.brief, 10.5))
    if lost is not None:
        lines.append((f"accuracy {decimals(lost)}", 10.0))
    return lines


def _tip(payoff: Payoff) -> str:
    values = (
        ("ASR left", payoff.left),
        ("after the clean fine-tune", payoff.control),
        ("of the unlearned trigger", payoff.own_left),
        ("clean accuracy", payoff.clean_accuracy),
    )
    listed = ", ".join(f"{name} {Shown.of(estimate).full}" for name, estimate in values)
    return f"{payoff.red} against {payoff.blue}: {listed}"


def _legend(sheet: Sheet, y: float) -> None:
    scale(sheet, LABEL, y)
    sheet.text(LABEL + 142, y, "remaining ASR of the red actor", size=11, colour=palette.MUTED,
               align="left")  # fmt: skip
    for (shape, colour), x, words in (
        (RED, LABEL, "red's best reply in its column"),
        (BLUE, LABEL + 206, "blue's best reply in its row"),
    ):
        sheet.dot(x, y + 24, fill=colour, size=9, shape=shape)
        sheet.text(x + 12, y + 24, words, size=11, colour=palette.MUTED, align="left")


def _describe(matrix: PayoffMatrix) -> str:
    entries = [
        f"{red} against {blue} {Shown.of(payoff.left).full}"
        for (red, blue), payoff in matrix.entries.items()
    ]
    return f"{'; '.join(entries)}."
