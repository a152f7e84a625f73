"""T over planting depth and removal dose: which cells make a plane, and what its lines stand at."""

from __future__ import annotations

from collections.abc import Sequence

from arena.results.curves import AlongDose
from arena.results.estimate import Estimate
from arena.results.planting import Depth
from arena.results.stress import StressCell
from arena.statistics.plane import mean_exposures, planes

DOSES = (0.001, 0.01, 0.1)


def cell(
    exposures: float | None, transfers: Sequence[float] = (0.1, 0.2, 0.3), **axes: str
) -> StressCell:
    """A cell whose curve has these transfers; half of it is left of the own trigger at first, and
    the control loses 0.15 per dose."""
    points = tuple(
        AlongDose(
            step=step,
            dose=dose,
            transfer=Estimate(value=transfer),
            own=Estimate(value=0.5 if step == 0 else 0.01),
            control=Estimate(value=1.0 - 0.15 * step),
            cases=4,
        )
        for step, (dose, transfer) in enumerate(zip(DOSES, transfers, strict=True))
    )
    depth = {"ann": Depth(exposures=exposures), "bob": Depth(exposures=exposures)}
    name = "-".join(axes.values())
    return StressCell(id=name, axes=axes, status="done", depth=depth, over_doses=points)


def test_the_plane_has_what_was_planted_in_every_cell() -> None:
    """T = 0.1, 0.2, 0.3 over the dose at the shallow depth, a tenth of that at the deep one."""
    deep, shallow = cell(800, (0.01, 0.02, 0.03), planting="deep"), cell(200, planting="shallow")
    (plane,) = planes([deep, shallow])
    assert plane.doses == DOSES
    assert plane.fixed == {}
    assert [row.exposures for row in plane.rows] == [200, 800]
    known = [[row.at(d).transfer.value for d in DOSES] for row in plane.rows]  # type: ignore[union-attr]
    assert known == [[0.1, 0.2, 0.3], [0.01, 0.02, 0.03]]


def test_the_lines_stand_where_removal_and_control_do() -> None:
    row = planes([cell(200, planting="a"), cell(800, planting="b")])[0].rows[0]
    gone, kept = row.own_gone(0.01), row.control_keeps(0.8)
    assert gone is not None
    assert kept is not None
    assert (gone.dose, kept.dose) == (0.01, 0.01)
    assert row.own_gone(0.001) is None
    assert row.control_keeps(1.01) is None
    assert row.at(0.5) is None


def test_a_plane_for_every_value_of_an_axis_that_leaves_the_depth_alone() -> None:
    cells = [
        cell(200 if planting == "short" else 800, family=family, planting=planting, corpus="same")
        for family in ("llama", "qwen3")
        for planting in ("short", "long")
    ]
    first, second = planes(cells)
    assert (first.fixed, second.fixed) == ({"family": "llama"}, {"family": "qwen3"})
    assert [row.cell.id for row in second.rows] == ["qwen3-short-same", "qwen3-long-same"]


def test_two_axes_that_deepen_are_one_plane() -> None:
    cells = [
        cell(exposures * factor, poison=poison, planting=planting)
        for poison, exposures in (("few", 100), ("many", 300))
        for planting, factor in (("short", 1), ("long", 3))
    ]
    (plane,) = planes(cells)
    assert [row.exposures for row in plane.rows] == [100, 300, 300, 900]
    assert [row.cell.id for row in plane.rows][1:3] == ["few-long", "many-short"]


def test_no_plane_where_depth_or_curves_are_the_same_or_missing() -> None:
    same = [cell(200, family="llama"), cell(200, family="qwen3")]
    unknown = [cell(None, planting="a"), cell(800, planting="b")]
    bare = cell(200, planting="a").model_copy(update={"over_doses": ()})
    assert planes(same) == planes(unknown) == planes([bare, cell(800, planting="b")]) == ()
    assert planes([]) == ()


def test_exposures_are_the_mean_over_the_actors_that_are_known() -> None:
    depth = {"ann": Depth(exposures=100), "bob": Depth(exposures=300), "cat": Depth()}
    assert mean_exposures(cell(1, planting="a").model_copy(update={"depth": depth})) == 200
    assert mean_exposures(cell(None, planting="a")) is None
