"""T and its specific part, group by group, on one axis."""

from __future__ import annotations

from collections.abc import Mapping

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.split import as_shown
from arena.reporting.text import room_for
from arena.results.claim import TransferEstimates, VerdictThresholds
from arena.results.numbers import Shown, decimals

SIDE, STEP, TOP, FOOT = 16.0, 58.0, 34.0, 28.0
NAME = 16.0  # pixels from the top of a group's line to the middle of its name
NOTE = 140.0  # width of the longer threshold's words, in pixels
PARTS = (
    ("transfer", "T", palette.COOL, 33.0, 11.0),
    ("specific", "specific part of T", "#6d9fce", 47.0, 8.0),
)


def groups_forest(
    groups: Mapping[str, TransferEstimates],
    thresholds: VerdictThresholds,
    *,
    salt: str = "groups",
) -> str:
    """Return an SVG with three lines per group: its name, T over its interval, the specific part.

    Args:
        groups: estimates by name.
        thresholds: `generalizes` and `fails` are drawn across.
        salt: prefix of the SVG's ids.
    """
    read = {
        name: {key: as_shown(group, key) for key, *_ in PARTS} for name, group in groups.items()
    }
    every = [each for parts in read.values() for each in parts.values()]
    marks = {"fails": thresholds.fails, "generalizes": thresholds.generalizes}
    ticks = chart.quarters([end for e in every for end in (e.value, e.low, e.high)], marks.values())
    tall, left, right = STEP * max(len(read), 1), ticks[0] - chart.NEAR, ticks[-1] + chart.NEAR
    sheet = Sheet(salt, chart.NARROW, TOP + tall + FOOT)
    area = chart.Area(SIDE, TOP, chart.NARROW - 2 * SIDE, tall, left, right, 0.0, 1.0)
    chart.run(sheet, area, [(value, decimals(value)) for value in ticks], size=chart.SIZE)
    sheet.line(area.across(0), TOP, area.across(0), TOP + area.height, colour=palette.FAINT)
    _thresholds(sheet, area, marks)
    for index, (name, parts) in enumerate(read.items()):
        _group(sheet, area, name, parts, TOP + STEP * index)
    listed = "; ".join(
        f"{name}: T {parts['transfer'].full}, specific {parts['specific'].full}"
        for name, parts in read.items()
    )
    return sheet.svg("Transfer by group", f"{listed}.")


def _thresholds(sheet: Sheet, area: chart.Area, marks: Mapping[str, float | None]) -> None:
    looks = (("fails", "below", palette.WARM), ("generalizes", "above", palette.COOL))
    for key, side, colour in looks:
        value = marks[key]
        if value is not None:
            x, align = area.across(value), "right" if side == "below" else "left"
            sheet.line(x, TOP - 6, x, TOP + area.height, colour=colour, width=1.2, dashed=True)
            start = x - 5 if side == "below" else min(x + 5, sheet.width - NOTE)
            text = f"{key} {side} {decimals(value)}"
            sheet.text(start, TOP - 14, text, size=chart.SIZE, colour=colour, align=align)


def _group(
    sheet: Sheet, area: chart.Area, name: str, parts: Mapping[str, Shown], top: float
) -> None:
    shown, middle = name.replace("_", " "), top + NAME
    # On paper of its own: grid lines and thresholds run behind it.
    wide = room_for([shown], chart.SIZE, 0.0, area.width)
    sheet.rect(area.x, middle - 9, wide, 18, fill=palette.PAPER)
    sheet.text(area.x, middle, shown, size=chart.SIZE, bold=True, align="left", room=area.width)
    for key, label, colour, nudge, size in PARTS:
        value, y = parts[key], top + nudge
        if value.value is None:
            if key == "transfer":
                x = area.across(0) + 10
                sheet.text(
                    x, y, "not measured", size=chart.SIZE, colour=palette.MUTED, align="left"
                )
            continue
        if value.low is not None and value.high is not None:
            ends = area.across(value.low), area.across(value.high)
            sheet.line(ends[0], y, ends[1], y, colour=colour, width=3.5 if key == "transfer" else 2)
        tip = f"{shown}, {label} {value.full}"
        sheet.dot(area.across(value.value), y, fill=colour, size=size, line=1.6, tip=tip)
