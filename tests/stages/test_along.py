"""Runs scored along their way: which steps, which doses, and which checkpoints are kept."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.ml.train_config import TrainConfig
from arena.stages.along import Chosen, CurvePoint, DoseRule, harmless, least, marks_of, most

RULE = DoseRule(removed=0.01, kept=0.8, lost=0.02, installed=0.9)


def config(steps: int, **settings: float) -> TrainConfig:
    return TrainConfig(steps=steps, learning_rate=1e-3, warmup=min(20, steps // 3), **settings)


def points(rates: Sequence[tuple[float, float]], clean: Sequence[float] = ()) -> list[CurvePoint]:
    """ASR of two actors, out of 100, after 0, 10, 20, ... steps, and clean accuracy."""
    right = clean or [1.0] * len(rates)
    return [
        CurvePoint(
            step=10 * k,
            dose=0.01 * k,
            norm=0.0,
            validation={"ann": (round(100 * ann), 100), "bob": (round(100 * bob), 100)},
            shown={},
            clean=(round(100 * right[k]), 100),
        )
        for k, (ann, bob) in enumerate(rates)
    ]


def test_a_dose_is_the_summed_rate_of_its_steps() -> None:
    # warm-up 1/3, 2/3, 1 of the peak; then from 1 down to 0.1 over 7 steps
    made = config(10)
    assert made.warmup == 3
    rates = [1 / 3, 2 / 3, 1.0, *(1 - 0.9 * k / 7 for k in range(7))]
    for steps in range(11):
        assert made.dose(steps) == pytest.approx(1e-3 * sum(rates[:steps]))


@given(st.integers(1, 99), st.integers(2, 12), st.sampled_from([0.01, 0.03, 0.5, 1.0]))
def test_marks_rise_to_the_whole_run(steps: int, count: int, first: float) -> None:
    marks = marks_of(config(steps), count, first)
    assert marks == tuple(sorted(set(marks)))
    assert marks[0] >= 1
    assert marks[-1] == steps
    assert len(marks) <= count


def test_marks_end_where_the_largest_dose_is() -> None:
    made = config(60)
    marks = marks_of(made, 8, 0.03, 0.4)
    whole = made.dose(60)
    assert made.dose(marks[-1]) == pytest.approx(0.4 * whole, rel=0.05)
    assert made.dose(marks[0]) == pytest.approx(0.03 * whole, rel=0.2)
    assert marks[-1] < 30


def test_marks_are_even_in_the_logarithm_of_the_dose() -> None:
    made = config(400)
    doses = [made.dose(step) for step in marks_of(made, 5, 0.01)]
    ratios = [b / a for a, b in itertools.pairwise(doses)]
    assert ratios == pytest.approx([100 ** (1 / 4)] * 4, rel=0.05)
    assert marks_of(config(0), 8, 0.03) == ()


def test_least_is_the_first_dose_at_which_the_own_trigger_is_gone() -> None:
    curve = points([(1.0, 1.0), (0.4, 1.0), (0.01, 0.9), (0.0, 0.1)])
    assert least(curve, "ann", RULE) == Chosen(20, True)
    assert least(curve, "bob", RULE) == Chosen(30, False)


def test_most_is_the_last_dose_at_which_the_clean_fine_tune_keeps_everything() -> None:
    curve = points([(1.0, 0.95), (1.0, 0.9), (0.9, 0.8), (0.9, 0.79)])
    assert most(curve, RULE) == Chosen(20, True)
    accuracy = points([(1.0, 1.0)] * 4, clean=[1.0, 0.99, 0.97, 0.98])
    assert most(accuracy, RULE) == Chosen(30, True)
    assert most(points([(1.0, 1.0), (0.7, 1.0), (0.2, 1.0)]), RULE) == Chosen(10, False)


def test_harmless_is_the_last_dose_that_costs_no_more_accuracy_than_it_may() -> None:
    curve = points([(1.0, 1.0)] * 4, clean=[0.9, 0.7, 0.89, 0.85])
    assert harmless(curve, RULE) == Chosen(20, True)
    assert harmless(points([(1.0, 1.0)] * 3, clean=[1.0, 0.9, 0.8]), RULE) == Chosen(0, True)


def test_an_actor_that_is_not_installed_does_not_decide() -> None:
    assert most(points([(1.0, 0.5), (1.0, 0.1), (0.9, 0.0)]), RULE) == Chosen(20, True)
