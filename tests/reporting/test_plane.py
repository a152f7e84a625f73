"""The plane and the curves of a grid's page: the numbers of the results, or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.dom import minidom

import pytest

from arena.reporting import figures
from arena.reporting.build import write_report
from arena.reporting.figures.plane import Marks
from arena.reporting.plane import draw, marks_of, plane_views
from arena.results.claim import Claim, ShamEstimates
from arena.results.curves import AlongDose, DoseSpan
from arena.results.estimate import Estimate
from arena.results.planting import Depth
from arena.results.scenario import ScenarioRecord
from arena.results.stress import StressCell, StressResults
from arena.statistics.plane import planes
from tests.support.html_pages import Page
from tests.support.planted_results import ACTORS
from tests.support.stress_results import stress, write_stress

DOSES = (0.001, 0.0032, 0.01, 0.032)
SPANS = {
    "least": DoseSpan(low=0.001, high=0.0032, reached=8, removals=8),
    "most": DoseSpan(low=0.01, high=0.01, reached=6, removals=8),
}


def point(step: int, dose: float, transfer: float | None, cases: int = 96) -> AlongDose:
    known = Estimate() if transfer is None else Estimate(value=transfer, low=0, high=1)
    return AlongDose(
        step=step,
        dose=dose,
        transfer=known,
        own=Estimate(value=0.0 if step else 1.0),
        control=Estimate(value=0.9 - 0.2 * step),
        cases=cases,
        explained=0 if transfer is not None else cases,
    )


def cell(
    name: str, exposures: float, transfers: Sequence[float | None], doses: Sequence[float] = DOSES
) -> StressCell:
    points = [point(n, *each) for n, each in enumerate(zip(doses, transfers, strict=True))]
    return StressCell(
        id=name,
        axes={"planting": name},
        status="done",
        depth=dict.fromkeys(ACTORS, Depth(exposures=exposures)),
        over_doses=tuple(points),
        dose_spans=SPANS,
    )


def grid(*cells: StressCell) -> StressResults:
    return stress().model_copy(update={"cells": cells})


SHALLOW = cell("350_steps", 1792, (0.13, 0.27, 0.58, None))
DEEP = cell("1400_steps", 7168, (0.03, -0.04, 0.19, 0.62))
RESULTS = grid(SHALLOW, DEEP)


def texts(svg: str) -> list[str]:
    root = minidom.parseString(svg.encode())
    shown = (node.firstChild for node in root.getElementsByTagName("text"))
    return [text.data for text in shown if text is not None]  # type: ignore[union-attr]


def tips(svg: str) -> list[str]:
    root = minidom.parseString(svg.encode())
    return [node.firstChild.data for node in root.getElementsByTagName("title")][1:]  # type: ignore[union-attr]


def test_the_plane_prints_the_numbers_of_the_results() -> None:
    svg = draw(RESULTS)["plane0"]
    seen = texts(svg)
    for number in ("0.13", "0.27", "0.58", "0.03", "\N{MINUS SIGN}0.04", "0.19", "0.62"):
        assert seen.count(number) == 1
    assert seen.count(".00\N{EN DASH}1.0") == 7
    assert seen.count("control") == 1  # every drop is explained there: no T
    assert [text for text in seen if text in ("7,168", "1,792")] == ["1,792", "7,168"]
    assert {"0.001", "0.0032", "0.01", "0.032"} <= set(seen)
    first = (
        "1,792 exposures, dose 0.001: T 0.13 [0.00, 1.00], own trigger 1.00, clean fine-tune "
        "keeps 0.90, 0 of 96 explained by it"
    )
    assert tips(svg)[0] == first
    assert len(tips(svg)) == 8


def test_the_plane_says_what_its_lines_and_bars_stand_for() -> None:
    seen = texts(draw(RESULTS)["plane0"])
    assert "from here own trigger gone (at most 0.01)" in seen
    assert "up to here the clean fine-tune keeps 0.8" in seen
    assert seen.count("least") == seen.count("most, in 6 of 8") == 2
    never = SHALLOW.model_copy(update={"dose_spans": {"most": DoseSpan(removals=8)}})
    assert "most: nowhere" in texts(draw(grid(never, DEEP))["plane0"])


@pytest.mark.usefixtures("rendered")
def test_lines_stand_only_where_the_condition_holds() -> None:
    (plane,) = planes(RESULTS.cells)
    drawn = {
        (removed, kept): figures.depth_plane(plane, Marks(removed, kept)).count("stroke: #ffffff")
        for removed, kept in ((0.01, 0.8), (-1.0, 0.8), (-1.0, 2.0))
    }
    assert drawn[0.01, 0.8] > drawn[-1.0, 0.8] > drawn[-1.0, 2.0]


def test_marks_are_those_of_the_scenario() -> None:
    assert marks_of(RESULTS) == Marks(0.01, 0.8)
    other = ScenarioRecord({"dose": {"removed": 0.05, "kept": 0.5}})
    assert marks_of(RESULTS.model_copy(update={"scenario": other})) == Marks(0.05, 0.5)


def test_a_depth_at_which_nothing_is_installed_says_so() -> None:
    none = cell("50_steps", 256, (None,) * 4)
    bare = tuple(p.model_copy(update={"cases": 0, "explained": 0}) for p in none.over_doses)
    results = grid(none.model_copy(update={"over_doses": bare}), SHALLOW, DEEP)
    drawn = draw(results)
    assert texts(drawn["plane0"]).count("not inst.") == 4
    assert "50_steps" not in texts(drawn["curves"])


@pytest.mark.parametrize("exposures", [(100, 101, 102), (1, 1000, 1_000_000), (5, 5, 50)])
def test_rows_have_room_whatever_the_depths(exposures: tuple[int, ...]) -> None:
    cells = [cell(f"c{n}", each, (0.11, 0.22, 0.33, 0.44)) for n, each in enumerate(exposures)]
    seen = texts(draw(grid(*cells))["plane0"])
    assert all(seen.count(number) == 3 for number in ("0.11", "0.22", "0.33", "0.44"))


def test_many_doses_are_colours_with_tips_and_no_numbers() -> None:
    doses = [0.001 * 1.1**n for n in range(40)]
    cells = [cell(name, each, [0.37] * 40, doses) for name, each in (("a", 10), ("b", 20))]
    svg = draw(grid(*cells))["plane0"]
    assert "0.37" not in texts(svg)
    assert sum("T 0.37" in tip for tip in tips(svg)) == 80


def test_curves_have_a_panel_and_a_tip_for_every_number() -> None:
    svg = draw(RESULTS)["curves"]
    assert [text for text in texts(svg) if text.endswith("_steps")] == ["350_steps", "1400_steps"]
    said = tips(svg)
    assert sum(tip.startswith("Transfer T at") for tip in said) == 7  # one has no T
    assert "Transfer T at 0.032: 0.62 [0.00, 1.00]" in said
    assert sum(tip.startswith("clean fine-tune keeps at") for tip in said) == 8
    assert not [text for text in texts(svg) if "odd part" in text]


def with_shams(split_by: str, **odd: float) -> StressCell:
    """A cell with these odd parts at every dose, whose own odd part is by `split_by`."""
    by = {kind: Estimate(value=value) for kind, value in odd.items()}
    familiar = by.get("familiar", Estimate())
    points = [p.model_copy(update={"odd": familiar, "odd_by_sham": by}) for p in SHALLOW.over_doses]
    claim = Claim(by_sham={split_by: ShamEstimates()})
    return SHALLOW.model_copy(update={"over_doses": tuple(points), "claim": claim})


def test_the_odd_part_along_the_dose_is_by_the_shams_of_the_card_and_says_so() -> None:
    both = with_shams("benign", familiar=0.06, benign=0.37)
    svg = draw(grid(both))["curves"]
    assert texts(svg).count("odd part (benign shams)") == 1
    assert "odd part (familiar shams)" not in texts(svg)
    assert "odd part (benign shams) at 0.001: 0.37" in tips(svg)
    other = with_shams("familiar", familiar=0.06)
    legend = texts(draw(grid(both, other))["curves"])[-6:]
    assert {"odd part (benign shams)", "odd part (familiar shams)"} <= set(legend)


def test_curves_without_shams_of_the_cards_kind_name_the_kind_they_have() -> None:
    only = with_shams("benign", familiar=0.06)
    svg = figures.dose_curve(only.over_doses, {}, "benign")
    assert "odd part (familiar shams)" in texts(svg)
    assert "odd part (familiar shams) at 0.001: 0.06" in tips(svg)


def test_the_table_beside_the_plane_has_the_same_numbers() -> None:
    (view,) = plane_views(RESULTS)
    assert (view.title, view.figure) == ("", "plane0")
    assert view.doses == ["0.001", "0.0032", "0.01", "0.032"]
    shown = {line.exposures: [each and each.text for each in line.transfers] for line in view.lines}
    assert shown["1,792"] == ["0.13", "0.27", "0.58", "\N{EN DASH}"]
    other = cell("x", 99, (0.5, 0.6), (0.001, 0.7))
    (view,) = plane_views(grid(SHALLOW, other))
    assert [each and each.text for each in view.lines[0].transfers][:2] == ["0.50", None]


def test_the_page_has_both_figures_or_neither(tmp_path: Path) -> None:
    for name, results in (("plane", RESULTS), ("curves", grid(SHALLOW)), ("none", stress())):
        folder = write_stress(tmp_path / name, results)
        page = Page(write_report(folder).read_text(encoding="utf-8"))
        drawn = {file.stem for file in (folder / "figures").glob("*.svg")} & {"plane0", "curves"}
        assert not page.open
        assert len(page.ids) == len(set(page.ids))
        assert drawn == {"plane": {"plane0", "curves"}, "curves": {"curves"}, "none": set()}[name]
        assert ("Over the dose of the removal" in page.texts) == (name != "none")
        assert ("exposures" in page.texts) == (name == "plane")
