"""T over the removal's dose, with the removed trigger, the clean fine-tune and the shams."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.numbers import Shown
from arena.results.curves import AlongDose
from arena.results.estimate import Estimate
from arena.results.rows import SHAM_KINDS, Which

LEFT, TOP, WIDTH, HEIGHT, SIDE, FOOT = 48.0, 34.0, 470.0, 250.0, 168.0, 58.0
# Markers of the odd part, by kind of sham.
SHAPES: dict[str, str] = dict(zip(SHAM_KINDS, "s^P", strict=True))
APART = 17.0  # minimum pixels between two names
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
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + HEIGHT + FOOT)
    area = chart.Area(LEFT, TOP, WIDTH, HEIGHT, doses[0] - 0.05, doses[-1] + 0.05, -0.04, 1.04)
    chart.rise(sheet, area, [k / 4 for k in range(5)])
    chart.run(sheet, area, [(x, f"{p.dose:.1e}") for x, p in zip(doses, points, strict=True)])
    middle = LEFT + WIDTH / 2
    sheet.text(middle, TOP + HEIGHT + 36, "dose: summed learning rate", size=12)
    for name, (low, high) in spans.items():
        _span(sheet, area, name, math.log10(low), math.log10(high))
    drawn = lines(points, split_by)
    _names(sheet, draw_lines(sheet, area, points, drawn))
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
) -> list[tuple[float, str, str]]:
    """Draw lines; return the heights at which they end, with their names and colours. size: of the
    markers, in pixels."""
    doses = [point.dose for point in points]
    return [(_line(sheet, area, doses, each, size), each.label, each.colour) for each in drawn]


def _span(sheet: Sheet, area: chart.Area, name: str, low: float, high: float) -> None:
    """A band from the smallest to the largest dose, with its name above."""
    left, right = area.across(low), area.across(high)
    width = max(right - left, 2.0)
    sheet.rect(left - 1, area.y, width + 2, area.height, fill=palette.WASH)
    sheet.text(left + width / 2, TOP - 12, name, size=12, bold=True, colour=palette.MUTED)


def _line(
    sheet: Sheet,
    area: chart.Area,
    doses: Sequence[float],
    line: Line,
    size: float,
) -> float:
    """Draws a line with its interval; returns the height at which it ends."""
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
    return ys[-1]


def _ends(area: chart.Area, shown: Shown) -> tuple[float, float]:
    """The heights of an interval's ends; those of the value if it has none."""
    value = shown.value or 0.0
    low, high = shown.low, shown.high
    return area.up(value if low is None else low), area.up(value if high is None else high)


def _names(sheet: Sheet, ends: Sequence[tuple[float, str, str]]) -> None:
    """Names at the lines' ends, moved apart where lines meet."""
    ends = sorted(ends)
    places = chart.apart([y for y, _, _ in ends], APART, sheet.height - APART / 2)
    for y, (_, label, colour) in zip(places, ends, strict=True):
        sheet.text(
            LEFT + WIDTH + 12, y, label, size=12.5, colour=palette.in_text(colour), align="left"
        )
