"""Reactivation: how fast every backdoor comes back, a panel per actor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from arena.measures.reactivation.findings import ReactivationCurve
from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.results.numbers import Shown, thousands

LABEL, HEIGHT, HEAD, FOOT, GAP, KEY = 38.0, 180.0, 34.0, 44.0, 24.0, 30.0
FULL = 1048.0


@dataclass(frozen=True)
class Line:
    """What a line of a panel shows, and how."""

    key: str
    label: str
    colour: str
    width: float
    dashed: bool = False


LINES = (
    Line("reference", "never poisoned", palette.FAINT, 2.0, dashed=True),
    Line("without", "others planted, never this one", "#7b5ea7", 2.0, dashed=True),
    Line("control", "clean fine-tune", "#d9822b", 2.0),
    Line("own", "its own trigger unlearned", palette.COOL, 2.6),
    Line("other", "another trigger unlearned", "#0a7a5c", 2.0),
)


def reactivation_curves(
    actors: Sequence[str],
    samples: Sequence[float],
    curves: Sequence[ReactivationCurve],
    *,
    salt: str = "reactivation",
) -> str:
    """Return an SVG of ASR (up) against poisoned samples (across, by doublings).

    The line of a single model has its interval as a band. Of several models (one per other actor
    unlearned), each is a thin line and their mean a thick one.

    Args:
        actors: a panel each, in order.
        samples: how many poisoned samples every point of a curve had.
        curves: of every model and actor.
        salt: prefix of the SVG's ids.
    """
    shown = [actor for actor in actors if any(curve.actor == actor for curve in curves)]
    # Four in a row rather than three and one; never wider than in a row of three.
    columns = 4 if len(shown) in (4, 7, 8) else 3
    width = FULL / columns - LABEL - GAP
    rows = -(-len(shown) // columns)
    wide, tall = LABEL + width + GAP, HEAD + HEIGHT + FOOT
    lines = [line for line in LINES if any(line_of(curve) == line.key for curve in curves)]
    least = LABEL + sum(map(_room, lines))
    across = max(wide * min(columns, max(len(shown), 1)), 640.0, least)
    sheet = Sheet(salt, across, KEY + tall * max(rows, 1))
    _key(sheet, lines)
    for index, actor in enumerate(shown):
        x, y = LABEL + wide * (index % columns), KEY + tall * (index // columns)
        _panel(sheet, actor, samples, curves, (x, y + HEAD, width))
    return sheet.svg("Attack success against poisoned samples", _describe(shown, curves))


def line_of(curve: ReactivationCurve) -> str:
    """Return which line of its actor's panel a curve belongs to."""
    if curve.kind == "unlearned":
        return "own" if curve.target == curve.actor else "other"
    return curve.kind


def _room(line: Line) -> float:
    """Return the width that a line takes in the key."""
    return 58 + len(line.label) * 6.1


def _key(sheet: Sheet, lines: Sequence[Line]) -> None:
    x = LABEL
    for line in lines:
        sheet.path([x, x + 22], [10, 10], colour=line.colour, width=line.width, dashed=line.dashed)
        sheet.text(x + 29, 10, line.label, size=11.5, colour=palette.MUTED, align="left")
        x += _room(line)


def _panel(
    sheet: Sheet, actor: str, samples: Sequence[float], curves: Sequence[ReactivationCurve],
    place: tuple[float, float, float],
) -> None:  # fmt: skip
    x, y, width = place
    unit = min((value for value in samples if value > 0), default=1.0)
    places = [math.log2(1 + value / unit) for value in samples]
    area = chart.Area(x, y, width, HEIGHT, 0.0, max(places, default=1.0), 0.0, 1.0)
    sheet.text(x, y - 18, actor, size=13.5, bold=True, align="left", room=width)
    chart.rise(sheet, area, (0, 0.25, 0.5, 0.75, 1))
    chart.run(sheet, area, [(p, thousands(s)) for p, s in zip(places, samples, strict=True)])
    under = y + HEIGHT + 28
    sheet.text(x + width, under, "poisoned samples", size=11, colour=palette.MUTED, align="right")
    for line in LINES:
        models = [
            [Shown.of(rate) for rate in curve.asr]
            for curve in curves
            if curve.actor == actor and line_of(curve) == line.key
        ]
        if models:
            _line(sheet, area, line, actor, samples, places, models)


def _line(
    sheet: Sheet, area: chart.Area, line: Line, actor: str, samples: Sequence[float],
    places: Sequence[float], models: Sequence[Sequence[Shown]],
) -> None:  # fmt: skip
    if len(models) == 1:
        _band(sheet, area, line, places, models[0])
    else:
        for curve in models:
            xs, ys = _points(area, places, [cell.value for cell in curve])
            sheet.path(xs, ys, colour=line.colour, width=0.8, alpha=0.5)
    mean = models[0] if len(models) == 1 else [_mean(rates) for rates in zip(*models, strict=False)]
    xs, ys = _points(area, places, [cell.value for cell in mean])
    sheet.path(xs, ys, colour=line.colour, width=line.width, dashed=line.dashed)
    for place, count, cell in zip(places, samples, mean, strict=False):
        if cell.value is not None:
            tip = f"{actor}, {line.label}, {thousands(count)} poisoned samples: ASR {cell.full}"
            sheet.dot(area.across(place), area.up(cell.value), fill=line.colour, size=5, tip=tip)


def _mean(cells: Sequence[Shown]) -> Shown:
    """The mean over models; an interval of it would need their seeds, so it has none."""
    known = [cell.value for cell in cells if cell.value is not None]
    return Shown(sum(known) / len(known)) if len(known) == len(cells) else Shown()


def _points(
    area: chart.Area, places: Sequence[float], values: Sequence[float | None]
) -> tuple[list[float], list[float]]:
    known = [(p, v) for p, v in zip(places, values, strict=False) if v is not None]
    return [area.across(p) for p, _ in known], [area.up(v) for _, v in known]


def _band(
    sheet: Sheet, area: chart.Area, line: Line, places: Sequence[float], cells: Sequence[Shown]
) -> None:
    known = [
        (area.across(place), area.up(cell.low), area.up(cell.high))
        for place, cell in zip(places, cells, strict=False)
        if cell.low is not None and cell.high is not None
    ]
    if len(known) > 1:
        xs = [x for x, _, _ in known]
        ys = [low for _, low, _ in known] + [high for _, _, high in reversed(known)]
        sheet.area([*xs, *reversed(xs)], ys, fill=line.colour, alpha=0.14)


def _describe(actors: Sequence[str], curves: Sequence[ReactivationCurve]) -> str:
    lines = []
    for actor in actors:
        for curve in curves:
            if curve.actor == actor:
                rates = ", ".join(Shown.of(rate).text for rate in curve.asr)
                target = f" {curve.target}" if curve.target is not None else ""
                lines.append(f"{actor} in {curve.kind}{target}: {rates}")
    return "; ".join(lines) + "."
