"""A search, trial by trial: every value, the best so far, and trials that did not count."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.numbers import decimals
from arena.reporting.tune_trials import FEASIBLE, INFEASIBLE, status, violated
from arena.results.tune import HistoryPoint, TrialRecord

LEFT, TOP, WIDTH, HEIGHT, SIDE, FOOT, STRIP = 54.0, 30.0, 700.0, 240.0, 160.0, 48.0, 26.0
# Marker, fill and edge of each status; trials without a value are in a separate strip.
LOOKS = {
    FEASIBLE: ("o", palette.COOL, palette.PAPER),
    INFEASIBLE: ("D", palette.PAPER, palette.WARM),
    "pruned": ("v", palette.FAINT, palette.FAINT),
    "failed": ("x", palette.WARM, palette.WARM),
}
OTHER = ("_", palette.FAINT, palette.FAINT)


def trial_history(
    history: Sequence[HistoryPoint], trials: Sequence[TrialRecord], *, label: str = "value",
    salt: str = "history",
) -> str:  # fmt: skip
    """Return an SVG of every trial's value (up) by number (across), and of the best so far as
    steps.

    Args:
        history: the value of each trial.
        trials: they say which of them are feasible, pruned or failed.
        label: what the value is.
        salt: prefix of the SVG's ids.
    """
    known = {trial.number: trial for trial in trials}
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + HEIGHT + STRIP + FOOT)
    area = _area(history)
    _axes(sheet, area, label)
    _best(sheet, area, history)
    seen = dict.fromkeys(_mark(sheet, area, point, known.get(point.number)) for point in history)
    _key(sheet, [name for name in dict.fromkeys((*LOOKS, *seen)) if name in seen])
    return sheet.svg("The search, trial by trial", _describe(history))


def reach(values: Sequence[float]) -> tuple[float, float]:
    """Return both ends of an axis: 0 and 1 for rates, else a little beyond the values."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    room = 0.06 * (high - low) or 0.5
    return low - room, high + room


def _area(history: Sequence[HistoryPoint]) -> chart.Area:
    values = [value for point in history for value in (point.value, point.best)]
    low, high = reach([value for value in values if value is not None])
    end = float(max((point.number for point in history), default=0))
    return chart.Area(LEFT, TOP, WIDTH, HEIGHT, -0.5 - end / 80, end + 0.5 + end / 80, low, high)


def _axes(sheet: Sheet, area: chart.Area, label: str) -> None:
    chart.rise(sheet, area, chart.steps(area.low, area.high))
    bottom = area.y + area.height + STRIP
    down = chart.Area(area.x, area.y, area.width, area.height + STRIP, area.left, area.right, 0, 1)
    whole = [step for step in chart.steps(0, max(area.right, 1), 10) if step == round(step)]
    chart.run(sheet, down, [(step, chart.tick(step)) for step in whole])
    sheet.text(LEFT - 40, TOP - 15, label, size=11.5, bold=True, align="left")
    sheet.text(LEFT + WIDTH, bottom + 32, "trial", size=11.5, bold=True, align="right")
    sheet.text(LEFT - 8, bottom - STRIP / 2 + 3, "none", size=10.5, colour=palette.MUTED,
               align="right")  # fmt: skip


def _best(sheet: Sheet, area: chart.Area, history: Sequence[HistoryPoint]) -> None:
    """Steps: a new best holds from its own trial on."""
    points = [(area.across(p.number), area.up(p.best)) for p in history if p.best is not None]
    xs, ys = [x for x, _ in points[:1]], [y for _, y in points[:1]]
    for (_, before), (x, after) in pairwise(points):
        xs += [x, x]
        ys += [before, after]
    if xs:
        sheet.path([*xs, area.x + area.width], [*ys, ys[-1]], colour=palette.COOL, alpha=0.55)


def _mark(sheet: Sheet, area: chart.Area, point: HistoryPoint, trial: TrialRecord | None) -> str:
    """Draw a trial and return its status."""
    name = status(trial) if trial else FEASIBLE
    shape, fill, edge = LOOKS.get(name, OTHER)
    y = area.y + area.height + STRIP / 2 + 3 if point.value is None else area.up(point.value)
    broken = ", ".join(violated(trial)) if trial else ""
    reason = f" ({broken})" if broken else ""
    tip = f"trial {point.number}: {decimals(point.value)}, {name}{reason}"
    sheet.dot(area.across(point.number), y, fill=fill, edge=edge, size=7.5, shape=shape, line=1.3,
              tip=tip)  # fmt: skip
    return name


def _key(sheet: Sheet, seen: Sequence[str]) -> None:
    x, y = LEFT + WIDTH + 26, TOP + 10
    sheet.path([x - 9, x + 9], [y, y], colour=palette.COOL, alpha=0.55)
    sheet.text(x + 16, y, "best so far", size=11.5, align="left")
    for name in seen:
        y += 21
        shape, fill, edge = LOOKS.get(name, OTHER)
        sheet.dot(x, y, fill=fill, edge=edge, size=7.5, shape=shape, line=1.3)
        sheet.text(x + 16, y, name, size=11.5, align="left", room=SIDE - 46)


def _describe(history: Sequence[HistoryPoint]) -> str:
    points = [
        f"trial {point.number} {decimals(point.value)} (best {decimals(point.best)})"
        for point in history
    ]
    return f"{'; '.join(points)}."
