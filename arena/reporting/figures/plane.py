"""T over planting depth and removal dose, with the effects of removal and control."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from arena.reporting import palette
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import Sheet
from arena.reporting.figures.installation import folded
from arena.reporting.figures.spans import span_bar
from arena.reporting.figures.transfer import NARROW, scale, withhold
from arena.results.curves import AlongDose
from arena.results.numbers import Shown, thousands
from arena.statistics.plane import Plane, PlaneRow

LEFT, TOP, WIDTH, SIDE, FOOT = 132.0, 34.0, 600.0, 28.0, 112.0
ROW, STRIP, THIN = 84.0, 17.0, 72.0  # height of a row; of the lines above and below it; minimum
ROOMY = 50.0  # width in pixels from which an interval fits
NAME = 11.0  # size of a cell's name
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Marks:
    """The levels of the plane's lines: own trigger left, and what the control keeps."""

    removed: float
    kept: float


@dataclass(frozen=True)
class _Band:
    """A row's position: its top and bottom, and the edges of its doses from left to right."""

    row: PlaneRow
    top: float
    bottom: float
    edges: Sequence[float]

    def box(self, place: int) -> Box:
        """Return the cell of a dose."""
        left, right = self.edges[place], self.edges[place + 1]
        high = self.bottom - self.top - 2 * STRIP
        return left + 0.75, self.top + STRIP, right - left - 1.5, high


def depth_plane(plane: Plane, marks: Marks, *, salt: str = "plane") -> str:
    """Return an SVG: dose across, exposures per trigger upwards, both logarithmic; T as colour and
    number.

    Args:
        plane: two rows or more. If their exposures are too close, rows are evenly spaced.
        marks: own trigger left and what the control keeps, at which lines are drawn.
        salt: prefix of the SVG's ids.
    """
    height = ROW * len(plane.rows)
    sheet = Sheet(salt, LEFT + WIDTH + SIDE, TOP + height + FOOT)
    area = _area(plane, height)
    bands = list(_bands(plane, area))
    sheet.text(LEFT - 14, TOP - 16, "exposures", size=12, align="right")
    _ticks(sheet, area, plane)
    for band in bands:
        _row(sheet, area, band)
    _contour(sheet, _gone_from(bands, marks), palette.WARM, "v", dashed=False)
    _contour(sheet, _kept_to(bands, marks), palette.INK, "D", dashed=True)
    _legend(sheet, area.y + area.height + 62, marks)
    told = ". ".join(_describe(band.row) for band in reversed(bands))
    return sheet.svg("T over planting depth and removal dose", f"{told}.")


def _edges(places: Sequence[float]) -> list[float]:
    """Half way between neighbours; the outer ones as far away as the inner."""
    if len(places) == 1:
        return [places[0] - 0.5, places[0] + 0.5]
    inner = [(a + b) / 2 for a, b in pairwise(places)]
    first, last = 2 * places[0] - inner[0], 2 * places[-1] - inner[-1]
    return [first, *inner, last]


def _depths(plane: Plane, height: float) -> list[float]:
    """The edges of the rows, in the logarithm of exposures; evenly spaced if a row would be too
    thin to read."""
    edges = _edges([math.log10(max(row.exposures, 1.0)) for row in plane.rows])
    thinnest = min(b - a for a, b in pairwise(edges)) * height / (edges[-1] - edges[0])
    return edges if thinnest >= THIN else [float(n) for n in range(len(plane.rows) + 1)]


def _doses(row: PlaneRow) -> list[float]:
    return _edges([math.log10(point.dose) for point in row.cell.over_doses])


def _area(plane: Plane, height: float) -> chart.Area:
    across, up = [_doses(row) for row in plane.rows], _depths(plane, height)
    left, right = min(edges[0] for edges in across), max(edges[-1] for edges in across)
    return chart.Area(LEFT, TOP, WIDTH, height, left, right, up[0], up[-1])


def _bands(plane: Plane, area: chart.Area) -> Iterator[_Band]:
    """The rows, the deepest at the top of the area and the last of them."""
    edges = _depths(plane, area.height)
    for row, (low, high) in zip(plane.rows, pairwise(edges), strict=True):
        yield _Band(row, area.up(high), area.up(low), [area.across(x) for x in _doses(row)])


def _ticks(sheet: Sheet, area: chart.Area, plane: Plane) -> None:
    ticks = [(math.log10(dose), f"{dose:.2g}") for dose in plane.doses]
    chart.run(sheet, area, ticks)
    y = area.y + area.height + 36
    sheet.text(area.x + area.width / 2, y, "dose: summed learning rate", size=12)


