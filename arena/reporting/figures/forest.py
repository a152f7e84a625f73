"""The claim's forest plot: T, its split and the raw suppression on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.split import as_shown
from arena.results.claim import TransferEstimates, VerdictThresholds
from arena.results.numbers import Shown, decimals

LINES = (
    ("transfer", "Transfer T", palette.COOL, True),
    ("odd", "odd part of T", "#6d9fce", False),
    ("specific", "specific part of T", "#6d9fce", False),
    ("raw_suppression", "Raw suppression", palette.FAINT, False),
)
MARKS = ("fails", "generalizes", "specific")
# As wide as `dose`: in a telephone's width (326 pixels in the card) text of 13 has 10 pixels.
LEFT, RIGHT, AXIS, STEP, TOP = 132.0, 18.0, 270.0, 34.0, 50.0
NOTE = 142.0  # width of the longer threshold's words, in pixels


def claim_forest(
    claim: TransferEstimates,
    thresholds: VerdictThresholds,
    *,
    salt: str = "claim",
) -> str:
    """Return an SVG of the claim's four estimates with their intervals and the verdict's lines.

    Args:
        claim: its estimates.
        thresholds: `generalizes` and `fails` are drawn across, `specific` on its own line.
        salt: prefix of the SVG's ids.
    """
    values = {key: as_shown(claim, key) for key, *_ in LINES}
    marks = {name: getattr(thresholds, name) for name in MARKS}
    ends = [end for v in values.values() for end in (v.value, v.low, v.high)]
    ticks = chart.quarters(ends, marks.values())
    tall = STEP * len(LINES)
    sheet = Sheet(salt, LEFT + AXIS + RIGHT, TOP + tall + 30)
    near = chart.NEAR
    area = chart.Area(LEFT, TOP, AXIS, tall, ticks[0] - near, ticks[-1] + near, 0.0, 1.0)
    _axis(sheet, area, ticks)
    _thresholds(sheet, area, marks)
    for index, (key, label, colour, strong) in enumerate(LINES):
        y = TOP + STEP * (index + 0.5)
        sheet.text(LEFT - 16, y, label, size=14, bold=strong, align="right")
        _whisker(sheet, area, y, values[key], colour, strong=strong)
    listed = ", ".join(f"{label} {values[key].full}" for key, label, *_ in LINES)
    return sheet.svg("The claim's estimates", f"{listed}.")


def _axis(sheet: Sheet, area: chart.Area, ticks: Sequence[float]) -> None:
    bottom = area.y + area.height
    for tick in ticks:
        x = area.across(tick)
        sheet.line(x, area.y, x, bottom, colour=palette.FAINT if tick == 0 else palette.GRID)
        sheet.text(x, bottom + 14, decimals(tick), size=13, colour=palette.MUTED)


def _thresholds(sheet: Sheet, area: chart.Area, marks: Mapping[str, float | None]) -> None:
    fails, generalizes, specific = (marks[name] for name in MARKS)
    if fails is not None:
        x, text = area.across(fails), f"fails below {decimals(fails)}"
        sheet.line(x, TOP - 24, x, TOP + STEP, colour=palette.WARM, width=1.2, dashed=True)
        # Above the other threshold's: side by side they could overlap.
        sheet.text(x - 5, TOP - 32, text, size=13, colour=palette.WARM, align="right")
    if generalizes is not None:
        x, text = area.across(generalizes), f"generalizes above {decimals(generalizes)}"
        sheet.line(x, TOP - 6, x, TOP + STEP, colour=palette.COOL, width=1.2, dashed=True)
        start = min(x + 5, sheet.width - NOTE)
        sheet.text(start, TOP - 14, text, size=13, colour=palette.COOL, align="left")
    if specific is not None:
        x, y = area.across(specific), TOP + 2 * STEP
        sheet.line(x, y + 4, x, y + STEP - 4, colour=palette.COOL, width=1.2, dashed=True)


def _whisker(
    sheet: Sheet, area: chart.Area, y: float, shown: Shown, colour: str, *, strong: bool
) -> None:
    if shown.value is None:
        x = area.across(0) + 10
        sheet.text(x, y, "not measured", colour=palette.MUTED, align="left")
        return
    if shown.low is not None and shown.high is not None:
        ends = area.across(shown.low), area.across(shown.high)
        sheet.line(ends[0], y, ends[1], y, colour=colour, width=4 if strong else 3)
    size = 12 if strong else 10
    sheet.dot(area.across(shown.value), y, fill=colour, size=size, line=2, tip=shown.full)
