"""T and its specific part, group by group, on one axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena.report import palette
from arena.report.figures import chart
from arena.report.figures.sheet import Sheet
from arena.report.numbers import Estimate, number

LEFT, WIDTH, RIGHT, STEP, TOP, FOOT = 190.0, 640.0, 30.0, 40.0, 34.0, 28.0
PARTS = (
    ("transfer", "T", palette.COOL, -7.0, 11.0),
    ("specific", "of which specific", "#6d9fce", 8.0, 8.0),
)


def groups_forest(
    groups: Mapping[str, Any], thresholds: Mapping[str, Any] | None = None, *, salt: str = "groups"
) -> str:
    """An SVG with a line per group: T over its interval, the specific part below it.

    Args:
        groups: name to `transfer` and `specific` as estimates.
        thresholds: `generalizes` and `fails` are drawn across.
        salt: prefix of the SVG's ids.
    """
    read = {name: {key: Estimate.read(_of(group, key)) for key, *_ in PARTS}
            for name, group in groups.items()}  # fmt: skip
    ends = [end for each in read.values() for e in each.values() for end in (e.value, e.low)]
    low = max(-1.0, min([0.0, *(-0.25 * -(end // 0.25) for end in ends if end is not None)]))
    sheet = Sheet(salt, LEFT + WIDTH + RIGHT, TOP + STEP * max(len(read), 1) + FOOT)
    area = chart.Area(LEFT, TOP, WIDTH, STEP * max(len(read), 1), low, 1.0, 0.0, 1.0)
    chart.run(sheet, area, [(v, chart.tick(v)) for v in chart.steps(low, 1.0, 8)])
    sheet.line(area.across(0), TOP, area.across(0), TOP + area.height, colour=palette.FAINT)
    _thresholds(sheet, area, thresholds or {})
    for index, (name, parts) in enumerate(read.items()):
        _group(sheet, area, name, parts, TOP + STEP * (index + 0.5))
    said = "; ".join(
        f"{name}: T {parts['transfer'].full}, specific {parts['specific'].full}"
        for name, parts in read.items()
    )
    return sheet.svg("Transfer by group", f"{said}.")


def _of(group: Any, key: str) -> Any:
    return group.get(key) if isinstance(group, Mapping) else None


def _thresholds(sheet: Sheet, area: chart.Area, thresholds: Mapping[str, Any]) -> None:
    marks = (
        ("fails", "below", palette.WARM, "right"),
        ("generalizes", "above", palette.COOL, "left"),
    )
    for key, side, colour, align in marks:
        value = number(thresholds.get(key))
        if value is not None:
            x = area.across(value)
            sheet.line(x, TOP - 6, x, TOP + area.height, colour=colour, width=1.2, dashed=True)
            nudge, text = (-5 if align == "right" else 5), f"{key} {side} {chart.tick(value)}"
            sheet.text(x + nudge, TOP - 14, text, size=11, colour=colour, align=align)


def _group(
    sheet: Sheet, area: chart.Area, name: str, parts: Mapping[str, Estimate], middle: float
) -> None:
    shown = name.replace("_", " ")
    sheet.text(LEFT - 16, middle, shown, size=13, bold=True, align="right", room=LEFT - 20)
    for key, label, colour, nudge, size in PARTS:
        value, y = parts[key], middle + nudge
        if value.value is None:
            if key == "transfer":
                x = area.across(0) + 10
                sheet.text(x, y, "not measured", size=12, colour=palette.MUTED, align="left")
            continue
        if value.low is not None and value.high is not None:
            ends = area.across(value.low), area.across(value.high)
            sheet.line(ends[0], y, ends[1], y, colour=colour, width=3.5 if key == "transfer" else 2)
        tip = f"{shown}, {label} {value.full}"
        sheet.dot(area.across(value.value), y, fill=colour, size=size, line=1.6, tip=tip)