def _row(sheet: Sheet, area: chart.Area, band: _Band) -> None:
    middle = (band.top + band.bottom) / 2
    count, room = thousands(band.row.exposures), LEFT - 18
    sheet.text(LEFT - 14, middle - 10, count, size=14, bold=True, align="right")
    for line, text in enumerate(folded(band.row.cell.id, room, NAME, 2)):
        y = middle + 8 + 13 * line
        sheet.text(LEFT - 14, y, text, size=NAME, colour=palette.MUTED, align="right", room=room)
    for place, point in enumerate(band.row.cell.over_doses):
        _cell(sheet, band.row, point, band.box(place))
    spans = band.row.cell.dose_spans
    for name, y in (("least", band.top + STRIP / 2 + 1), ("most", band.bottom - STRIP / 2 - 1)):
        if name in spans:
            span_bar(sheet, area, name, spans[name], y)


def _cell(sheet: Sheet, row: PlaneRow, point: AlongDose, box: Box) -> None:
    value, tip = Shown.of(point.transfer), f"{thousands(row.exposures)} exposures, {_said(point)}"
    if value.value is None:
        withhold(sheet, box, "control" if point.cases else "not inst.", tip)
        return
    x, y, width, height = box
    fill = palette.transfer_colour(value.value)
    sheet.rect(*box, fill=fill, edge=palette.RULE, line=0.6, radius=3, tip=tip)
    ink, roomy = palette.readable_on(fill), value.has_interval and width >= ROOMY
    if width >= NARROW:
        middle = y + height / 2 - (6 if roomy else 0)
        sheet.text(x + width / 2, middle, value.text, size=13.5, colour=ink)
    if roomy:
        sheet.text(x + width / 2, y + height / 2 + 10, value.brief, size=10.5, colour=ink)


Pieces = Sequence[tuple[float, _Band]]


def _gone_from(bands: Sequence[_Band], marks: Marks) -> Pieces:
    """The left edge of the first dose in every row at which the own trigger is gone."""
    found = ((band, band.row.own_gone(marks.removed)) for band in bands)
    return [(band.edges[_place(band, at)] + 2, band) for band, at in found if at is not None]


def _kept_to(bands: Sequence[_Band], marks: Marks) -> Pieces:
    """The right edge of the last dose in every row up to which the control keeps enough."""
    found = ((band, band.row.control_keeps(marks.kept)) for band in bands)
    return [(band.edges[_place(band, at) + 1] - 2, band) for band, at in found if at is not None]


def _place(band: _Band, point: AlongDose) -> int:
    return band.row.cell.over_doses.index(point)


def _contour(sheet: Sheet, pieces: Pieces, colour: str, shape: str, *, dashed: bool) -> None:
    """A line through the rows, edged in white so that it is visible on any colour."""
    for x, band in pieces:
        ys = [band.top + STRIP - 2, band.bottom - STRIP + 2]
        sheet.path([x, x], ys, colour=palette.PAPER, width=5)
        sheet.path([x, x], ys, colour=colour, width=2.2, dashed=dashed)
        sheet.dot(x, ys[0] + 7, fill=colour, size=8.5, shape=shape)


def _legend(sheet: Sheet, y: float, marks: Marks) -> None:
    keys = (
        (palette.WARM, "v", False, f"from here own trigger gone (at most {marks.removed:g})"),
        (palette.INK, "D", True, f"up to here the clean fine-tune keeps {marks.kept:g}"),
    )
    x = 24.0
    for colour, shape, dashed, text in keys:
        sheet.path([x, x + 26], [y, y], colour=colour, width=2.2, dashed=dashed)
        sheet.dot(x + 13, y, fill=colour, size=8.5, shape=shape)
        sheet.text(x + 34, y, text, size=11, colour=palette.MUTED, align="left")
        x += 70 + 5.6 * len(text)
    scale(sheet, 24 + 12, y + 30)


def _describe(row: PlaneRow) -> str:
    points = "; ".join(_said(point) for point in row.cell.over_doses)
    return f"{row.cell.id}, {thousands(row.exposures)} exposures: {points}"


def _said(point: AlongDose) -> str:
    own, control = Shown.of(point.own).text, Shown.of(point.control).text
    return (
        f"dose {point.dose:.2g}: T {Shown.of(point.transfer).full}, own trigger {own}, clean "
        f"fine-tune keeps {control}, {point.explained} of {point.cases} explained by it"
    )
