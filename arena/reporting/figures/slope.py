"""From the search to fresh seeds: how much of a contender's value was due to the winner's curse."""

from __future__ import annotations

from collections.abc import Sequence

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.numbers import Shown
from arena.results.tune import ContenderRecord

LEFT, TOP, WIDTH, HEIGHT, SIDE, FOOT = 54.0, 40.0, 560.0, 270.0, 190.0, 56.0
PHASES = (
    ("search", "tuned on these seeds"),
    ("select", "chosen on these"),
    ("report", "fresh seeds"),
    ("unseen", "fresh, unseen defender"),
)
COUNTS = 2  # from the third phase on a value is a result
LOOKS = {
    "tuned": (palette.WARM, "o"),
    "untuned": (palette.MUTED, "s"),
    "random": (palette.PARTIES[5], "D"),
}
APART = 16.0  # minimum pixels between two names
SPREAD = 9.0  # pixels between contenders in one phase, so that intervals do not overlap


def contenders_slope(contenders: Sequence[ContenderRecord], *, salt: str = "slope") -> str:
    """Return an SVG with a line per contender over the four phases, intervals as whiskers.

    Args:
        contenders: of a search; a phase without a value is left out of the line.
        salt: prefix of the SVG's ids.
    """
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + HEIGHT + FOOT)
    area = chart.Area(LEFT, TOP, WIDTH, HEIGHT, -0.45, 3.45, 0.0, 1.0)
    _ground(sheet, area)
    ends = []
    for index, contender in enumerate(contenders):
        nudge = SPREAD * (index - (len(contenders) - 1) / 2)
        look = _look(contender, index)
        last = _line(sheet, area, contender, look, nudge)
        ends += [(last, contender, look[0])] if last is not None else []
    _names(sheet, ends)
    return sheet.svg("From search to fresh seeds", "; ".join(map(_describe, contenders)) + ".")


def _ground(sheet: Sheet, area: chart.Area) -> None:
    edge = area.across(COUNTS - 0.5)
    sheet.rect(area.x, area.y, edge - area.x, area.height, fill=palette.WASH)
    chart.rise(sheet, area, [k / 4 for k in range(5)])
    sheet.text(area.x - 40, TOP - 26, "ASR left", size=11.5, bold=True, align="left")
    middle = (area.x + edge) / 2
    sheet.text(middle, TOP - 10, "optimistic", size=11.5, colour=palette.MUTED)
    sheet.text((edge + area.x + area.width) / 2, TOP - 10, "results", size=11.5, bold=True)
    for index, (name, means) in enumerate(PHASES):
        x, counts = area.across(index), index >= COUNTS
        sheet.text(x, area.y + HEIGHT + 16, name, size=12.5, bold=counts)
        sheet.text(x, area.y + HEIGHT + 33, means, size=10.5, colour=palette.MUTED)


def _look(contender: ContenderRecord, index: int) -> tuple[str, str]:
    spare = palette.PARTIES[index % len(palette.PARTIES)], palette.SHAPES[index % 9]
    return LOOKS.get(contender.name, spare)


def _line(
    sheet: Sheet, area: chart.Area, contender: ContenderRecord, look: tuple[str, str],
    nudge: float,
) -> float | None:  # fmt: skip
    """Draw a contender and return the height at which its line ends, or None."""
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
    return ys[-1] if ys else None


def _names(sheet: Sheet, ends: Sequence[tuple[float, ContenderRecord, str]]) -> None:
    """Names at the lines' ends, moved apart where lines meet."""
    ends = sorted(ends, key=lambda end: end[0])
    places = chart.apart([y for y, _, _ in ends], APART, sheet.height - APART / 2)
    for y, (_, contender, colour) in zip(places, ends, strict=True):
        trial = "" if contender.trial is None else f" (trial {contender.trial})"
        name = f"{contender.name}{trial}"
        sheet.text(LEFT + WIDTH + 10, y, name, size=12.5, bold=contender.name == "tuned",
                   colour=colour, align="left", room=SIDE - 14)  # fmt: skip


def _values(contender: ContenderRecord) -> list[Shown]:
    """ASR left in each of `PHASES`."""
    phases = (contender.search, contender.select, contender.report, contender.unseen)
    return [Shown.of(estimate) for estimate in phases]


def _describe(contender: ContenderRecord) -> str:
    values = zip(PHASES, _values(contender), strict=True)
    return f"{contender.name}: {', '.join(f'{name} {shown.full}' for (name, _), shown in values)}"
