"""Attack success along every removal: a panel per disclosed trigger, with what the clean fine-tune
and the shams leave at the same dose."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.removals import Line, Removal
from arena.results.numbers import Shown

LEFT, HEAD, WIDTH, HEIGHT, GAP, BELOW, KEY, FOOT = 40.0, 34.0, 216.0, 170.0, 38.0, 30.0, 24.0, 26.0
COLUMNS = 4
SIDE = 20.0  # for the last label of an axis
APART = 0.3  # decades from the suspect, at dose 0, to the first dose


@dataclass(frozen=True)
class _Look:
    label: str
    colour: str
    shape: str
    dashed: bool = False
    width: float = 2.0


OWN = _Look("own trigger", palette.INK, "v", width=2.6)
CONTROL = _Look("clean fine-tune, the others", palette.MUTED, "D", dashed=True, width=1.6)
SHAM = _Look("shams, the others", "#8a6fb0", "s", dashed=True, width=1.6)


def removal_panels(removals: Sequence[Removal], *, salt: str = "removals") -> str:
    """Return an SVG with a panel per removal, at most four in a row, on the same axes.

    Args:
        removals: one or more, in order.
        salt: prefix of the SVG's ids.
    """
    looks = _looks(removals)
    columns = min(COLUMNS, len(removals))
    wide, tall = WIDTH + GAP, HEAD + HEIGHT + BELOW
    rows = -(-len(removals) // columns)
    width = max(LEFT + columns * wide - GAP + SIDE, 480.0)
    places, key = _key_places(list(looks.values()), width)
    sheet = Sheet(salt, width, key + rows * tall + FOOT)
    for (x, y), look in zip(places, looks.values(), strict=True):
        chart.key(
            sheet, x, y, look.label, look.colour, look.shape, width=look.width, dashed=look.dashed
        )
    doses = [dose for each in removals for dose in each.doses if dose > 0]
    low, high = math.log10(min(doses)) - APART, math.log10(max(doses))
    for index, removal in enumerate(removals):
        x, y = LEFT + wide * (index % columns), key + tall * (index // columns) + HEAD
        area = chart.Area(x, y, WIDTH, HEIGHT, low - 0.05, high + 0.05, -0.03, 1.03)
        _panel(sheet, area, removal, looks)
    sheet.text(width / 2, key + rows * tall + 8, "dose: summed learning rate", size=12)
    told = ". ".join(map(_told, removals))
    return sheet.svg("Attack success along every removal", f"{told}.")


def _looks(removals: Sequence[Removal]) -> dict[str, _Look]:
    """How each line is drawn, by its name; an actor looks the same in every panel."""
    actors = dict.fromkeys(
        actor for each in removals for actor in [each.source, *each.others] if each.others
    )
    colours = palette.PARTIES[1:]
    return {
        "": OWN,
        **{
            f"actor {actor}": _Look(actor, colours[k % len(colours)], palette.SHAPES[k % 9])
            for k, actor in enumerate(sorted(actors))
        },
        **({"control": CONTROL} if any(each.control for each in removals) else {}),
        **({"sham": SHAM} if any(each.sham for each in removals) else {}),
    }


def _key_places(looks: Sequence[_Look], width: float) -> tuple[list[tuple[float, float]], float]:
    """Where the key's entries go, in as many lines as they take, and the height of the key."""
    places: list[tuple[float, float]] = []
    x, y = LEFT, 10.0
    for look in looks:
        room = 50 + 6.1 * min(len(look.label), 30)
        if places and x + room > width:
            x, y = LEFT, y + 18
        places.append((x, y))
        x += room
    return places, y - 10 + KEY


def _panel(sheet: Sheet, area: chart.Area, removal: Removal, looks: Mapping[str, _Look]) -> None:
    title = f"unlearning {removal.source}"
    sheet.text(area.x, area.y - 18, title, size=13, bold=True, align="left", room=WIDTH)
    chart.rise(sheet, area, [k / 4 for k in range(5)])
    # The suspect, at dose 0, has its place left of the first dose.
    places = [math.log10(dose) if dose > 0 else area.left + 0.05 for dose in removal.doses]
    ticks = [(place, f"{dose:.2g}") for place, dose in zip(places, removal.doses, strict=True)]
    chart.run(sheet, area, ticks, size=10.5)
    lines = {
        "control": removal.control,
        "sham": removal.sham,
        **{f"actor {actor}": line for actor, line in removal.others.items()},
        "": removal.own,
    }
    for name, line in lines.items():
        if line:
            _line(sheet, area, removal, looks[name], places, line)


def _line(
    sheet: Sheet, area: chart.Area, removal: Removal, look: _Look, places: Sequence[float],
    line: Line,
) -> None:  # fmt: skip
    known = [
        (area.across(place), area.up(each.value), dose, each)
        for place, dose, each in zip(places, removal.doses, line, strict=True)
        if each.value is not None
    ]
    xs, ys = [x for x, *_ in known], [y for _, y, *_ in known]
    sheet.path(xs, ys, colour=look.colour, width=look.width, dashed=look.dashed)
    for x, y, dose, each in known:
        tip = f"{look.label}, unlearning {removal.source}, dose {dose:.2g}: {Shown.of(each).full}"
        sheet.dot(x, y, fill=look.colour, size=6, shape=look.shape, line=0.6, tip=tip)


def _told(removal: Removal) -> str:
    lines = {"own trigger": removal.own, **removal.others}
    lines |= {CONTROL.label: removal.control, SHAM.label: removal.sham}
    said = "; ".join(
        f"{name} {', '.join(Shown.of(each).text for each in line)}"
        for name, line in lines.items()
        if line
    )
    doses = ", ".join(f"{dose:.2g}" for dose in removal.doses)
    return f"unlearning {removal.source}, at doses {doses}: {said}"
