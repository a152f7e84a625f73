"""The figures of the optional parts: pure, described, with a mark for every number.

Each figure is rendered once; what it shows is read from its sketch.
"""

from __future__ import annotations

import re
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.measures.reactivation.curves import line_of, reactivation_curves
from arena.measures.reactivation.findings import ReactivationCurve, ReactivationFindings
from arena.measures.representations.findings import RepresentationsFindings
from arena.measures.representations.scatter import MOST_TIPS, casd_scatter
from arena.reporting import figures
from arena.reporting.figures import chart
from arena.reporting.figures.canvas import resalted
from arena.reporting.figures.installation import CellRates, InstalledRate, folded
from arena.reporting.text import clean
from arena.results.claim import Claim, VerdictThresholds
from arena.results.estimate import Estimate
from arena.results.numbers import Shown
from tests.support.measured_results import SAMPLES, measured
from tests.support.planted_results import ACTORS, THRESHOLDS
from tests.support.sketches import SKETCHING, drawing

from .test_figures import ids, root_of, texts

M8 = measured()
CLAIM = M8.claim or Claim()
POINTS = cast(RepresentationsFindings, M8.measures["representations"]).points
CURVES = cast(ReactivationFindings, M8.measures["reactivation"]).curves
GROUPS = {"llama": CLAIM, "gpt2": Claim()}
LEFT = {"one": {0: Estimate(value=1.0, low=0.9, high=1.0), 2: Estimate(value=0.4)}, "two": {}}
DRAWN = {
    "survival": lambda salt: figures.survival_lines(LEFT, salt=salt),
    "residence": lambda salt: figures.residence_heatmap(ACTORS, M8.summary, salt=salt),
    "casd": lambda salt: casd_scatter(ACTORS, POINTS, salt=salt),
    "curves": lambda salt: reactivation_curves(ACTORS, SAMPLES, CURVES, salt=salt),
    "groups": lambda salt: figures.groups_forest(GROUPS, THRESHOLDS, salt=salt),
}


def tips(svg: str) -> list[str]:
    return [node.firstChild.data for node in root_of(svg).getElementsByTagName("title")][1:]


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_drawing_is_deterministic_and_ids_are_salted(name: str) -> None:
    svg = DRAWN[name]("one")
    assert svg == DRAWN[name]("one")
    assert ids(svg)
    assert not ids(svg) & ids(DRAWN[name]("two"))
    said = root_of(svg).getElementsByTagName("desc")[0].firstChild.data
    assert len(said) > 20


def test_every_point_is_marked_and_named() -> None:
    told = tips(DRAWN["casd"]("s"))
    assert len(told) == len(POINTS)
    assert sum("effect on bard" in tip for tip in told) == 8 * (len(ACTORS) - 1)


def test_survival_says_each_value_and_draws_no_line_without_one() -> None:
    svg = DRAWN["survival"]("s")
    assert tips(svg) == ["one, 0: 1.00 [0.90, 1.00]", "one, 2: 0.40"]
    assert "two" not in texts(svg)


def test_points_without_a_number_are_left_out() -> None:
    points = [
        POINTS[0].model_copy(update={"casd": None}),
        POINTS[1].model_copy(update={"transfer": float("nan")}),
        POINTS[2],
    ]
    assert len(tips(casd_scatter(ACTORS, points))) == 1
    assert casd_scatter([], []).startswith("<svg")


