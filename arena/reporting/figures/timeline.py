"""The simulation's record as a Gantt chart: one lane per party, one bar per event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.events import Event
from arena.reporting.figures.canvas import Sheet
from arena.reporting.text import fit
from arena.results.numbers import duration, finite

LABEL, WIDTH, HEAD, FOOT, PAD = 118.0, 900.0, 12.0, 34.0, 7.0


@dataclass(frozen=True)
class _Bar:
    start: float
    end: float
    event: Event


def timeline(events: Sequence[Event], *, salt: str = "timeline") -> str:
    """Return an SVG of who did what, when: events that overlap within a party stack up.

    Args:
        events: of the run; those without a time are left out.
        salt: prefix of the SVG's ids.
    """
    lanes = {party: _stack(bars) for party, bars in _parties(events).items()}
    depth = max((len(lane) for lane in lanes.values()), default=1)
    bar = 24.0 if depth <= 3 else max(4.0, 72.0 / depth)
    end = max((b.end for lane in lanes.values() for row in lane for b in row), default=0.0)
    end = end or 1.0
    height = HEAD + sum(len(lane) * bar + 2 * PAD for lane in lanes.values()) + FOOT
    sheet = Sheet(salt, LABEL + WIDTH + 24, height)
    _ticks(sheet, end, height - FOOT)
    y = HEAD
    for index, (party, lane) in enumerate(lanes.items()):
        tall = len(lane) * bar + 2 * PAD
        sheet.text(LABEL - 14, y + tall / 2, party, size=12.5, align="right", room=LABEL - 16)
        colour = palette.PARTIES[index % len(palette.PARTIES)]
        for depth, row in enumerate(lane):
            for one in row:
                _bar(sheet, one, end, y + PAD + depth * bar, bar, colour)
        y += tall
        sheet.line(LABEL, y, LABEL + WIDTH, y)
    return sheet.svg("Timeline", _describe(lanes))


def _parties(events: Sequence[Event]) -> dict[str, list[_Bar]]:
    parties: dict[str, list[_Bar]] = {}
    for event in events:
        start = finite(event.time)
        if start is not None:
            bar = _Bar(start, start + (finite(event.seconds) or 0.0), event)
            parties.setdefault(event.party, []).append(bar)
    return parties


def _stack(bars: Sequence[_Bar]) -> list[list[_Bar]]:
    """Rows of bars that do not overlap: each bar goes to the first free row."""
    rows: list[list[_Bar]] = []
    for bar in sorted(bars, key=lambda bar: (bar.start, bar.end)):
        free = next((row for row in rows if row[-1].end <= bar.start + 1e-9), None)
        if free is None:
            rows.append([bar])
        else:
            free.append(bar)
    return rows


def _bar(sheet: Sheet, bar: _Bar, end: float, y: float, height: float, colour: str) -> None:
    x, width = LABEL + WIDTH * bar.start / end, WIDTH * (bar.end - bar.start) / end
    event = bar.event
    tip = f"seed {event.seed}, {event.party}: {event.event}"
    tip += f" → {event.artifact} ({duration(event.seconds)})"
    box = (x, y + 1, max(width - 0.8, 1.6), height - 2)
    sheet.rect(*box, fill=colour, radius=2.5 if width > 8 else 0, tip=tip)
    name = event.event
    if height >= 16 and fit(name, width - 8, 11) == name:
        sheet.text(x + width / 2, y + height / 2, name, size=11, colour=palette.PAPER)


def _ticks(sheet: Sheet, end: float, bottom: float) -> None:
    step = _step(end)
    for index in range(int(end / step + 1e-9) + 1):
        x = LABEL + WIDTH * index * step / end
        sheet.line(x, HEAD, x, bottom, colour=palette.GRID)
        sheet.text(x, bottom + 14, _clock(index * step), size=11, colour=palette.MUTED)


def _step(end: float) -> float:
    """A round number of seconds that cuts the axis into at most ten."""
    for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600):
        if end / step <= 10:
            return step
    return 3600.0 * -(-end // 36000)


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    if seconds < 3600:
        return f"{seconds // 60:g}:{seconds % 60:02.0f} min"
    return f"{seconds // 3600:g}:{seconds % 3600 // 60:02.0f} h"


def _describe(lanes: Mapping[str, list[list[_Bar]]]) -> str:
    parts = []
    for party, lane in lanes.items():
        bars = sorted((bar for row in lane for bar in row), key=lambda bar: bar.start)
        listed = ", ".join(f"{bar.event.event} at {duration(bar.start)}" for bar in bars[:40])
        parts.append(f"{party}: {listed}")
    return "; ".join(parts) + "."
