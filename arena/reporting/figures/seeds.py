"""One dot per seed: the ASR left after the control, the sham and the unlearning."""

from __future__ import annotations

from collections.abc import Sequence

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet
from arena.results.numbers import decimals, finite
from arena.results.pairs import Pair

MARKS = (
    ("control", "clean fine-tune", "#d9822b", "s"),
    ("sham", "sham", "#7d8798", "D"),
    ("unlearned", "unlearned", palette.COOL, "o"),
)
LABEL, HEAD, LANE, GAP, FOOT, AXIS = 84.0, 34.0, 62.0, 44.0, 34.0, 390.0


def seeds_dots(actors: Sequence[str], pairs: Sequence[Pair], *, salt: str = "seeds") -> str:
    """Return an SVG with a panel per unlearned actor and a lane per other actor, ASR from 0 to 1.

    Args:
        actors: their order.
        pairs: with what every seed left after control, sham and unlearning.
        salt: prefix of the SVG's ids.
    """
    groups = [[p for p in pairs if p.source == actor] for actor in actors]
    groups = [group for group in groups if group]
    lanes = max((len(group) for group in groups), default=0)
    tall = HEAD + LANE * lanes + FOOT
    rows = -(-len(groups) // 2)
    sheet = Sheet(salt, 2 * (LABEL + AXIS) + GAP + 24, 30 + tall * rows)
    _legend(sheet)
    for index, group in enumerate(groups):
        x = LABEL + (LABEL + AXIS + GAP) * (index % 2)
        _panel(sheet, group, x, 30 + tall * (index // 2))
    return sheet.svg("Attack success rate per seed", _describe(pairs))


def _legend(sheet: Sheet) -> None:
    x = LABEL
    for _, label, colour, shape in MARKS:
        sheet.dot(x, 10, fill=colour, size=8, shape=shape)
        sheet.text(x + 11, 10, label, size=11.5, colour=palette.MUTED, align="left")
        x += 34 + len(label) * 6.4
    sheet.dot(x, 10, fill=palette.INK, edge=palette.INK, shape="|", size=14, line=2)
    sheet.text(x + 9, 10, "mean over seeds", size=11.5, colour=palette.MUTED, align="left")


def _panel(sheet: Sheet, group: Sequence[Pair], x: float, y: float) -> None:
    title = f"after unlearning {group[0].source}"
    sheet.text(x, y + 14, title, size=13.5, bold=True, align="left", room=AXIS)
    top, bottom = y + HEAD, y + HEAD + LANE * len(group)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        place = x + AXIS * tick
        sheet.line(place, top, place, bottom, colour=palette.GRID)
        sheet.text(place, bottom + 12, f"{tick:g}", size=11, colour=palette.MUTED)
    for index, pair in enumerate(group):
        middle = top + LANE * (index + 0.5)
        sheet.text(x - 14, middle, pair.to, size=12, align="right", room=LABEL - 16)
        sheet.line(x, middle + LANE / 2, x + AXIS, middle + LANE / 2)
        _lane(sheet, pair, x, middle)


def _lane(sheet: Sheet, pair: Pair, x: float, middle: float) -> None:
    for offset, (key, label, colour, shape) in zip((-16, 0, 16), MARKS, strict=True):
        known = [(each.seed, finite(getattr(each, key))) for each in pair.per_seed]
        values = [(seed, value) for seed, value in known if value is not None]
        for seed, value in values:
            tip = f"seed {seed}, {label}: ASR of {pair.to} {decimals(value)}"
            sheet.dot(x + AXIS * value, middle + offset, fill=colour, size=8, shape=shape,
                      alpha=0.8, tip=tip)  # fmt: skip
        if values:
            mean = sum(value for _, value in values) / len(values)
            place = x + AXIS * mean
            sheet.dot(place, middle + offset, fill=palette.INK, edge=palette.INK, shape="|",
                      size=14, line=2)  # fmt: skip


def _describe(pairs: Sequence[Pair]) -> str:
    lines = []
    for pair in pairs:
        values = ", ".join(decimals(finite(each.unlearned)) for each in pair.per_seed)
        lines.append(f"{pair.source} unlearned, ASR left of {pair.to}: {values}")
    return ". ".join(lines) + "."
