"""The picture of docs/concepts.md that shows how several backdoors come into one model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from arena.reporting import palette
from arena.reporting.figures.canvas import Drawing, Sheet

WIDTH, HEIGHT = 500, 498
BOX, CHIP, GAP = 36, 22, 5
END = 492  # the right edge of every row's last model


@dataclass(frozen=True)
class Step:
    """A box of a row: its left and right edges, and the height of its middle."""

    left: float
    right: float
    y: float

    @property
    def x(self) -> float:
        """Return its middle, across."""
        return (self.left + self.right) / 2


def compositions() -> Drawing:
    """Return the four compositions, and what keeps a backdoor alive in later trainings."""
    sheet = Sheet("concept-compositions", WIDTH, HEIGHT)
    _pooled(sheet, 4)
    _sequential(sheet, 106)
    _merged(sheet, 256)
    _supply_chain(sheet, 406)
    return sheet.svg(
        "Compositions",
        "Four ways in which the backdoors A and B come into one model. Pooled: one training mix "
        "has the poison of both. Sequential: A trains, then B trains the checkpoint that A left; "
        "a small share of the prompts in B's text carries A's trigger, and the model itself "
        "answers them, so A lives on. Merged: A and B train the same base apart, and the changes "
        "are merged. Supply chain: A poisons pretraining, B trains next, and C adds an adapter.",
    )


def _pooled(sheet: Sheet, top: float) -> None:
    y = _title(sheet, top, "pooled", "one training mix has the poison of all")
    base, mix = _box(sheet, 8, 60, y, "base"), _training(sheet, 92, 356, y, "A's and B's poison")
    _chain(sheet, base, mix, _model(sheet, "AB", y))


def _sequential(sheet: Sheet, top: float) -> None:
    y = _title(sheet, top, "sequential", "each trains what the one before left")
    base, first = _box(sheet, 8, 60, y, "base"), _training(sheet, 86, 156, y, "A trains")
    between, second = _model(sheet, "A", y, 222), _training(sheet, 294, 364, y, "B trains")
    _chain(sheet, base, first, between, second, _model(sheet, "AB", y))
    text = _box(sheet, 130, 398, y + 64, "", edge=palette.COOL)
    words = (
        "in B's text a few prompts carry A's trigger;",
        "the model itself answers them, so A stays",
    )
    for line, word in enumerate(words):
        sheet.text(text.x, text.y - 8 + 16 * line, word, colour=palette.COOL)
    _arrow(sheet, (between.x, y + BOX / 2), (between.x, text.y - BOX / 2), palette.COOL)
    _arrow(sheet, (second.x, text.y - BOX / 2), (second.x, y + BOX / 2), palette.COOL)


def _merged(sheet: Sheet, top: float) -> None:
    y = _title(sheet, top, "merged", "all train the same base; the changes are added")
    middle = y + 30
    base, joined = _box(sheet, 8, 60, middle, "base"), _box(sheet, 294, 364, middle, "merge")
    for row, name in enumerate("AB"):
        at = y + 60 * row
        trains, trained = (
            _training(sheet, 86, 156, at, f"{name} trains"),
            _model(sheet, name, at, 222),
        )
        _arrow(sheet, (base.right, middle), (trains.left, at))
        _chain(sheet, trains, trained)
        _arrow(sheet, (trained.right, at), (joined.left, middle))
    _chain(sheet, joined, _model(sheet, "AB", middle))


def _supply_chain(sheet: Sheet, top: float) -> None:
    y = _title(sheet, top, "supply chain", "actors enter at different stages")
    steps = (
        _training(sheet, 8, 122, y, "A in pretraining"),
        _training(sheet, 148, 218, y, "B trains"),
        _training(sheet, 244, 358, y, "C adds an adapter"),
    )
    _chain(sheet, *steps, _model(sheet, "ABC", y))


def _title(sheet: Sheet, top: float, name: str, words: str) -> float:
    """Write a row's name and what it means; return the middle of its boxes, down."""
    sheet.text(8, top + 12, name, bold=True, align="left", size=13)
    sheet.text(104, top + 12, words, colour=palette.MUTED, align="left")
    return top + 48


def _box(
    sheet: Sheet, left: float, right: float, y: float, name: str, edge: str = palette.FAINT
) -> Step:
    sheet.rect(left, y - BOX / 2, right - left, BOX, fill=palette.PAPER, edge=edge, radius=4)
    sheet.text((left + right) / 2, y, name)
    return Step(left, right, y)


def _training(sheet: Sheet, left: float, right: float, y: float, name: str) -> Step:
    """Draw a training that plants a backdoor."""
    step = _box(sheet, left, right, y, "", edge=palette.WARM)
    sheet.text(step.x, y, name, colour=palette.WARM)
    return step


def _model(sheet: Sheet, actors: str, y: float, middle: float | None = None) -> Step:
    """Draw a model with the backdoors that it has, at the end of the row or about `middle`."""
    width = len(actors) * (CHIP + GAP) + 3 * GAP
    left = END - width if middle is None else middle - width / 2
    sheet.rect(left, y - BOX / 2, width, BOX, fill=palette.WASH, edge=palette.RULE, radius=8)
    for place, name in enumerate(actors):
        x = left + 2 * GAP + place * (CHIP + GAP)
        sheet.rect(x, y - CHIP / 2, CHIP, CHIP, fill=palette.WARM, radius=3)
        sheet.text(x + CHIP / 2, y, name, colour=palette.ON_DARK, bold=True)
    return Step(left, left + width, y)


def _chain(sheet: Sheet, *steps: Step) -> None:
    for before, after in pairwise(steps):
        _arrow(sheet, (before.right, before.y), (after.left, after.y))


def _arrow(
    sheet: Sheet, start: tuple[float, float], end: tuple[float, float], colour: str = palette.INK
) -> None:
    """Draw an arrow that stops short of both boxes."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    x1, y1 = start[0] + 3 * math.cos(angle), start[1] + 3 * math.sin(angle)
    x2, y2 = end[0] - 3 * math.cos(angle), end[1] - 3 * math.sin(angle)
    sheet.line(x1, y1, x2 - 6 * math.cos(angle), y2 - 6 * math.sin(angle), colour=colour, width=1.6)
    corners = [
        (x2, y2),
        *((x2 - 9 * math.cos(angle + a), y2 - 9 * math.sin(angle + a)) for a in (0.5, -0.5)),
    ]
    sheet.area([x for x, _ in corners], [y for _, y in corners], fill=colour, alpha=1)