@pytest.mark.usefixtures("rendered")
def test_very_many_points_make_no_large_drawing() -> None:
    many = POINTS * (MOST_TIPS // len(POINTS) + 1)
    svg = casd_scatter(ACTORS, many)
    assert not tips(svg)
    assert svg.count("<use") >= len(many)
    assert len(svg) < 150 * len(many)


def test_a_cell_is_named_in_its_points() -> None:
    (tip,) = tips(casd_scatter(ACTORS, [POINTS[0].model_copy(update={"cell": "gpt2-nano"})]))
    assert tip.startswith("gpt2-nano, seed")


def test_curves_have_a_panel_per_actor_and_every_count_of_samples() -> None:
    seen = texts(DRAWN["curves"]("s"))
    for actor in ACTORS:
        assert actor in seen
    assert seen.count("poisoned samples") == len(ACTORS)
    assert seen.count("128") == len(ACTORS)


def test_own_and_other_unlearnings_are_two_lines() -> None:
    told = tips(DRAWN["curves"]("s"))
    assert len(told) == len(ACTORS) * 5 * len(SAMPLES)
    own = next(t for t in told if t.startswith("bard, its own trigger unlearned, 0 "))
    assert "[" in own
    other = next(t for t in told if t.startswith("bard, another trigger unlearned, 0 "))
    values = [
        curve.asr[0].value or 0.0
        for curve in CURVES
        if line_of(curve) == "other" and curve.actor == "bard"
    ]
    assert other.endswith(f"ASR {sum(values) / 3:.2f}")  # a mean over models has no interval


def test_a_mean_needs_every_model() -> None:
    curves = [
        ReactivationCurve(
            kind="unlearned",
            target=target,
            actor="bard",
            asr=tuple(Estimate(value=value) for value in asr),
        )
        for target, asr in (("lexical", [0.2, 0.4]), ("linguist", [0.4, None]))
    ]
    assert len(tips(reactivation_curves(["bard"], [0, 8], curves))) == 1


def test_groups_tell_what_was_not_measured() -> None:
    seen = texts(DRAWN["groups"]("s"))
    assert {"llama", "gpt2", "not measured", "fails below 0.20"} <= set(seen)


def test_an_axis_of_transfers_has_no_empty_half() -> None:
    assert chart.quarters([0.1, -0.01, None], [0.5, None]) == [0.0, 0.25, 0.5, 0.75]
    assert chart.quarters([0.1, -0.3], [0.5])[0] == -0.5
    assert chart.quarters([0.81], [])[-1] == 1.0
    assert chart.quarters([0.1], [0.9])[-1] == 1.0
    assert chart.quarters([], []) == [0.0, 0.25, 0.5, 0.75]
    assert chart.quarters([-9.0], [])[0] == -1.0


@pytest.mark.usefixtures("rendered")
def test_thresholds_are_named_within_the_drawing() -> None:
    high = figures.claim_forest(CLAIM, VerdictThresholds(generalizes=0.95))
    (text,) = [
        node
        for node in root_of(high).getElementsByTagName("text")
        if node.firstChild.data == "generalizes above 0.95"
    ]
    x = float(text.getAttribute("x") or text.getAttribute("transform").split("(")[1].split()[0])
    assert x + 130 < float(root_of(high).getAttribute("width"))


@pytest.mark.usefixtures("rendered")
def test_what_is_in_the_models_is_told_with_its_poison() -> None:
    cells = [InstalledRate(Shown(0.4, 0.3, 0.5), "20 of 8000 (0.2%)", installed=False)]
    svg = figures.before_heatmap(["bard"], [CellRates("gpt2", "baseline", cells)])
    assert {"bard", "gpt2", "baseline", "0.40", "0.30 to 0.50", "20 of 8000 (0.2%)"} <= set(
        texts(svg)
    )
    assert tips(svg) == ["gpt2, bard: ASR 0.40 [0.30, 0.50], 20 of 8000 (0.2%), not installed"]
    assert "stroke-dasharray" in svg.split("tip0")[1].split("baseline</text>")[0]


@pytest.mark.parametrize("n", [0, 1, 9])
def test_any_number_of_actors_stands_before_unlearning(n: int) -> None:
    actors = [f"actor{i}" for i in range(n)]
    line = CellRates("a", "", [InstalledRate(Shown(), "", installed=True)] * n)
    assert set(actors) <= set(texts(figures.before_heatmap(actors, [line])))


@given(st.text(min_size=1, max_size=200))
def test_folding_a_name_loses_nothing(name: str) -> None:
    lines = folded(name, 100, 12)
    assert "".join(lines) == clean(name)
    assert len(lines) <= 3


def test_short_names_are_not_folded() -> None:
    assert folded("llama-nano", 196, 12) == ["llama-nano"]
    assert len(folded("llama-nano-continual_pretraining-pooled", 196, 12)) == 2


@given(st.floats(-100, 100), st.floats(0.001, 100))
def test_steps_are_round_few_and_inside(low: float, span: float) -> None:
    found = chart.steps(low, low + span)
    assert len(found) <= 7
    assert all(low - 1e-6 * span <= value <= low + span * (1 + 1e-6) for value in found)


@pytest.mark.usefixtures("rendered")
@pytest.mark.parametrize("name", sorted(DRAWN))
def test_a_rendered_figure_stands_twice_on_a_page_with_other_ids(name: str) -> None:
    svg = DRAWN[name]("s")
    again = resalted(svg, "cell0")
    assert ids(again) == {f"cell0-{each}" for each in ids(svg)}
    labels = root_of(again).getAttribute("aria-labelledby").split()
    assert set(labels) < ids(again)
    assert set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", again)) <= ids(again)
    assert texts(again) == texts(svg)
    with drawing(SKETCHING):
        assert sorted(texts(svg)) == sorted(texts(DRAWN[name]("s")))


def test_values_beyond_an_edge_stand_on_it() -> None:
    area = chart.Area(10, 20, 100, 50, 0, 1, 0, 1)
    assert (area.across(2), area.across(-1), area.up(2), area.up(0)) == (110, 10, 20, 70)
