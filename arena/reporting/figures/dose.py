"""T over the removal's dose, with the removed trigger, the clean fine-tune and the shams."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.results.curves import AlongDose
from arena.results.estimate import Estimate
from arena.results.numbers import Shown
from arena.results.rows import SHAM_KINDS, Which

# As wide as `forest`: in a telephone's width (326 pixels in the card) text of SIZE has 10 pixels.
LEFT, TOP, WIDTH, HEIGHT, RIGHT, FOOT = 46.0, 34.0, 356.0, 230.0, 18.0, 100.0
SIZE = 13.0
# Markers of the odd part, by kind of sham.
SHAPES: dict[str, str] = dict(zip(SHAM_KINDS, "s^P", strict=True))
Spans = Mapping[Which, tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """A line of the figure. values: one for every dose."""

    label: str
    colour: str
    shape: str
    dashed: bool
    values: Sequence[Estimate]

    @property
    def known(self) -> bool:
        """Return whether it has a value at some dose."""
        return any(each.value is not None for each in self.values)


def dose_curve(
    points: Sequence[AlongDose], spans: Spans, split_by: str = "familiar", *, salt: str = "dose"
) -> str:
    """Return an SVG of T over the dose, on a logarithmic axis.

    Args:
        points: doses, ascending.
        spans: smallest and largest dose of `least` and `most` over seeds and actors.
        split_by: as in `lines`.
        salt: prefix of the SVG's ids.
    """
    doses = [math.log10(point.dose) for point in points]
    sheet = Sheet(salt, LEFT + WIDTH + RIGHT, TOP + HEIGHT + FOOT)
    area = chart.Area(LEFT, TOP, WIDTH, HEIGHT, doses[0] - 0.05, doses[-1] + 0.05, -0.04, 1.04)
    chart.rise(sheet, area, [k / 4 for k in range(5)], size=SIZE)
    ticks = [(x, f"{point.dose:.2g}") for x, point in zip(doses, points, strict=True)]
    chart.run(sheet, area, ticks, size=SIZE)
    middle = LEFT + WIDTH / 2
    sheet.text(middle, TOP + HEIGHT + 36, "dose: summed learning rate", size=SIZE)
    for name, (low, high) in spans.items():
        _span(sheet, area, name, math.log10(low), math.log10(high))
    drawn = lines(points, split_by)
    draw_lines(sheet, area, points, drawn)
    _key(sheet, drawn)
    return sheet.svg("T over the removal's dose", f"{in_words(points, drawn)}.")


def lines(points: Sequence[AlongDose], split_by: str) -> list[Line]:
    """Return the lines that have a value.

    Args:
        split_by: the kind of sham that the page's odd part is by. Curves without shams of that kind
            show the odd part by familiar ones; the line's name says which.
    """
    odd = [point.odd_by(split_by) for point in points]
    kind = split_by if any(each.value is not None for each in odd) else "familiar"
    odd = [point.odd_by(kind) for point in points]
    control, own = [point.control for point in points], [point.own for point in points]
    drawn = (
        Line("Transfer T", palette.COOL, "o", False, [point.transfer for point in points]),
        Line(f"odd part ({kind} shams)", "#6d9fce", SHAPES.get(kind, "s"), False, odd),
        Line("clean fine-tune keeps", palette.MUTED, "D", True, control),
        Line("own trigger left", palette.WARM, "v", True, own),
    )
    return [line for line in drawn if line.known]


def in_words(points: Sequence[AlongDose], drawn: Sequence[Line]) -> str:
    """Return the numbers of a curve's lines, dose by dose."""
    return "; ".join(
        f"dose {point.dose:.2g}: "
        + ", ".join(f"{line.label} {Shown.of(line.values[place]).full}" for line in drawn)
        for place, point in enumerate(points)
    )


def draw_lines(
    sheet: Sheet,
    area: chart.Area,
    points: Sequence[AlongDose],
    drawn: Sequence[Line],
    size: float = 7,
) -> None:
    """Draw lines with their intervals. size: of the markers, in pixels."""
    for line in drawn:
        _line(sheet, area, [point.dose for point in points], line, size)


def _span(sheet: Sheet, area: chart.Area, name: str, low: float, high: float) -> None:
    """A band from the smallest to the largest dose, with its name above."""
    left, right = area.across(low), area.across(high)
    width = max(right - left, 2.0)
    sheet.rect(left - 1, area.y, width + 2, area.height, fill=palette.WASH)
    sheet.text(left + width / 2, TOP - 12, name, size=SIZE, bold=True, colour=palette.MUTED)


def _line(
    sheet: Sheet,
    area: chart.Area,
    doses: Sequence[float],
    line: Line,
    size: float,
) -> None:
    shown = zip(doses, map(Shown.of, line.values), strict=True)
    known = [(dose, each) for dose, each in shown if each.value is not None]
    xs = [area.across(math.log10(dose)) for dose, _ in known]
    ys = [area.up(each.value or 0.0) for _, each in known]
    if not line.dashed:
        lows, highs = zip(*(_ends(area, each) for _, each in known), strict=True)
        sheet.area([*xs, *reversed(xs)], [*highs, *reversed(lows)], fill=line.colour, alpha=0.13)
    width = 1.6 if line.dashed else 2.4
    sheet.path(xs, ys, colour=line.colour, width=width, dashed=line.dashed)
    for x, y, (dose, each) in zip(xs, ys, known, strict=True):
        tip = f"{line.label} at {dose:.2g}: {each.full}"
        sheet.dot(x, y, fill=line.colour, size=size, shape=line.shape, tip=tip)


def _ends(area: chart.Area, shown: Shown) -> tuple[float, float]:
    """The heights of an interval's ends; those of the value if it has none."""
    value = shown.value or 0.0
    low, high = shown.low, shown.high
    return area.up(value if low is None else low), area.up(value if high is None else high)


def _key(sheet: Sheet, drawn: Sequence[Line]) -> None:
    """The lines' names below the axis, in two columns."""
    for place, line in enumerate(drawn):
        x, y = 10 + 226 * (place // 2), TOP + HEIGHT + 64 + 20 * (place % 2)
        sheet.path([x, x + 22], [y, y], colour=line.colour, width=2, dashed=line.dashed)
        sheet.dot(x + 11, y, fill=line.colour, size=7, shape=line.shape)
        sheet.text(x + 29, y, line.label, size=SIZE, colour=palette.MUTED, align="left")
