"""A search, trial by trial: every value, the best so far, and trials that did not count."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.tune_trials import FEASIBLE, INFEASIBLE, status, violated
from arena.results.numbers import decimals
from arena.results.tune import HistoryPoint, TrialRecord

LEFT, TOP, HEIGHT, RIGHT, STRIP, FOOT = 48.0, 34.0, 240.0, 14.0, 26.0, 52.0
WIDTH, ROW = chart.NARROW - LEFT - RIGHT, 21.0
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
    seen = {_status(known.get(point.number)) for point in history}
    entries = [name for name in dict.fromkeys((*LOOKS, *sorted(seen))) if name in seen]
    below = ROW * (1 + len(entries) // 2)
    sheet = Sheet(salt, chart.NARROW, TOP + HEIGHT + STRIP + FOOT + below)
    area = _area(history)
    _axes(sheet, area, label)
    _best(sheet, area, history)
    for point in history:
        _mark(sheet, area, point, known.get(point.number))
    _key(sheet, entries)
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
    chart.rise(sheet, area, chart.steps(area.low, area.high), size=chart.SIZE)
    bottom = area.y + area.height + STRIP
    down = chart.Area(area.x, area.y, area.width, area.height + STRIP, area.left, area.right, 0, 1)
    whole = [step for step in chart.steps(0, max(area.right, 1), 10) if step == round(step)]
    chart.run(sheet, down, [(step, chart.tick(step)) for step in whole], size=chart.SIZE)
    sheet.text(8, TOP - 17, label, size=chart.SIZE, bold=True, align="left")
    sheet.text(LEFT + WIDTH / 2, bottom + 35, "trial", size=chart.SIZE)
    sheet.text(LEFT - 8, bottom - STRIP / 2 + 3, "none", size=chart.SIZE, colour=palette.MUTED,
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


def _status(trial: TrialRecord | None) -> str:
    return status(trial) if trial else FEASIBLE


def _mark(sheet: Sheet, area: chart.Area, point: HistoryPoint, trial: TrialRecord | None) -> None:
    name = _status(trial)
    shape, fill, edge = LOOKS.get(name, OTHER)
    y = area.y + area.height + STRIP / 2 + 3 if point.value is None else area.up(point.value)
    broken = ", ".join(violated(trial)) if trial else ""
    reason = f" ({broken})" if broken else ""
    tip = f"trial {point.number}: {decimals(point.value)}, {name}{reason}"
    sheet.dot(area.across(point.number), y, fill=fill, edge=edge, size=7.5, shape=shape, line=1.3,
              tip=tip)  # fmt: skip


def _key(sheet: Sheet, seen: Sequence[str]) -> None:
    """What the marks mean, below the axis in two columns."""
    for place, name in enumerate(("best so far", *seen)):
        x, y = 20 + 200 * (place % 2), TOP + HEIGHT + STRIP + FOOT + ROW * (place // 2 + 0.5)
        if place == 0:
            sheet.path([x - 9, x + 9], [y, y], colour=palette.COOL, alpha=0.55)
        else:
            shape, fill, edge = LOOKS.get(name, OTHER)
            sheet.dot(x, y, fill=fill, edge=edge, size=7.5, shape=shape, line=1.3)
        sheet.text(x + 16, y, name, size=chart.SIZE, align="left", room=170)


def _describe(history: Sequence[HistoryPoint]) -> str:
    points = [
        f"trial {point.number} {decimals(point.value)} (best {decimals(point.best)})"
        for point in history
    ]
    return f"{'; '.join(points)}."
