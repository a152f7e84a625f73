"""Several objectives: every trial in each pair of them, with trials on the Pareto front named."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.figures.history import reach
from arena.reporting.tune_trials import FEASIBLE, status
from arena.results.numbers import decimals
from arena.results.tune import TrialRecord

LEFT, TOP, WIDTH, HEIGHT, GAP, FOOT = 50.0, 56.0, 290.0, 230.0, 26.0, 50.0
LOOKS = {  # shape, fill, edge, size
    True: ("o", palette.COOL, palette.PAPER, 10.0),
    False: ("o", palette.FAINT, palette.PAPER, 7.0),
}
BROKEN = ("D", palette.PAPER, palette.WARM, 6.5)
NAMES = (("on the front", LOOKS[True]), ("feasible", LOOKS[False]), ("infeasible", BROKEN))


def trial_front(
    trials: Sequence[TrialRecord], front: Collection[int], objectives: Sequence[str], *,
    salt: str = "front",
) -> str:  # fmt: skip
    """Return an SVG with a panel per pair of objectives; trials without every value are left out.

    Args:
        trials: of the study.
        front: the numbers of those on the front.
        objectives: their names, in the order of the trials' values.
        salt: prefix of the SVG's ids.
    """
    n = len(objectives)
    shown = [trial for trial in trials if len(trial.values) >= n]
    shown.sort(key=lambda trial: trial.number in front)  # the front lies on top
    pairs = list(combinations(range(n), 2))
    sheet = Sheet(salt, (LEFT + WIDTH + GAP) * max(len(pairs), 1),
                  TOP + HEIGHT + FOOT)  # fmt: skip
    for index, pair in enumerate(pairs):
        _panel(sheet, shown, front, objectives, pair, LEFT + (LEFT + WIDTH + GAP) * index)
    _key(sheet)
    return sheet.svg("Trials by their objectives", _describe(shown, front, objectives))


def _panel(
    sheet: Sheet, trials: Sequence[TrialRecord], front: Collection[int], objectives: Sequence[str],
    pair: tuple[int, int], x: float,
) -> None:  # fmt: skip
    across, up = ([trial.values[axis] for trial in trials] for axis in pair)
    area = chart.Area(x, TOP, WIDTH, HEIGHT, *reach(across), *reach(up))
    chart.rise(sheet, area, chart.steps(area.low, area.high))
    ticks = [(step, chart.tick(step)) for step in chart.steps(area.left, area.right)]
    chart.run(sheet, area, ticks)
    first, second = (objectives[axis] for axis in pair)
    sheet.text(x - 38, TOP - 15, second, size=11.5, bold=True, align="left", room=WIDTH)
    sheet.text(x + WIDTH, TOP + HEIGHT + 34, first, size=11.5, bold=True, align="right")
    for trial, one, other in zip(trials, across, up, strict=True):
        _mark(sheet, trial, area.across(one), area.up(other), best=trial.number in front)
    # After all marks, so that none covers a name.
    for trial, one, other in zip(trials, across, up, strict=True):
        if trial.number in front:
            _label(sheet, area, trial, area.across(one), area.up(other))


def _mark(sheet: Sheet, trial: TrialRecord, x: float, y: float, *, best: bool) -> None:
    shape, fill, edge, size = LOOKS[best] if status(trial) == FEASIBLE else BROKEN
    listed = ", ".join(decimals(value) for value in trial.values)
    tip = f"trial {trial.number}: {listed}, {status(trial)}"
    sheet.dot(x, y, fill=fill, edge=edge, size=size, shape=shape, line=1.2, tip=tip)


def _label(sheet: Sheet, area: chart.Area, trial: TrialRecord, x: float, y: float) -> None:
    beyond = x > area.x + area.width - 30
    place, align = (x - 8, "right") if beyond else (x + 8, "left")
    sheet.text(place, y - 9, str(trial.number), size=11, bold=True, align=align)


def _key(sheet: Sheet) -> None:
    x = LEFT
    for name, (shape, fill, edge, size) in NAMES:
        sheet.dot(x, 12, fill=fill, edge=edge, size=size, shape=shape, line=1.2)
        sheet.text(x + 10, 12, name, size=11.5, align="left")
        x += 34 + len(name) * 6.1


def _describe(
    trials: Sequence[TrialRecord], front: Collection[int], objectives: Sequence[str]
) -> str:
    best = [
        f"trial {trial.number}: "
        + ", ".join(f"{o} {decimals(v)}" for o, v in zip(objectives, trial.values, strict=False))
        for trial in trials
        if trial.number in front
    ]
    return f"On the front: {'; '.join(best) or 'none'}. {len(trials)} trials shown."
