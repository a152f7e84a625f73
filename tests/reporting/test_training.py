"""Losses of trainings: means over seeds at common steps, a panel per kind, one look an actor."""

from __future__ import annotations

import pytest

from arena.reporting.run_page import page
from arena.reporting.training import LINES, model_panel, training_panels
from arena.results.run import RunResults
from arena.results.training import TrainingCurve, TrainingKind
from tests.support.curve_results import with_training
from tests.support.html_pages import EVIL, Page, svg_texts
from tests.support.planted_results import ACTORS
from tests.support.sample_results import results


def curve(
    kind: TrainingKind, target: str | None, *losses: float, every: int = 1, name: str = "x"
) -> TrainingCurve:
    return TrainingCurve(
        kind=kind, name=name, target=target, seed=0, steps=every * len(losses), every=every,
        losses=losses,
    )  # fmt: skip


def test_a_line_stands_at_the_steps_of_the_shortest_training() -> None:
    trained = (
        curve("unlearned", "a", 4.0, 2.0, every=2),
        curve("unlearned", "a", 3.0, 2.0, 1.0, 1.0, 1.0, 1.0),
    )
    (panel,) = training_panels(RunResults(actors=("a",), training=trained))
    (line,) = panel.lines
    assert (panel.title, line.name, line.trainings) == ("unlearning", "a", 2)
    assert list(line.steps) == [2, 4]
    assert list(line.mean) == [3.0, 1.5]
    assert (list(line.low), list(line.high)) == ([2.0, 1.0], [4.0, 2.0])


def test_losses_between_two_points_lie_on_the_line_between_them() -> None:
    trained = (curve("sham", "a", 5.0, 5.0), curve("sham", "a", 4.0, 2.0, every=2))
    (panel,) = training_panels(RunResults(actors=("a",), training=trained))
    assert list(panel.lines[0].low) == [4.0, 4.0]  # before the first, the first
    assert list(panel.lines[0].steps) == [1, 2]


def test_lines_follow_the_actors_and_those_beyond_the_limit_are_counted() -> None:
    targets = [f"actor {k}" for k in range(LINES + 2)]
    trained = tuple(curve("sham", target, 1.0) for target in reversed(targets))
    (panel,) = training_panels(RunResults(actors=tuple(targets), training=trained))
    assert [line.name for line in panel.lines] == targets[:LINES]
    assert panel.left_out == 2


def test_the_page_has_a_panel_for_each_kind() -> None:
    html, drawn = page(with_training(results(8)), ())
    seen = svg_texts(drawn["training"])
    assert {"clean training", "poisoned training", "clean fine-tune", "shams"} <= set(seen)
    assert seen.count(ACTORS[0]) == 2  # in the keys of shams and of unlearning
    assert "How the trainings went" in " ".join(Page(html).texts)


def test_a_run_made_before_losses_were_kept_has_none() -> None:
    html, drawn = page(results(8), ())
    assert "training" not in drawn
    assert "How the trainings went" not in html
    assert model_panel(results(8), 0, "compromised") is None


def test_names_and_odd_losses_are_drawn_as_text(rendered: None) -> None:
    trained = (curve("defended", None, -2.0, 0.0, name=EVIL), curve("clean", None, 0.0, name="b"))
    html, _ = page(RunResults(training=trained), ())
    assert EVIL not in html
    assert "b from 0.00 to 0.00 in 1 step" in html


@pytest.mark.parametrize("model", ["compromised", "unlearn:bard"])
def test_a_model_has_the_training_that_made_it(model: str) -> None:
    panel = model_panel(with_training(results(2)), 1, model)
    assert panel is not None
    assert panel.lines[0].trainings == 1
    assert panel.lines[0].mean[0] == pytest.approx(4.02)
