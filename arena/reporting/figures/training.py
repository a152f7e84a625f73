"""Losses along trainings: a panel for each kind of training, each on its own axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.training import LossLine, TrainingPanel
from arena.results.brief import counted
from arena.results.numbers import decimals

LEFT, HEAD, WIDTH, HEIGHT, GAP, BELOW, FOOT = 46.0, 32.0, 282.0, 150.0, 56.0, 26.0, 24.0
COLUMNS, SIDE = 3, 20.0
ENTRY, ENTRIES = 17.0, 2  # pixels of a line of the key; its entries side by side
MARKS = 5  # markers of a line


@dataclass(frozen=True)
class _Look:
    colour: str
    shape: str


def loss_panels(
    panels: Sequence[TrainingPanel], actors: Sequence[str], *, salt: str = "training"
) -> str:
    """Return an SVG with a panel per kind of training, at most three in a row.

    Args:
        panels: one or more, in order.
        actors: of the run; each has the same colour and marker in every panel.
        salt: prefix of the SVG's ids.
    """
    columns = min(COLUMNS, len(panels))
    rows = [panels[k : k + columns] for k in range(0, len(panels), columns)]
    heights = [HEAD + HEIGHT + BELOW + _key_height(row) for row in rows]
    width = LEFT + columns * (WIDTH + GAP) - GAP + SIDE
    sheet = Sheet(salt, width, sum(heights) + FOOT)
    top = 0.0
    for row, height in zip(rows, heights, strict=True):
        for place, panel in enumerate(row):
            _panel(sheet, LEFT + place * (WIDTH + GAP), top + HEAD, panel, actors)
        top += height
    foot = "loss (up) by optimiser step (across)"
    sheet.text(LEFT, top + 10, foot, size=12, align="left", colour=palette.MUTED)
    return sheet.svg("Losses along every kind of training", f"{'. '.join(map(_told, panels))}.")


def _key_height(row: Sequence[TrainingPanel]) -> float:
    entries = max(len(panel.lines) for panel in row)
    return ENTRY * -(-entries // ENTRIES) + 14


def _looks(lines: Sequence[LossLine], actors: Sequence[str]) -> Mapping[str, _Look]:
    """How each line is drawn: an actor as along the removals, a stage by its place."""
    colours = palette.PARTIES[1:]
    looks = {
        actor: _Look(colours[k % len(colours)], palette.SHAPES[k % 9])
        for k, actor in enumerate(sorted(actors))
    }
    others = [line.name for line in lines if line.name not in looks]
    for k, name in enumerate(others):
        looks[name] = _Look(palette.PARTIES[k % 7], palette.SHAPES[-1 - k % 9])
    return looks


def _panel(sheet: Sheet, x: float, y: float, panel: TrainingPanel, actors: Sequence[str]) -> None:
    sheet.text(x, y - 16, panel.title, size=13, bold=True, align="left", room=WIDTH)
    values = [value for line in panel.lines for value in (*line.low, *line.high)]
    low, high = _axis(values)
    last = max(line.steps[-1] for line in panel.lines)
    area = chart.Area(x, y, WIDTH, HEIGHT, 0.0, last, low, high)
    chart.rise(sheet, area, chart.steps(low, high, 5))
    whole = [step for step in chart.steps(0, last, 5) if step == round(step)]
    chart.run(sheet, area, [(step, chart.tick(step)) for step in whole], size=10.5)
    looks = _looks(panel.lines, actors)
    for place, line in enumerate(panel.lines):
        _line(sheet, area, line, looks[line.name])
        _key(sheet, x, y + HEIGHT + BELOW + 12, place, line.name, looks[line.name])


def _axis(values: Sequence[float]) -> tuple[float, float]:
    """Both ends, zero among them; the loss of an objective may be below it. A little room above
    keeps markers off the title."""
    low, high = min(0.0, *values), max(0.0, *values)
    return low, high + (0.05 * (high - low) or 1.0)


def _line(sheet: Sheet, area: chart.Area, line: LossLine, look: _Look) -> None:
    xs = [area.across(step) for step in line.steps]
    if line.trainings > 1:
        edge = [area.up(value) for value in line.high] + [area.up(v) for v in reversed(line.low)]
        sheet.area([*xs, *reversed(xs)], edge, fill=look.colour, alpha=0.13)
    sheet.path(xs, [area.up(value) for value in line.mean], colour=look.colour, width=1.8)
    for k in _marked(len(xs)):
        spread = f" [{decimals(line.low[k])}, {decimals(line.high[k])}]"
        tip = f"{line.name}, step {line.steps[k]}: {decimals(line.mean[k])}"
        tip += spread if line.trainings > 1 else ""
        sheet.dot(xs[k], area.up(line.mean[k]), fill=look.colour, size=6, shape=look.shape,
                  line=0.6, tip=tip)  # fmt: skip


def _marked(points: int) -> list[int]:
    """The places of at most `MARKS` points, the first and the last among them."""
    return sorted({round(k * (points - 1) / (MARKS - 1)) for k in range(MARKS)})


def _key(sheet: Sheet, x: float, y: float, place: int, name: str, look: _Look) -> None:
    room = WIDTH / ENTRIES
    across, down = x + room * (place % ENTRIES), y + ENTRY * (place // ENTRIES)
    chart.key(sheet, across, down, name, look.colour, look.shape, room=room - 34)


def _told(panel: TrainingPanel) -> str:
    lines = "; ".join(
        f"{line.name} from {decimals(line.mean[0])} to {decimals(line.mean[-1])} in "
        f"{counted(line.steps[-1], 'step')}"
        for line in panel.lines
    )
    more = f"; {panel.left_out} more are not drawn" if panel.left_out else ""
    return f"{panel.title}: {lines}{more}"
