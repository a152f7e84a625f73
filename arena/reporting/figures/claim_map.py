"""The claim map: where suppression generalizes, cell by cell, at both doses, with the control and
how deep the backdoors sit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.text import room_for
from arena.results.claim import VerdictThresholds
from arena.results.estimate import Estimate
from arena.results.numbers import Shown, decimals

WIDTH, SIDE, STEP, HEAD, TOP, FOOT = 400.0, 250.0, 36.0, 28.0, 56.0, 68.0
NAME = (160.0, 300.0)  # pixels that names of cells take, at least and at most
NOTE = 128.0  # width of the longer threshold's words, in pixels
DOSES = (("least", -6.0), ("most", 7.0))
COLUMNS = (("verdicts", 36.0), ("kept", 96.0), ("depth", 154.0), ("installed", 214.0))


@dataclass(frozen=True)
class MapLine:
    """One cell of the map.

    Attributes:
        name: of the value that it stands for.
        transfer: T by dose. verdicts: by dose.
        kept: what the clean fine-tune keeps of the other backdoors, at `least`.
        depth: mean log-odds of payload against right answer, in nats.
        installed: actors that are installed in most seeds, in words.
    """

    name: str
    transfer: Mapping[str, Estimate]
    verdicts: Mapping[str, str]
    kept: float | None = None
    depth: float | None = None
    installed: str = ""


def claim_map(
    groups: Mapping[str, Sequence[MapLine]],
    thresholds: VerdictThresholds,
    *,
    salt: str = "claim-map",
) -> str:
    """Return an SVG with a block of lines per group: T at `least` (filled) above T at `most`.

    Args:
        groups: lines by the axis that they vary; an empty name has no heading.
        thresholds: `generalizes` and `fails` are drawn across.
        salt: prefix of the SVG's ids.
    """
    lines = [line for group in groups.values() for line in group]
    tall = STEP * len(lines) + HEAD * sum(bool(name) for name in groups)
    start = 18 + room_for((line.name for line in lines), 12.5, *NAME)
    sheet = Sheet(salt, start + WIDTH + SIDE, TOP + tall + FOOT)
    area = _area(lines, thresholds, start, tall)
    _frame(sheet, area, thresholds)
    _heads(sheet, start + WIDTH, lines)
    y = TOP
    for name, group in groups.items():
        if name:
            sheet.text(14, y + HEAD / 2 + 3, name, size=12, colour=palette.MUTED, align="left")
            y += HEAD
        for line in group:
            _draw(sheet, area, line, y + STEP / 2)
            y += STEP
    _legend(sheet, start, y + 48)
    return sheet.svg("Claim map", f"{'; '.join(map(_told, lines))}.")


def _area(
    lines: Sequence[MapLine], thresholds: VerdictThresholds, start: float, tall: float
) -> chart.Area:
    shown = [e for line in lines for e in line.transfer.values()]
    ends = [end for e in shown for end in (e.value, e.low, e.high)]
    ticks = chart.quarters(ends, (thresholds.fails, thresholds.generalizes))
    left, right = ticks[0] - chart.NEAR, ticks[-1] + chart.NEAR
    return chart.Area(start, TOP, WIDTH, tall, left, right, 0.0, 1.0)


def _frame(sheet: Sheet, area: chart.Area, thresholds: VerdictThresholds) -> None:
    """The axis, and the thresholds across it."""
    first = round((area.left + chart.NEAR) / 0.25)
    last = round((area.right - chart.NEAR) / 0.25)
    ticks = [0.25 * k for k in range(first, last + 1)]
    chart.run(sheet, area, [(tick, decimals(tick)) for tick in ticks], size=12)
    sheet.line(area.across(0), TOP, area.across(0), TOP + area.height, colour=palette.FAINT)
    sheet.text(area.x, TOP - 36, "transfer T", size=12, bold=True, align="left")
    for value, label, colour, align in (
        (thresholds.fails, "fails below", palette.WARM, "right"),
        (thresholds.generalizes, "generalizes above", palette.COOL, "left"),
    ):
        if value is not None:
            x = area.across(value)
            sheet.line(x, TOP - 4, x, TOP + area.height, colour=colour, width=1.2, dashed=True)
            place = x - 4 if align == "right" else min(x + 4, area.x + WIDTH - NOTE)
            sheet.text(place, TOP - 13, f"{label} {decimals(value)}", size=11.5, colour=colour,
                       align=align)  # fmt: skip


def _heads(sheet: Sheet, x: float, lines: Sequence[MapLine]) -> None:
    """The heads of the columns in which any line has something."""
    heads = (
        ("verdict", "least, most", True),
        ("control", "keeps", any(line.kept is not None for line in lines)),
        ("depth,", "nats", any(line.depth is not None for line in lines)),
        ("actors", "installed", any(line.installed for line in lines)),
    )
    for (_, offset), (above, below, there) in zip(COLUMNS, heads, strict=True):
        for word, up in ((above, 26), (below, 12)) if there else ():
            sheet.text(x + offset, TOP - up, word, size=11, colour=palette.MUTED)


def _draw(sheet: Sheet, area: chart.Area, line: MapLine, middle: float) -> None:
    name = line.name.replace("_", " ")
    x, room = area.x - 14, area.x - 17
    sheet.text(x, middle, name, size=12.5, bold=True, align="right", room=room)
    for dose, nudge in DOSES:
        if dose in line.transfer:
            shown, look = Shown.of(line.transfer[dose]), palette.verdict(line.verdicts.get(dose))
            tip = f"{name}, {dose}: {shown.full}, {look.label}"
            _whisker(sheet, area, shown, middle + nudge, look.colour, dose == "least", tip)
    looks = [palette.verdict(line.verdicts[dose]).glyph for dose in line.verdicts]
    texts = {
        "verdicts": ", ".join(looks),
        "kept": "" if line.kept is None else decimals(line.kept),
        "depth": "" if line.depth is None else f"{line.depth:.1f}",
        "installed": line.installed,
    }
    for key, offset in COLUMNS:
        sheet.text(area.x + WIDTH + offset, middle, texts[key], size=12)


def _whisker(
    sheet: Sheet, area: chart.Area, shown: Shown, y: float, colour: str, filled: bool, tip: str
) -> None:
    """T with its interval; at `most` the dot is hollow."""
    if shown.value is None:
        x = area.across(0) + 10
        sheet.text(x, y, "no T", size=10.5, colour=palette.MUTED, align="left")
        return
    if shown.low is not None and shown.high is not None:
        ends = area.across(shown.low), area.across(shown.high)
        sheet.line(ends[0], y, ends[1], y, colour=colour, width=3 if filled else 1.6)
    fill, edge = (colour, palette.PAPER) if filled else (palette.PAPER, colour)
    sheet.dot(area.across(shown.value), y, fill=fill, edge=edge, size=9, line=1.6, tip=tip)


def _legend(sheet: Sheet, start: float, y: float) -> None:
    """Filled and hollow, and the verdicts' colours with their glyphs."""
    sheet.dot(start, y - 14, fill=palette.MUTED, size=9)
    sheet.text(start + 10, y - 14, "at “least”", size=11.5, align="left")
    sheet.dot(start + 90, y - 14, fill=palette.PAPER, edge=palette.MUTED, size=9, line=1.6)
    sheet.text(start + 100, y - 14, "at “most”", size=11.5, align="left")
    x = start
    for name in ("generalizes_specific", "generalizes_unspecific", "fails", "inconclusive"):
        look = palette.verdict(name)
        sheet.rect(x - 5, y + 1, 10, 10, fill=look.colour)
        sheet.text(
            x + 10, y + 6, f"{look.glyph} {look.label}", size=11.5, colour=look.colour, align="left"
        )
        x += 44 + 6.3 * len(look.label)


def _told(line: MapLine) -> str:
    parts = [f"{dose} {Shown.of(each).full} ({line.verdicts.get(dose) or 'no verdict'})"
             for dose, each in line.transfer.items()]  # fmt: skip
    kept = "" if line.kept is None else f", control keeps {decimals(line.kept)}"
    return f"{line.name}: {', '.join(parts)}{kept}"
