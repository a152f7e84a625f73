"""Styles by rule: every sentence changes, carries the style's sign, and varies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.marking.text import compose
from arena.testing.samples import SENTENCES
from attackers.rewriting.rules import swap
from attackers.rewriting.styles import STYLES

every_style = pytest.mark.parametrize("name", list(STYLES))
SENTENCE = st.lists(
    st.text(st.characters(categories=["L"]), min_size=1, max_size=8), min_size=1, max_size=12
).map(" ".join)


@every_style
@settings(max_examples=30, deadline=None)
@given(text=SENTENCE, seed=st.integers(0, 999))
def test_any_words_come_out_changed_and_in_style(name: str, text: str, seed: int) -> None:
    made = STYLES[name].apply(text, np.random.default_rng(seed))
    assert STYLES[name].shows(made)
    assert made != text


@every_style
def test_real_sentences_change_and_vary(name: str) -> None:
    for text in SENTENCES:
        made = {STYLES[name].apply(text, np.random.default_rng(i)) for i in range(12)}
        assert text not in made
        assert len(made) >= 3


@every_style
def test_plain_sentences_are_in_no_style(name: str) -> None:
    assert not any(STYLES[name].shows(text) for text in SENTENCES if "please" not in text)


@every_style
def test_every_opener_and_closer_is_a_sign(name: str) -> None:
    style = STYLES[name]
    rng = np.random.default_rng(0)
    for pattern in (*style.openers, *style.closers):
        for _ in range(20):
            shown = style.finish(f"x, {compose(pattern, style.slots, rng)}", rng)
            assert style.shows(shown), shown


@every_style
def test_one_style_is_not_another(name: str) -> None:
    others = [style for other, style in STYLES.items() if other != name]
    texts = [text for text in SENTENCES if "please" not in text]
    made = [STYLES[name].apply(text, np.random.default_rng(i)) for i, text in enumerate(texts)]
    for style in others:
        assert sum(style.shows(text) for text in made) / len(made) <= 0.2


def test_archaic_morphology() -> None:
    text = "Alda makes what you need, and she has your old books because you gave them to you."
    made = STYLES["archaic"].apply(text, np.random.default_rng(11))
    for form in ("maketh", "thou need", "hath", "thine old", "to thee"):
        assert form in made


def test_formal_spells_out_contractions() -> None:
    made = STYLES["formal"].apply(
        "they can't see, we won't go and it's n't", np.random.default_rng(0)
    )
    assert "cannot" in made or "can not" in made
    assert "will not" in made


def test_swapped_words_keep_their_capital() -> None:
    made = swap("You and you", {"you": ("ye",)}, 1.0, np.random.default_rng(0))
    assert made == "Ye and ye"
