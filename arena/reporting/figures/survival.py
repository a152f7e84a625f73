"""How backdoors survive training by other actors: ASR over the number of such trainings."""

from __future__ import annotations

from collections.abc import Mapping

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.results.estimate import Estimate
from arena.results.numbers import Shown

LEFT, TOP, HEIGHT, RIGHT, FOOT, ROW = 48.0, 34.0, 250.0, 12.0, 66.0, 21.0
WIDTH, COLUMNS = chart.NARROW - LEFT - RIGHT, 2
SPREAD = 5.0  # pixels between lines at one hop, so that intervals do not overlap
Line = Mapping[int, Estimate]  # by hops


def survival_lines(lines: Mapping[str, Line], *, salt: str = "survival") -> str:
    """Return an SVG with a line per series (an actor, or a cell of a grid) over the hops.

    Args:
        lines: by the series' names, ASR by the number of trainings by others.
        salt: prefix of the SVG's ids.
    """
    most = max(hop for line in lines.values() for hop in line)
    shown = {name: line for name, line in lines.items() if _known(line)}
    key = ROW * -(-len(shown) // COLUMNS)
    sheet = Sheet(salt, chart.NARROW, TOP + HEIGHT + FOOT + key)
    area = chart.Area(LEFT, TOP, WIDTH, HEIGHT, -0.25, most + 0.25, -0.03, 1.03)
    chart.rise(sheet, area, [k / 4 for k in range(5)], size=chart.SIZE)
    chart.run(sheet, area, [(hop, str(hop)) for hop in range(most + 1)], size=chart.SIZE)
    sheet.text(8, TOP - 17, "ASR", size=chart.SIZE, bold=True, align="left")
    below = "trainings by others since it was planted"
    sheet.text(LEFT + WIDTH / 2, TOP + HEIGHT + 36, below, size=chart.SIZE)
    for index, (name, line) in enumerate(shown.items()):
        nudge = SPREAD * (index - (len(shown) - 1) / 2)
        look = palette.PARTIES[index % len(palette.PARTIES)], palette.SHAPES[index % 9]
        _drawn(sheet, area, name, line, look, nudge)
        x = 20 + WIDTH / COLUMNS * (index % COLUMNS)
        _name(sheet, x, TOP + HEIGHT + FOOT + ROW * (index // COLUMNS), name, look)
    told = "; ".join(f"{name}: {_told(line)}" for name, line in lines.items())
    return sheet.svg("Survival of backdoors over trainings by others", f"{told}.")


def _known(line: Line) -> Line:
    return {hop: each for hop, each in sorted(line.items()) if each.value is not None}


def _drawn(
    sheet: Sheet, area: chart.Area, name: str, line: Line, look: tuple[str, str], nudge: float
) -> None:
    known = _known(line)
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


def _name(sheet: Sheet, x: float, y: float, name: str, look: tuple[str, str]) -> None:
    """A series' mark and name, below the axis."""
    colour, shape = look
    sheet.path([x - 11, x + 11], [y, y], colour=colour, width=2.2)
    sheet.dot(x, y, fill=colour, size=8, shape=shape)
    room = WIDTH / COLUMNS - 26
    sheet.text(x + 18, y, name, size=chart.SIZE, colour=colour, align="left", room=room)


def _told(line: Line) -> str:
    return ", ".join(f"after {hop} {_full(each)}" for hop, each in sorted(line.items()))


def _full(estimate: Estimate) -> str:
    return Shown.of(estimate).full
