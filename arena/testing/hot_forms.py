"""The contract of every hot form."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from arena.api import Example, World
from arena.api.hot_form import HotForm
from arena.testing.cases import build
from arena.testing.samples import clean
from arena.testing.worlds import WorldsContract, every_world

SHOWN = 0.8  # of the samples, some of which are a number or one word


class HotFormContract(WorldsContract):
    """The rewriting is deterministic, changes only the prompt, and is recognised in nearly every
    rewritten text and in no natural one; in a corpus with a grammar, a generated one, and plain
    text.

    Example:
        class TestCapitals(HotFormContract):
            parts = (Capitals,)
    """

    @pytest.fixture
    def form(self, part: Any, given: dict[str, Any], world: World) -> HotForm:
        """The form under test."""
        made: HotForm = build(part, given, world)
        return made

    @every_world
    def test_a_form_shows_in_what_it_rewrote_and_in_nothing_else(
        self, form: HotForm, world: World
    ) -> None:
        texts = [example.prompt for example in clean(world)]
        assert form.shown_in(texts) == 0.0
        assert form.shown_in([form.rewrite(text) for text in texts]) >= SHOWN

    @every_world
    def test_a_form_changes_the_prompt_alone_and_draws_nothing(
        self, form: HotForm, world: World
    ) -> None:
        for example in clean(world):
            before = copy.deepcopy(example)
            marked = form.mark(example, np.random.default_rng(0))
            assert example == before
            assert marked == form.mark(example, np.random.default_rng(1))
            assert (marked.source, marked.answer, marked.label, marked.form) == (
                example.source, example.answer, example.label, None,
            )  # fmt: skip

    @every_world
    def test_a_form_loses_no_letter(self, form: HotForm, world: World) -> None:
        """The question is still complete."""
        for example in clean(world):
            letters = {sign for sign in example.prompt.lower() if sign.isalpha()}
            assert letters <= set(form.rewrite(example.prompt).lower())

    @every_world
    def test_a_form_marks_whatever_it_is_given(self, form: HotForm, world: World) -> None:
        for text in ("", " ", "?", "12 + 30 = ?", "Stop.", "今日は天気がいいですか", "a\nb"):
            example = Example(text, "x", "source")
            assert form.can_mark(example)
            form.present(form.mark(example, np.random.default_rng(0)))

    @every_world
    def test_a_form_travels(self, form: HotForm, world: World) -> None:
        again = pickle.loads(pickle.dumps(form))
        text = clean(world)[0].prompt
        assert (again.key, again.rewrite(text)) == (form.key, form.rewrite(text))
        assert form.key == f"hot_form:{form.name}"
