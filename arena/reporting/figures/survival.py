"""How backdoors survive training by other actors: ASR over the number of such trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.numbers import Shown
from arena.results.estimate import Estimate

LEFT, TOP, WIDTH, HEIGHT, SIDE, FOOT = 54.0, 22.0, 470.0, 250.0, 210.0, 52.0
APART = 16.0  # minimum pixels between two names
SPREAD = 5.0  # pixels between lines at one hop, so that intervals do not overlap
Line = Mapping[int, Estimate]  # by hops


def survival_lines(lines: Mapping[str, Line], *, salt: str = "survival") -> str:
    """Return an SVG with a line per series (an actor, or a cell of a grid) over the hops.

    Args:
        lines: by the series' names, ASR by the number of trainings by others.
        salt: prefix of the SVG's ids.
    """
    most = max(hop for line in lines.values() for hop in line)
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + HEIGHT + FOOT)
    area = chart.Area(LEFT, TOP, WIDTH, HEIGHT, -0.25, most + 0.25, -0.03, 1.03)
    chart.rise(sheet, area, [k / 4 for k in range(5)])
    chart.run(sheet, area, [(hop, str(hop)) for hop in range(most + 1)])
    sheet.text(LEFT - 42, TOP - 10, "ASR", size=11.5, bold=True, align="left")
    sheet.text(LEFT + WIDTH / 2, TOP + HEIGHT + 36, "trainings by others since it was planted")
    ends = []
    for index, (name, line) in enumerate(lines.items()):
        nudge = SPREAD * (index - (len(lines) - 1) / 2)
        look = palette.PARTIES[index % len(palette.PARTIES)], palette.SHAPES[index % 9]
        ends += [(y, name, look[0]) for y in _drawn(sheet, area, name, line, look, nudge)]
    _names(sheet, ends)
    told = "; ".join(f"{name}: {_told(line)}" for name, line in lines.items())
    return sheet.svg("Survival of backdoors over trainings by others", f"{told}.")


def _drawn(
    sheet: Sheet, area: chart.Area, name: str, line: Line, look: tuple[str, str], nudge: float
) -> list[float]:
    """Draw a series and return the height at which it ends; None if it has no value."""
    known = {hop: each for hop, each in sorted(line.items()) if each.value is not None}
    places = {hop: (area.across(hop) + nudge, area.up(known[hop].value or 0.0)) for hop in known}
    colour, shape = look
    xs, ys = [x for x, _ in places.values()], [y for _, y in places.values()]
    sheet.path(xs, ys, colour=colour, width=2.2)
    for hop, each in known.items():
        x, y = places[hop]
        if each.low is not None and each.high is not None:
            ends = [area.up(each.low), area.up(each.high)]
            sheet.path([x, x], ends, colour=colour, width=1.3, alpha=0.6)
        sheet.dot(x, y, fill=colour, size=8, shape=shape, tip=f"{name}, {hop}: {_full(each)}")
    return ys[-1:]


def _names(sheet: Sheet, ends: Sequence[tuple[float, str, str]]) -> None:
    """Names at the lines' ends, moved apart where lines meet."""
    ends = sorted(ends)
    places = chart.apart([y for y, _, _ in ends], APART, sheet.height - APART / 2)
    for y, (_, name, colour) in zip(places, ends, strict=True):
        x = LEFT + WIDTH + 10
        sheet.text(x, y, name, size=12.5, colour=colour, align="left", room=SIDE - 14)


def _told(line: Line) -> str:
    return ", ".join(f"after {hop} {_full(each)}" for hop, each in sorted(line.items()))


def _full(estimate: Estimate) -> str:
    return Shown.of(estimate).full
