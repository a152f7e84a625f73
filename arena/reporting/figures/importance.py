"""Which of a strategy's parameters decided its value, as bars."""

from __future__ import annotations

from collections.abc import Mapping

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.results.numbers import decimals

LEFT, TOP, SIDE, STEP, FOOT = 12.0, 6.0, 52.0, 44.0, 46.0
WIDTH = chart.NARROW - LEFT - SIDE


def importance_bars(names: Mapping[str, float], *, salt: str = "importance") -> str:
    """Return an SVG with a bar per parameter under its name, the most important first.

    Args:
        names: parameter to its share of the variance.
        salt: prefix of the SVG's ids.
    """
    shares = sorted(names.items(), key=lambda named: -named[1])
    tall = STEP * max(len(shares), 1)
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + tall + FOOT)
    right = max([0.1, *(value for _, value in shares)])
    area = chart.Area(LEFT, TOP, WIDTH, tall, 0.0, right, 0.0, 1.0)
    chart.run(sheet, area, [(step, chart.tick(step)) for step in chart.steps(0.0, right, 5)],
              size=chart.SIZE)  # fmt: skip
    sheet.text(LEFT, TOP + tall + 35, "share of the variance (fANOVA)", size=chart.SIZE,
               colour=palette.MUTED, align="left")  # fmt: skip
    for index, (name, value) in enumerate(shares):
        y = TOP + STEP * index + 30
        sheet.text(LEFT, y - 17, name.replace("_", " "), size=chart.SIZE, align="left", room=WIDTH)
        wide = max(area.across(value) - LEFT, 1.0)
        sheet.rect(LEFT, y - 7, wide, 14, fill=palette.COOL, radius=2, tip=f"{name}: {value:.3f}")
        sheet.text(LEFT + wide + 8, y, decimals(value), size=chart.SIZE, align="left")
    listed = "; ".join(f"{name} {value:.2f}" for name, value in shares)
    return sheet.svg("Importance of each parameter", f"{listed or 'Not known'}.")
