"""The forms of planted triggers in clean prompts: left out, or put into a share of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.values import Example
from arena.stages.forms import Forms
from tests.support.stage_inputs import CLEAN, rare

MANY = [Example(f"what is number {i}?", f"it is {i}", str(i)) for i in range(4000)]
FIRST, SECOND = rare("cf"), rare("mn")
PLANTED = (FIRST, SECOND)


def test_a_planted_form_stands_in_its_share_of_the_prompts_with_the_right_answer() -> None:
    forms = Forms(PLANTED, (FIRST, SECOND), (FIRST, SECOND), 0.05)
    made = forms.natural(MANY)
    assert [count / 4000 for count in forms.counted(made)] == pytest.approx([0.05, 0.05], abs=0.015)
    assert not any(FIRST.present(e) and SECOND.present(e) for e in made)
    assert [(e.answer, e.source) for e in made] == [(e.answer, e.source) for e in MANY]


def test_forms_that_occur_already_are_left_out_first() -> None:
    odd = [Example(f"what cf is {i}?", "it", f"odd{i}") for i in range(9)]
    assert Forms(PLANTED, (FIRST,)).natural([*odd, *CLEAN]) == CLEAN
    assert Forms(PLANTED).natural([*odd, *CLEAN]) == [*odd, *CLEAN]
    assert Forms(PLANTED).counted(odd) == [9, 0]


@given(st.permutations(range(40)))
def test_which_prompt_carries_a_form_does_not_depend_on_its_place(order: list[int]) -> None:
    forms = Forms(PLANTED, (), (FIRST, SECOND), 0.3)
    made = dict(zip((e.source for e in CLEAN), forms.natural(CLEAN), strict=True))
    for example in forms.natural([CLEAN[i] for i in order]):
        assert example == made[example.source]
