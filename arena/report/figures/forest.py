"""The claim's forest plot: T, its split and the raw suppression on one axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena.report import palette
from arena.report.figures.sheet import Sheet
from arena.report.numbers import Estimate, decimals, number

LINES = (
    ("transfer", "Transfer T", palette.COOL, True),
    ("odd", "of which odd", "#6d9fce", False),
    ("specific", "of which specific", "#6d9fce", False),
    ("raw_suppression", "Raw suppression", palette.FAINT, False),
)
LEFT, RIGHT, AXIS, STEP, TOP = 142.0, 40.0, 740.0, 36.0, 34.0


def claim_forest(
    claim: Mapping[str, Any], thresholds: Mapping[str, Any] | None = None, *, salt: str = "claim"
) -> str:
    """An SVG of the claim's four estimates with their intervals and the verdict's lines.

    Args:
        claim: `transfer`, `odd`, `specific`, `raw_suppression` as estimates.
        thresholds: `generalizes` and `fails` are drawn across, `specific` on its own line.
        salt: prefix of the SVG's ids.
    """
    values = {key: Estimate.read(claim.get(key)) for key, *_ in LINES}
    low = min([0.0] + [part for v in values.values() for part in (v.value, v.low) if part])
    low = max(-1.0, -0.25 * -(low // 0.25))
    sheet = Sheet(salt, LEFT + AXIS + RIGHT, TOP + STEP * len(LINES) + 30)
    bottom = TOP + STEP * len(LINES)
    _axis(sheet, low, bottom)
    _thresholds(sheet, low, bottom, thresholds or {})
    for index, (key, label, colour, strong) in enumerate(LINES):
        y = TOP + STEP * (index + 0.5)
        sheet.text(LEFT - 16, y, label, size=13.5, bold=strong, align="right")
        _whisker(sheet, low, y, values[key], colour, strong=strong)
    said = ", ".join(f"{label} {values[key].full}" for key, label, *_ in LINES)
    return sheet.svg("The claim's estimates", f"{said}.")


def _place(low: float, value: float) -> float:
    return LEFT + AXIS * (min(max(value, low), 1.05) - low) / (1.05 - low)


def _axis(sheet: Sheet, low: float, bottom: float) -> None:
    tick = low
    while tick <= 1.001:
        x = _place(low, tick)
        strong = abs(tick) < 1e-9
        sheet.line(x, TOP, x, bottom, colour=palette.FAINT if strong else "#eceff3")
        sheet.text(x, bottom + 14, decimals(tick), size=11, colour=palette.MUTED)
        tick += 0.25


def _thresholds(sheet: Sheet, low: float, bottom: float, thresholds: Mapping[str, Any]) -> None:
    marks = (
        ("fails", "fails", "below", palette.WARM, TOP, TOP + STEP, "right"),
        ("generalizes", "generalizes", "above", palette.COOL, TOP, TOP + STEP, "left"),
    )
    for key, word, side, colour, y1, y2, align in marks:
        value = number(thresholds.get(key))
        if value is not None:
            x = _place(low, value)
            sheet.line(x, y1 - 6, x, y2, colour=colour, width=1.2, dashed=True)
            nudge = -5 if align == "right" else 5
            text = f"{word} {side} {decimals(value)}"
            sheet.text(x + nudge, TOP - 14, text, size=11, colour=colour, align=align)
    specific = number(thresholds.get("specific"))
    if specific is not None:
        x, y = _place(low, specific), TOP + 2 * STEP
        sheet.line(x, y + 4, x, y + STEP - 4, colour=palette.COOL, width=1.2, dashed=True)


def _whisker(
    sheet: Sheet, low: float, y: float, shown: Estimate, colour: str, *, strong: bool
) -> None:
    if shown.value is None:
        sheet.text(_place(low, 0) + 10, y, "not measured", colour=palette.MUTED, align="left")
        return
    if shown.low is not None and shown.high is not None:
        ends = _place(low, shown.low), _place(low, shown.high)
        sheet.line(ends[0], y, ends[1], y, colour=colour, width=4 if strong else 3)
    place, size = _place(low, shown.value), 12 if strong else 10
    sheet.dot(place, y, fill=colour, size=size, line=2, tip=shown.full)
