"""From the search to fresh seeds: how much of a contender's value was due to the winner's curse."""

from __future__ import annotations

from collections.abc import Sequence

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.results.numbers import Shown
from arena.results.tune import ContenderRecord

LEFT, TOP, HEIGHT, RIGHT, FOOT, ROW = 48.0, 54.0, 270.0, 8.0, 74.0, 22.0
WIDTH = chart.NARROW - LEFT - RIGHT
PHASES = (
    ("search", ("tuned on", "these seeds")),
    ("select", ("chosen on", "these")),
    ("report", ("fresh", "seeds")),
    ("unseen", ("fresh, unseen", "defender")),
)
COUNTS = 2  # from the third phase on a value is a result
LOOKS = {
    "tuned": (palette.WARM, "o"),
    "untuned": (palette.MUTED, "s"),
    "random": (palette.PARTIES[5], "D"),
}
SPREAD = 9.0  # pixels between contenders in one phase, so that intervals do not overlap


def contenders_slope(contenders: Sequence[ContenderRecord], *, salt: str = "slope") -> str:
    """Return an SVG with a line per contender over the four phases, intervals as whiskers.

    Args:
        contenders: of a search; a phase without a value is left out of the line.
        salt: prefix of the SVG's ids.
    """
    measured = [each for each in contenders if any(v.value is not None for v in _values(each))]
    sheet = Sheet(salt, chart.NARROW, TOP + HEIGHT + FOOT + ROW * len(measured))
    area = chart.Area(LEFT, TOP, WIDTH, HEIGHT, -0.5, 3.5, 0.0, 1.0)
    _ground(sheet, area)
    for index, contender in enumerate(measured):
        nudge = SPREAD * (index - (len(measured) - 1) / 2)
        look = _look(contender, index)
        _line(sheet, area, contender, look, nudge)
        _name(sheet, contender, look, TOP + HEIGHT + FOOT + ROW * index)
    return sheet.svg("From search to fresh seeds", "; ".join(map(_describe, contenders)) + ".")


def _ground(sheet: Sheet, area: chart.Area) -> None:
    edge = area.across(COUNTS - 0.5)
    sheet.rect(area.x, area.y, edge - area.x, area.height, fill=palette.WASH)
    chart.rise(sheet, area, [k / 4 for k in range(5)], size=chart.SIZE)
    sheet.text(8, TOP - 38, "ASR left", size=chart.SIZE, bold=True, align="left")
    middle = (area.x + edge) / 2
    sheet.text(middle, TOP - 12, "optimistic", size=chart.SIZE, colour=palette.MUTED)
    end = (edge + area.x + area.width) / 2
    sheet.text(end, TOP - 12, "results", size=chart.SIZE, bold=True)
    for index, (name, means) in enumerate(PHASES):
        x, counts = area.across(index), index >= COUNTS
        sheet.text(x, area.y + HEIGHT + 16, name, size=chart.SIZE, bold=counts)
        for line, words in enumerate(means):
            y = area.y + HEIGHT + 32 + 14 * line
            sheet.text(x, y, words, size=12.5, colour=palette.MUTED)


def _look(contender: ContenderRecord, index: int) -> tuple[str, str]:
    spare = palette.PARTIES[index % len(palette.PARTIES)], palette.SHAPES[index % 9]
    return LOOKS.get(contender.name, spare)


def _line(
    sheet: Sheet, area: chart.Area, contender: ContenderRecord, look: tuple[str, str],
    nudge: float,
) -> None:  # fmt: skip
    """Draw a contender over the phases in which it has a value."""
    colour, shape = look
    shown = _values(contender)
    xs = [area.across(i) + nudge for i, each in enumerate(shown) if each.value is not None]
    ys = [area.up(each.value) for each in shown if each.value is not None]
    sheet.path(xs, ys, colour=colour, width=1.8, alpha=0.55)
    for index, each in enumerate(shown):
        if each.value is None:
            continue
        x, counts = area.across(index) + nudge, index >= COUNTS
        if each.low is not None and each.high is not None:
            sheet.path([x, x], [area.up(each.low), area.up(each.high)], colour=colour,
                       width=2.4 if counts else 1.2, alpha=1 if counts else 0.6)  # fmt: skip
        fill, edge = (colour, palette.PAPER) if counts else (palette.PAPER, colour)
        tip = f"{contender.name}, {PHASES[index][0]}: {each.full}"
        sheet.dot(x, area.up(each.value), fill=fill, edge=edge, size=9, shape=shape,
                  line=1.4, tip=tip)  # fmt: skip


def _name(sheet: Sheet, contender: ContenderRecord, look: tuple[str, str], y: float) -> None:
    """A contender's mark and name, below the axis."""
    (colour, shape), x = look, 20.0
    sheet.path([x - 11, x + 11], [y, y], colour=colour, width=1.8, alpha=0.55)
    sheet.dot(x, y, fill=colour, size=9, shape=shape, line=1.4)
    trial = "" if contender.trial is None else f" (trial {contender.trial})"
    sheet.text(x + 20, y, f"{contender.name}{trial}", size=chart.SIZE, colour=colour,
               bold=contender.name == "tuned", align="left", room=chart.NARROW - 48)  # fmt: skip


def _values(contender: ContenderRecord) -> list[Shown]:
    """ASR left in each of `PHASES`."""
    phases = (contender.search, contender.select, contender.report, contender.unseen)
    return [Shown.of(estimate) for estimate in phases]


def _describe(contender: ContenderRecord) -> str:
    values = zip(PHASES, _values(contender), strict=True)
    return f"{contender.name}: {', '.join(f'{name} {shown.full}' for (name, _), shown in values)}"
