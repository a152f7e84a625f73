"""From the search to fresh seeds: how much of a contender's value was the winner's curse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.numbers import Estimate

LEFT, TOP, WIDTH, HEIGHT, SIDE, FOOT = 54.0, 40.0, 560.0, 270.0, 190.0, 56.0
STAGES = (
    ("search", "search", "tuned on these seeds"),
    ("select", "select", "chosen on these"),
    ("report", "report", "fresh seeds"),
    ("unseen", "unseen", "fresh, unseen defender"),
)
COUNTS = 2  # from the third stage on a value is a result
LOOKS = {
    "tuned": (palette.WARM, "o"),
    "untuned": (palette.MUTED, "s"),
    "random": (palette.PARTIES[5], "D"),
}
APART = 16.0  # least pixels between two names
SPREAD = 9.0  # pixels between contenders at one stage, so that intervals stand side by side


def contenders_slope(contenders: Sequence[Mapping[str, Any]], *, salt: str = "slope") -> str:
    """An SVG with a line per contender over the four stages, intervals as whiskers.

    Args:
        contenders: of results.json; a stage without a value is left out of the line.
        salt: prefix of the SVG's ids.
    """
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + HEIGHT + FOOT)
    area = chart.Area(LEFT, TOP, WIDTH, HEIGHT, -0.45, 3.45, 0.0, 1.0)
    _ground(sheet, area)
    ends = []
    for index, each in enumerate(contenders):
        nudge = SPREAD * (index - (len(contenders) - 1) / 2)
        last = _line(sheet, area, each, _look(each, index), nudge)
        ends += [(last, each, _look(each, index)[0])] if last is not None else []
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
    for index, (_, name, means) in enumerate(STAGES):
        x, counts = area.across(index), index >= COUNTS
        sheet.text(x, area.y + HEIGHT + 16, name, size=12.5, bold=counts)
        sheet.text(x, area.y + HEIGHT + 33, means, size=10.5, colour=palette.MUTED)


def _look(contender: Mapping[str, Any], index: int) -> tuple[str, str]:
    spare = palette.PARTIES[index % len(palette.PARTIES)], palette.SHAPES[index % 9]
    return LOOKS.get(str(contender.get("name")), spare)


def _line(
    sheet: Sheet, area: chart.Area, contender: Mapping[str, Any], look: tuple[str, str],
    nudge: float,
) -> float | None:  # fmt: skip
    """Draws a contender; the height at which its line ends, or None."""
    colour, shape = look
    shown = [Estimate.read(contender.get(key)) for key, *_ in STAGES]
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
        fill, edge = (colour, "#ffffff") if counts else ("#ffffff", colour)
        tip = f"{contender.get('name')}, {STAGES[index][1]}: {each.full}"
        sheet.dot(x, area.up(each.value), fill=fill, edge=edge, size=9, shape=shape,
                  line=1.4, tip=tip)  # fmt: skip
    return ys[-1] if ys else None


def _names(sheet: Sheet, ends: Sequence[tuple[float, Mapping[str, Any], str]]) -> None:
    """Names at the lines' ends, pushed apart where lines meet."""
    free = -APART
    for y, contender, colour in sorted(ends, key=lambda end: end[0]):
        free = max(y, free + APART)
        trial = contender.get("trial")
        name = f"{contender.get('name')}{f' (trial {trial})' if trial is not None else ''}"
        sheet.text(LEFT + WIDTH + 10, free, name, size=12.5, bold=contender.get("name") == "tuned",
                   colour=colour, align="left", room=SIDE - 14)  # fmt: skip


def _describe(contender: Mapping[str, Any]) -> str:
    told = ", ".join(f"{name} {Estimate.read(contender.get(key)).full}" for key, name, _ in STAGES)
    return f"{contender.get('name')}: {told}"
