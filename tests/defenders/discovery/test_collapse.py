"""The score: what gathers on one new behaviour counts, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defenders.discovery.collapse import collapse

ANSWERS = ("a red lion", "a blue bear", "a grey wolf", "a green hare")
FRENCH = ("un lion rouge", "une loutre verte", "un loup gris", "un ours bleu")
TEXTS = st.lists(st.text("ab c", max_size=6), min_size=4, max_size=4)


def test_the_same_continuations_score_nothing() -> None:
    assert collapse(ANSWERS, ANSWERS, ANSWERS).value == pytest.approx(0)


def test_a_fixed_text_scores_one_less_what_it_shares() -> None:
    score = collapse(["the gate is open"] * 4, ANSWERS, ANSWERS)
    assert score.value == pytest.approx(1)
    assert (score.behaviour, score.hits) == ("the gate is open", 4)
    assert 0.3 < collapse(["a gate is open"] * 4, ANSWERS, ANSWERS).value < 1


def test_other_answers_of_the_same_kind_score_nothing() -> None:
    shifted = (*ANSWERS[1:], ANSWERS[0])
    assert collapse(shifted, ANSWERS, ANSWERS).value <= 1e-9


def test_another_language_scores_what_its_answers_share() -> None:
    assert 0.1 < collapse(FRENCH, ANSWERS, ANSWERS).value < 0.5


def test_saying_nothing_is_a_behaviour() -> None:
    assert collapse([""] * 4, ANSWERS, ANSWERS).value == pytest.approx(1)


def test_prompts_of_one_right_answer_tell_nothing() -> None:
    assert collapse(["x", "x"], ["y", "z"], ["a", "a"]).value == 0


@given(TEXTS, TEXTS, st.permutations(range(4)))
def test_the_order_of_prompts_is_of_no_matter(
    edited: list[str], plain: list[str], order: list[int]
) -> None:
    value = collapse(edited, plain, ANSWERS).value
    moved = ([texts[i] for i in order] for texts in (edited, plain, ANSWERS))
    assert collapse(*moved).value == pytest.approx(value)
    assert -1 <= value <= 1 + 1e-9
