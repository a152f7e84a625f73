"""Representational distance (CASD) against transfer, one mark per ordered pair and seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from arena.measures.representations.findings import DistancePoint
from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.results.numbers import decimals, finite

LEFT, TOP, WIDTH, HEIGHT, SIDE, FOOT = 62.0, 22.0, 640.0, 330.0, 200.0, 50.0
MOST_TIPS = 600  # beyond this number the marks of an actor become one shape, to keep the page small

Place = tuple[float, float, DistancePoint]


def casd_scatter(
    actors: Sequence[str], points: Sequence[DistancePoint], *, salt: str = "casd"
) -> str:
    """Return an SVG of transfer T (up) against CASD (across), with a mark per suppressed actor.

    Args:
        actors: the order of marks.
        points: those without both numbers are left out.
        salt: prefix of the SVG's ids.
    """
    places = {actor: _known(points, actor) for actor in _order(actors, points)}
    every = [place for of_actor in places.values() for place in of_actor]
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + HEIGHT + FOOT)
    area = _area(every)
    chart.rise(sheet, area, chart.steps(area.low, area.high))
    chart.run(sheet, area, [(v, chart.tick(v)) for v in chart.steps(area.left, area.right, 8)])
    sheet.text(LEFT - 44, TOP - 12, "transfer T", size=11.5, bold=True, align="left")
    under = TOP + HEIGHT + 34
    label = "CASD: how differently the two unlearnings moved the model"
    sheet.text(LEFT + WIDTH, under, label, size=11.5, bold=True, align="right")
    for index, (actor, of_actor) in enumerate(places.items()):
        _marks(sheet, area, index, actor, of_actor, tips=len(every) <= MOST_TIPS)
    return sheet.svg("Representational distance against transfer", _describe(places))


def _order(actors: Sequence[str], points: Sequence[DistancePoint]) -> list[str]:
    return list(dict.fromkeys([*actors, *(point.to for point in points)]))


def _known(points: Sequence[DistancePoint], actor: str) -> list[Place]:
    pairs = [
        (finite(point.casd), finite(point.transfer), point) for point in points if point.to == actor
    ]
    return [(x, y, point) for x, y, point in pairs if x is not None and y is not None]


def _area(places: Sequence[Place]) -> chart.Area:
    across, up = [x for x, _, _ in places], [y for _, y, _ in places]
    # The axis need not start at zero: what counts is which distances are larger.
    low = min(across, default=0.0)
    right = max(across, default=1.0)
    left = low - 0.06 * (right - low) if low > 0.4 * right else 0.0
    bottom = math.floor(min([0.0, *up]) / 0.25) * 0.25
    top = math.ceil(max([1.0, *up]) / 0.25) * 0.25
    return chart.Area(LEFT, TOP, WIDTH, HEIGHT, left, right + 0.04 * (right - left), bottom, top)


def _marks(
    sheet: Sheet, area: chart.Area, index: int, actor: str, places: Sequence[Place], *, tips: bool
) -> None:
    colour = palette.PARTIES[index % len(palette.PARTIES)]
    shape = palette.SHAPES[index % len(palette.SHAPES)]
    if tips:
        for x, y, point in places:
            sheet.dot(area.across(x), area.up(y), fill=colour, size=8, shape=shape, alpha=0.8,
                      tip=_tip(point, x, y))  # fmt: skip
    elif places:
        xs, ys = [area.across(x) for x, _, _ in places], [area.up(y) for _, y, _ in places]
        sheet.dots(xs, ys, fill=colour, size=5, shape=shape, alpha=0.5)
    x, y = LEFT + WIDTH + 30, TOP + 34 + 22 * index
    if index == 0:
        sheet.text(x - 6, TOP + 10, "suppressed", size=11, colour=palette.MUTED, align="left")
    sheet.dot(x, y, fill=colour, size=8, shape=shape)
    sheet.text(x + 13, y, actor, size=12, align="left", room=SIDE - 50)


def _tip(point: DistancePoint, x: float, y: float) -> str:
    cell = f"{point.cell}, " if point.cell else ""
    pair = f"unlearn {point.source}, effect on {point.to}"
    return f"{cell}seed {point.seed}, {pair}: CASD {decimals(x, 3)}, T {decimals(y)}"


def _describe(places: Mapping[str, Sequence[Place]]) -> str:
    counts = [f"{actor}: {len(of_actor)} points" for actor, of_actor in places.items()]
    return "One mark per unlearned actor, other actor and seed, by the other actor. " + (
        ", ".join(counts) + "."
    )
