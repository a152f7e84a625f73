"""T over the removal's dose, with the removed trigger, the clean fine-tune and the shams."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.numbers import Shown
from arena.results.curves import AlongDose
from arena.results.estimate import Estimate
from arena.results.rows import Which

LEFT, TOP, WIDTH, HEIGHT, SIDE, FOOT = 48.0, 34.0, 470.0, 250.0, 150.0, 58.0
LINES = (
    ("transfer", "Transfer T", palette.COOL, "o", False),
    ("odd", "odd part of T", "#6d9fce", "s", False),
    ("control", "clean fine-tune keeps", palette.MUTED, "D", True),
    ("own", "own trigger left", palette.WARM, "v", True),
)
APART = 17.0  # minimum pixels between two names
Spans = Mapping[Which, tuple[float, float]]


def dose_curve(points: Sequence[AlongDose], spans: Spans, *, salt: str = "dose") -> str:
    """Return an SVG of T over the dose, on a logarithmic axis.

    Args:
        points: doses, ascending.
        spans: smallest and largest dose of `least` and `most` over seeds and actors.
        salt: prefix of the SVG's ids.
    """
    doses = [math.log10(point.dose) for point in points]
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + HEIGHT + FOOT)
    area = chart.Area(LEFT, TOP, WIDTH, HEIGHT, doses[0] - 0.05, doses[-1] + 0.05, -0.04, 1.04)
    chart.rise(sheet, area, [k / 4 for k in range(5)])
    chart.run(sheet, area, [(x, f"{p.dose:.1e}") for x, p in zip(doses, points, strict=True)])
    middle = LEFT + WIDTH / 2
    sheet.text(middle, TOP + HEIGHT + 36, "dose: summed learning rate", size=12)
    for name, (low, high) in spans.items():
        _span(sheet, area, name, math.log10(low), math.log10(high))
    _names(sheet, draw_lines(sheet, area, points))
    return sheet.svg("T over the removal's dose", f"{in_words(points)}.")


def in_words(points: Sequence[AlongDose]) -> str:
    """Return the numbers of a curve, dose by dose."""
    return "; ".join(
        f"dose {p.dose:.2g}: T {Shown.of(p.transfer).full}, own trigger {Shown.of(p.own).text}, "
        f"clean fine-tune keeps {Shown.of(p.control).text}"
        for p in points
    )


def draw_lines(
    sheet: Sheet, area: chart.Area, points: Sequence[AlongDose], size: float = 7
) -> list[tuple[float, str, str]]:
    """Draw every line of `LINES` that has a value; return the heights at which they end, with
    their names and colours. size: of the markers, in pixels."""
    ends = []
    for key, label, colour, shape, dashed in LINES:
        known = [
            (math.log10(point.dose), point.dose, getattr(point, key))
            for point in points
            if getattr(point, key).value is not None
        ]
        if known:
            look = (colour, shape, dashed, size)
            ends.append((_line(sheet, area, known, look, label), label, colour))
    return ends


def _span(sheet: Sheet, area: chart.Area, name: str, low: float, high: float) -> None:
    """A band from the smallest to the largest dose, with its name above."""
    left, right = area.across(low), area.across(high)
    width = max(right - left, 2.0)
    sheet.rect(left - 1, area.y, width + 2, area.height, fill=palette.WASH)
    sheet.text(left + width / 2, TOP - 12, name, size=12, bold=True, colour=palette.MUTED)


def _line(
    sheet: Sheet,
    area: chart.Area,
    known: Sequence[tuple[float, float, Estimate]],
    look: tuple[str, str, bool, float],
    label: str,
) -> float:
    """Draws a line with its interval; returns the height at which it ends."""
    colour, shape, dashed, size = look
    xs = [area.across(x) for x, _, _ in known]
    ys = [area.up(each.value or 0.0) for _, _, each in known]
    lows = [area.up(each.value if each.low is None else each.low) for _, _, each in known]  # type: ignore[arg-type]
    highs = [area.up(each.value if each.high is None else each.high) for _, _, each in known]  # type: ignore[arg-type]
    if not dashed:
        sheet.area([*xs, *reversed(xs)], [*highs, *reversed(lows)], fill=colour, alpha=0.13)
    sheet.path(xs, ys, colour=colour, width=1.6 if dashed else 2.4, dashed=dashed)
    for x, y, (_, dose, each) in zip(xs, ys, known, strict=True):
        tip = f"{label} at {dose:.2g}: {Shown.of(each).full}"
        sheet.dot(x, y, fill=colour, size=size, shape=shape, tip=tip)
    return ys[-1]


def _names(sheet: Sheet, ends: Sequence[tuple[float, str, str]]) -> None:
    """Names at the lines' ends, moved apart where lines meet."""
    ends = sorted(ends)
    places = chart.apart([y for y, _, _ in ends], APART, sheet.height - APART / 2)
    for y, (_, label, colour) in zip(places, ends, strict=True):
        sheet.text(
            LEFT + WIDTH + 12, y, label, size=12.5, colour=palette.in_text(colour), align="left"
        )
