"""Attack success along every removal: means of the curves in the results, and one look each."""

from __future__ import annotations

import pytest

from arena.reporting.figures.removals import removal_panels
from arena.reporting.removals import removals
from arena.reporting.run_page import page
from arena.results.curves import DoseCurve, DosePoint
from arena.results.rows import Rate, Sham
from arena.results.run import RunResults
from tests.support.curve_results import DOSES, with_curves
from tests.support.html_pages import Page, svg_texts
from tests.support.planted_results import ACTORS
from tests.support.sample_results import results

R8 = with_curves(results(8))


def curve(kind: str, target: str | None, seed: int, *hits: tuple[int, int], **more: object):  # type: ignore[no-untyped-def]
    points = tuple(
        DosePoint(step=k, dose=k / 100, asr={"a": Rate(hits=a, n=10), "b": Rate(hits=b, n=10)})
        for k, (a, b) in enumerate(hits)
    )
    values = {"kind": kind, "name": f"{kind}:{target}", "target": target, "seed": seed, **more}
    return DoseCurve(points=points, **values)


def test_each_line_is_the_mean_over_seeds() -> None:
    hot = {"sham": Sham(kind="hot", name="caps"), "name": "hot"}
    run = RunResults(
        actors=("a", "b"),
        curves=(
            curve("unlearned", "a", 0, (10, 10), (2, 8)),
            curve("unlearned", "a", 1, (10, 10), (0, 6), (0, 0)),  # one step more than seed 0
            curve("control", None, 0, (10, 10), (9, 9)),
            curve("control", None, 1, (10, 10), (9, 7)),
            curve("sham", "a", 0, (10, 10), (9, 4), name="one"),
            curve("sham", "a", 0, (10, 10), (9, 6), name="two"),
            curve("sham", "a", 0, (10, 10), (9, 0), **hot),
        ),
    )
    (only,) = removals(run)
    assert (only.source, only.doses) == ("a", [0.0, 0.01])
    assert [each.value for each in only.own] == [1.0, pytest.approx(0.1)]
    assert [each.value for each in only.others["b"]] == [1.0, pytest.approx(0.7)]
    assert [each.value for each in only.control] == [1.0, pytest.approx(0.8)]
    assert [each.value for each in only.sham] == [1.0, pytest.approx(0.5)]  # familiar ones only


def test_a_clean_fine_tune_of_its_own_goes_before_the_common_one() -> None:
    run = RunResults(
        actors=("a", "b"),
        curves=(
            curve("unlearned", "a", 0, (10, 10), (0, 8)),
            curve("control", None, 0, (10, 10), (9, 9)),
            curve("control", "a", 0, (10, 10), (9, 3)),
        ),
    )
    (only,) = removals(run)
    assert [each.value for each in only.control] == [1.0, 0.3]
    assert only.sham == []
    assert "shams, the others" not in svg_texts(removal_panels([only]))


def test_the_page_has_a_panel_for_each_disclosed_trigger() -> None:
    html, drawn = page(R8, ())
    seen = svg_texts(drawn["removals"])
    for actor in ACTORS:
        assert f"unlearning {actor}" in seen
        assert actor in seen  # in the key
    assert "Along the removal" in " ".join(Page(html).texts)
    assert f"{DOSES[-1]:.2g}" in seen


def test_a_run_without_curves_has_none() -> None:
    assert removals(results(8)) == []
    assert "removals" not in page(results(8), ())[1]
