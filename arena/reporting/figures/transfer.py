"""The transfer heatmaps: from the unlearned actor to every other, in four panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures.canvas import Sheet
from arena.reporting.split import as_shown
from arena.results.numbers import decimals
from arena.results.pairs import Pair

PANELS = (
    ("transfer", "Transfer T", "control minus unlearned"),
    ("odd", "odd part of T", "control minus sham"),
    ("specific", "specific part of T", "sham minus unlearned"),
    ("raw_suppression", "Raw suppression", "without subtracting a control"),
)
# What a cell says instead of a number that would be misleading.
WITHHELD = {"not_installed": "not inst.", "explained_by_control": "control"}
NARROW = 30.0  # width in pixels below which nothing is written in a cell
LABEL, HEAD, GAP, FOOT = 92.0, 74.0, 26.0, 40.0
SCALE = 700.0  # width of the scale with its words


@dataclass(frozen=True)
class _Panel:
    key: str
    x: float
    y: float
    cell: float
    high: float
    actors: Sequence[str]
    pairs: Mapping[tuple[str, str], Pair]


def transfer_heatmap(
    actors: Sequence[str], pairs: Sequence[Pair], *, salt: str = "transfer"
) -> str:
    """Return an SVG of T, T_odd, T_specific and the raw suppression; rows: unlearned, columns:
    affected.

    Args:
        actors: the order of rows and columns.
        pairs: values mostly in [-1, 1].
        salt: prefix of the SVG's ids.
    """
    columns = 4 if len(actors) <= 5 else 2
    by_name = {(pair.source, pair.to): pair for pair in pairs}
    n = max(len(actors), 1)
    cell = min(max((1040 - LABEL - GAP * (columns - 1)) / (columns * n), 48.0), 64.0)
    high = min(cell, 46.0)
    wide, tall = cell * n + GAP, HEAD + high * n + 10
    rows = -(-len(PANELS) // columns)
    width = max(LABEL + wide * columns - GAP, LABEL + 20 + SCALE)
    sheet = Sheet(salt, width, tall * rows + FOOT)
    for index, (key, title, subtitle) in enumerate(PANELS):
        x, y = LABEL + wide * (index % columns), tall * (index // columns)
        panel = _Panel(key, x, y + HEAD, cell, high, actors, by_name)
        _head(sheet, panel, title, subtitle, labelled=index % columns == 0)
        _cells(sheet, panel)
    scale(sheet, LABEL + 20, tall * rows + 20)
    return sheet.svg("Transfer between actors", _describe(pairs))


def _head(sheet: Sheet, panel: _Panel, title: str, subtitle: str, *, labelled: bool) -> None:
    top = panel.y - HEAD
    sheet.text(panel.x + 1, top + 14, title, size=14, bold=True, align="left")
    sheet.text(panel.x + 1, top + 31, subtitle, size=11, colour=palette.MUTED, align="left")
    for index, actor in enumerate(panel.actors):
        x, y = panel.x + panel.cell * (index + 0.5), panel.y + panel.high * (index + 0.5)
        sheet.text(x, panel.y - 12, actor, size=11.5, room=panel.cell - 2)
        if labelled:
            sheet.text(panel.x - 10, y, actor, size=11.5, align="right", room=LABEL - 14)
    if labelled:
        sheet.text(panel.x - 10, panel.y - 12, "unlearned", size=11, colour=palette.MUTED,
                   align="right")  # fmt: skip


def _cells(sheet: Sheet, panel: _Panel) -> None:
    for row, source in enumerate(panel.actors):
        for column, target in enumerate(panel.actors):
            box = (
                panel.x + panel.cell * column + 1,
                panel.y + panel.high * row + 1,
                panel.cell - 2,
                panel.high - 2,
            )
            pair = panel.pairs.get((source, target))
            if source != target and pair is not None:
                _cell(sheet, panel.key, pair, box)
            elif source != target:
                sheet.rect(*box, fill=palette.WASH, radius=3)


def _cell(sheet: Sheet, key: str, pair: Pair, box: tuple[float, float, float, float]) -> None:
    x, y, width, height = box
    value, withheld = as_shown(pair, key), _withheld(key, pair)
    tip = f"unlearn {pair.source}, effect on {pair.to}: {value.full}"
    if withheld is not None:
        withhold(sheet, box, withheld, f"{tip}; {pair.verdict}")
        return
    fill = palette.transfer_colour(value.value)
    sheet.rect(*box, fill=fill, edge=palette.RULE, line=0.6, radius=3, tip=tip)
    ink, middle = palette.readable_on(fill), y + height / 2
    lift = 5.0 if value.has_interval else 0.0
    sheet.text(x + width / 2, middle - lift, value.text, size=13, colour=ink)
    if value.has_interval:
        sheet.text(x + width / 2, middle + 10, value.brief, size=10.5, colour=ink)


def withhold(sheet: Sheet, box: tuple[float, float, float, float], why: str, tip: str) -> None:
    """Draw a hatched cell that says in a word why it has no number, if it is wide enough."""
    x, y, width, height = box
    sheet.rect(*box, fill=palette.WASH, hatched=True, tip=tip)
    if width >= NARROW:
        sheet.rect(x + 2, y + height / 2 - 9, width - 4, 18, fill=palette.WASH, radius=3)
        size = min(11, (width - 4) / (len(why) * 0.52))
        sheet.text(x + width / 2, y + height / 2, why, size=size, colour=palette.MUTED)


def _withheld(key: str, pair: Pair) -> str | None:
    """Why a cell has no number. Where the control explains the drop, the raw suppression is still
    shown, since that is exactly what it hides."""
    verdict = str(pair.verdict)
    if key == "raw_suppression" and verdict == "explained_by_control":
        return None
    return WITHHELD.get(verdict)


def scale(sheet: Sheet, x: float, y: float) -> None:
    """Draw the colours of a transfer, from -1 to 1, and what they mean, in 700 pixels."""
    sheet.ramp(x, y, 183, [palette.transfer_colour(step / 30 - 1) for step in range(61)])
    sheet.text(x - 6, y, decimals(-1, 0), size=11, colour=palette.MUTED, align="right")
    sheet.text(x + 190, y, "1", size=11, colour=palette.MUTED, align="left")
    words = "1: the other backdoor is gone  ·  0: no more than the control did  ·  "
    words += "below 0: it got stronger"
    sheet.text(x + 222, y, words, size=11, colour=palette.MUTED, align="left")


def _describe(pairs: Sequence[Pair]) -> str:
    lines = [
        f"unlearning {pair.source} on {pair.to}: "
        + ", ".join(f"{key} {as_shown(pair, key).text}" for key, _, _ in PANELS)
        + f", {pair.verdict}"
        for pair in pairs
    ]
    return "; ".join(lines) + "."
