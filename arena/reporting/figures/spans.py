"""The doses of the verdicts on an axis of doses: a bar each, with its name."""

from __future__ import annotations

import math

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.results.curves import DoseSpan

SIZE = 10.5


def span_bar(sheet: Sheet, area: chart.Area, name: str, span: DoseSpan, y: float) -> None:
    """Draw a bar from the smallest to the largest dose, with its name if there is room; the
    area's horizontal axis is the logarithm of the dose."""
    if span.low is None or span.high is None:
        words = f"{name}: nowhere"
        sheet.text(area.x, y, words, size=SIZE, colour=palette.MUTED, align="left")
        return
    some = "" if span.reached == span.removals else f", in {span.reached} of {span.removals}"
    left, right = area.across(math.log10(span.low)), area.across(math.log10(span.high))
    sheet.rect(left - 3, y - 2, right - left + 6, 4, fill=palette.INK, radius=2)
    text, after = f"{name}{some}", right + 8
    beyond = after + 0.53 * SIZE * len(text) > area.x + area.width
    x, align = (left - 8, "right") if beyond else (after, "left")
    sheet.text(x, y, text, size=SIZE, colour=palette.MUTED, align=align)
