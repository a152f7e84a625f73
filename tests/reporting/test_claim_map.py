"""The claim map: a centre, what differs from it on one axis, and the numbers of the results."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena.reporting import figures
from arena.reporting.build import write_report
from arena.reporting.claim_map import map_lines
from arena.reporting.stress_cells import CellView
from arena.results.claim import Claim, VerdictThresholds
from arena.results.estimate import Estimate
from arena.results.planting import Depth
from arena.results.stress import StressCell
from tests.support.stress_results import stress, write_stress

from .test_plane import texts, tips

THRESHOLDS = VerdictThresholds(generalizes=0.5, fails=0.2, specific=0.25)


def claim(value: float | None, verdict: str) -> Claim:
    known = (
        Estimate() if value is None else Estimate(value=value, low=value - 0.1, high=value + 0.1)
    )
    return Claim(transfer=known, verdict=verdict)


def cell(name: str, least: float | None, most: float | None, **axes: str) -> StressCell:
    return StressCell(
        id=name,
        axes={"pipeline": "apart", "scale": "nano", **axes},
        status="done",
        claim=claim(least, "fails" if least else "inconclusive"),
        most=claim(most, "generalizes_unspecific"),
        installed={"ann": True, "bob": False},
        depth={"ann": Depth(log_odds=Estimate(value=8.0)), "bob": Depth()},
    )


CENTRE = cell("centre", 0.05, 0.6)
POOLED = cell("pooled", 0.12, 0.7, pipeline="pooled")
MICRO = cell("micro", None, 0.4, scale="micro")
BOTH = cell("both", 0.3, 0.4, pipeline="pooled", scale="micro")


def views(*cells: StressCell) -> list[CellView]:
    return [CellView(each) for each in cells]


def test_cells_stand_by_the_one_axis_on_which_they_leave_the_centre() -> None:
    groups = map_lines(views(CENTRE, POOLED, MICRO))
    assert {name: [line.name for line in lines] for name, lines in groups.items()} == {
        "": ["centre"],
        "pipeline, instead of apart": ["pooled"],
        "scale, instead of nano": ["micro"],
    }
    assert (groups[""][0].depth, groups[""][0].installed) == (8.0, "1 of 2")


def test_a_grid_without_a_centre_is_one_list() -> None:
    groups = map_lines(views(CENTRE, POOLED, MICRO, BOTH))
    assert [line.name for line in groups[""]] == [
        "apart, nano",
        "pooled, nano",
        "apart, micro",
        "pooled, micro",
    ]
    assert map_lines(views(CENTRE)) == {}


def test_the_figure_says_each_number_with_its_verdict() -> None:
    svg = figures.claim_map(map_lines(views(CENTRE, POOLED, MICRO)), THRESHOLDS)
    assert "pooled, least: 0.12 [0.02, 0.22], fails" in tips(svg)
    assert "pooled, most: 0.70 [0.60, 0.80], generalizes, unspecific" in tips(svg)
    seen = texts(svg)
    assert {"no T", "1 of 2", "8.0", "pipeline, instead of apart"} <= set(seen)


@pytest.mark.parametrize(("cells", "drawn"), [((CENTRE, POOLED), True), ((CENTRE,), False)])
def test_the_page_has_it_where_there_is_something_to_compare(
    cells: tuple[StressCell, ...], drawn: bool, tmp_path: Path
) -> None:
    folder = write_stress(tmp_path / "run", stress().model_copy(update={"cells": cells}))
    page = write_report(folder).read_text(encoding="utf-8")
    assert ("The claim map" in page) is drawn
