"""The league's trade-off: the ASR that every defence left against the accuracy that it cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.text import fit
from arena.results.league import Standing
from arena.results.numbers import Shown, decimals, duration, finite

LEFT, TOP, WIDTH, HEIGHT, SIDE, FOOT = 62.0, 26.0, 660.0, 380.0, 196.0, 54.0
TICKS = (0.0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
SMALL, LARGE, LETTER = 9.0, 21.0, 11.5
KINDS = {  # by intelligence: marker, colour
    "disclosed": ("o", palette.PARTIES[2]),
    "discovered": ("D", palette.PARTIES[3]),
    "decoy": ("^", palette.PARTIES[4]),
    "blind": ("s", palette.PARTIES[1]),
    "control": ("P", palette.MUTED),
    "none": ("X", palette.MUTED),
}
OTHER = ("p", palette.PARTIES[5])

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Point:
    """An entry in pixels, with the radius of its mark."""

    entry: Standing
    x: float
    y: float
    radius: float


def pareto(
    entries: Sequence[Standing], accuracy: str = "clean accuracy", loss: float | None = None, *,
    salt: str = "pareto",
) -> str:  # fmt: skip
    """Return an SVG of the others' ASR left (up) against the accuracy lost (across, by its root).

    Args:
        entries: of the league; those without both numbers are left out.
        accuracy: which accuracy it is.
        loss: the most that may be lost, drawn as a line.
        salt: prefix of the SVG's ids.
    """
    known = [each for each in entries if None not in _place(each)]
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + HEIGHT + FOOT)
    area = _area(known)
    chart.rise(sheet, area, [k / 5 for k in range(6)])
    low, high = area.left**2 * (-1 if area.left < 0 else 1), area.right**2
    ticks = [(_root(v), chart.tick(v)) for v in (-0.02, *TICKS) if low - 1e-9 <= v <= high + 1e-9]
    chart.run(sheet, area, ticks)
    sheet.text(
        LEFT - 44, TOP - 15, "remaining ASR of the others", size=11.5, bold=True, align="left"
    )
    label = f"{accuracy} lost, on a square-root scale"
    sheet.text(LEFT + WIDTH, TOP + HEIGHT + 36, label, size=11.5, bold=True, align="right")
    if loss is not None and loss <= high:
        x = area.across(_root(loss))
        sheet.line(x, TOP, x, TOP + HEIGHT, colour=palette.FAINT, dashed=True)
        sheet.text(x + 6, TOP + 8, f"at most {loss:g}", size=11, colour=palette.MUTED,
                   align="left")  # fmt: skip
    points = _points(area, known)
    steps = _front(area, points)
    if steps:
        sheet.path([x for x, _ in steps], [y for _, y in steps], colour=palette.COOL, width=1.6,
                   dashed=True, alpha=0.7)  # fmt: skip
    for point in points:
        _mark(sheet, area, point)
    _names(sheet, area, points, steps)
    _key(sheet, points)
    return sheet.svg("What each defence left, and what it cost", _describe(known))


def _place(entry: Standing) -> tuple[float | None, float | None]:
    """Accuracy lost and ASR left."""
    change = finite(entry.change.value)
    return (None if change is None else -change), finite(entry.others.value)


def _root(value: float) -> float:
    return math.copysign(math.sqrt(abs(value)), value)


def _area(entries: Sequence[Standing]) -> chart.Area:
    lost = [value for value, _ in map(_place, entries) if value is not None]
    # A little room below 0, for defences that gained.
    left = min([_root(min(lost, default=0.0)) * 1.1, -0.03])
    right = max([_root(max(lost, default=0.0)) * 1.08, _root(0.05)])
    return chart.Area(LEFT, TOP, WIDTH, HEIGHT, left, right, 0.0, 1.0)


def _points(area: chart.Area, entries: Sequence[Standing]) -> list[_Point]:
    longest = max((_seconds(each) for each in entries), default=0.0) or 1.0
    points = []
    for entry in entries:
        lost, left = _place(entry)
        assert lost is not None  # `pareto` leaves out entries without coordinates
        assert left is not None
        size = SMALL + (LARGE - SMALL) * math.sqrt(_seconds(entry) / longest)
        points.append(_Point(entry, area.across(_root(lost)), area.up(left), size / 2))
    return sorted(points, key=lambda point: -point.radius)  # small marks lie on large ones


def _seconds(entry: Standing) -> float:
    return finite(entry.seconds.value) or 0.0


def _front(area: chart.Area, points: Sequence[_Point]) -> list[tuple[float, float]]:
    """The corners of the staircase below which nothing lies."""
    best = sorted((p.x, p.y) for p in points if p.entry.front)
    corners = [(best[0][0], area.y)] if best else []
    for x, y in best:
        corners += [(x, corners[-1][1]), (x, y)]
    return [*corners, (area.x + area.width, corners[-1][1])] if best else []


def _mark(sheet: Sheet, area: chart.Area, point: _Point) -> None:
    shape, colour = _look(point.entry)
    left, change = Shown.of(point.entry.others), Shown.of(point.entry.change)
    if left.low is not None and left.high is not None:
        sheet.path([point.x, point.x], [area.up(left.low), area.up(left.high)], colour=colour,
                   width=1.0, alpha=0.35)  # fmt: skip
    if change.low is not None and change.high is not None:
        ends = [area.across(_root(-end)) for end in (change.high, change.low)]
        sheet.path(ends, [point.y, point.y], colour=colour, width=1.0, alpha=0.35)
    sheet.dot(point.x, point.y, fill=colour, size=2 * point.radius, shape=shape, alpha=0.85,
              tip=_tip(point.entry))  # fmt: skip


def _look(entry: Standing) -> tuple[str, str]:
    return KINDS.get(entry.intelligence, OTHER)


def _names(
    sheet: Sheet, area: chart.Area, points: Sequence[_Point], steps: Sequence[tuple[float, float]]
) -> None:
    """Every name in a free place beside its mark; where marks are crowded, farther away with a thin
    line."""
    taken = [(p.x - p.radius, p.y - p.radius, 2 * p.radius, 2 * p.radius) for p in points]
    for (x1, y1), (x2, y2) in pairwise(steps):
        taken.append((min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)))
    for point in sorted(points, key=lambda p: (p.y, p.x)):
        name = fit(point.entry.name, 170, LETTER)
        wide = len(name) * LETTER * 0.54
        box = _free(area, point, wide, taken)
        taken.append(box)
        x, y = box[0], box[1] + LETTER / 2 + 1
        if math.hypot(max(x - point.x, point.x - x - wide, 0.0), y - point.y) > point.radius + 14:
            end = x - 2 if x > point.x else x + wide + 2
            sheet.line(point.x, point.y, end, y, colour=palette.HATCH, width=0.8)
        sheet.text(x, y, name, size=LETTER, align="left",
                   bold=point.entry.front)  # fmt: skip


def _free(area: chart.Area, point: _Point, wide: float, taken: Sequence[Box]) -> Box:
    """The nearest place for a name without overlap; beside the mark if there is none."""
    tall, gap = LETTER + 3, point.radius + 5
    first = (point.x + gap, point.y - tall / 2, wide, tall)
    for far in range(24):
        for side in (0, -far * tall, far * tall) if far else (0,):
            for x in (point.x + gap + 10 * bool(far), point.x - gap - 10 * bool(far) - wide):
                box = (x, point.y - tall / 2 + side, wide, tall)
                inside = area.x <= x and x + wide <= area.x + area.width + SIDE * 0.1
                level = area.y <= box[1] and box[1] + tall <= area.y + area.height
                if inside and level and not any(_meet(box, other) for other in taken):
                    return box
    return first


def _meet(one: Box, other: Box) -> bool:
    return all(
        one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2]
        for axis in (0, 1)
    )


def _key(sheet: Sheet, points: Sequence[_Point]) -> None:
    x, y = LEFT + WIDTH + 34, TOP + 12
    seen = {point.entry.intelligence for point in points}
    for kind in [*(k for k in KINDS if k in seen), *sorted(seen - KINDS.keys())]:
        shape, colour = KINDS.get(kind, OTHER)
        sheet.dot(x, y, fill=colour, size=10, shape=shape, alpha=0.85)
        words = {"none": "nothing done", "control": "clean fine-tune"}.get(kind, kind)
        sheet.text(x + 15, y, words, size=11.5, align="left", room=SIDE - 55)
        y += 21
    sheet.path([x - 8, x + 8], [y, y], colour=palette.COOL, width=1.6, dashed=True, alpha=0.7)
    sheet.text(x + 15, y, "nothing is better in both", size=11.5, align="left")
    y += 34
    longest = max((_seconds(point.entry) for point in points), default=0.0)
    for share in (1.0, 0.25) if longest else ():
        size = SMALL + (LARGE - SMALL) * math.sqrt(share)
        sheet.dot(x, y, fill=palette.FAINT, size=size)
        sheet.text(x + 18, y, duration(share * longest), size=11.5, align="left")
        y += 24


def _tip(entry: Standing) -> str:
    lost, _ = _place(entry)
    seconds = duration(entry.seconds.value)
    rates = f"ASR left {Shown.of(entry.others).full}, accuracy lost {decimals(lost, 3)}"
    return f"{entry.name}: {rates}, {seconds}"


def _describe(entries: Sequence[Standing]) -> str:
    front = [each.name for each in entries if each.front]
    best = f" On the front: {', '.join(front)}." if front else ""
    return f"{'; '.join(map(_tip, entries)) or 'No defence to show'}.{best}"
