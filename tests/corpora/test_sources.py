"""Content identity and even draws."""

from __future__ import annotations

import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from arena.corpora.sources import by_source, content_id, even_order, normalise_prompt


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_prompt(text)
    assert normalise_prompt(once) == once


@given(st.lists(st.sampled_from(["a", "film", "dull", "2nd", "été"]), min_size=1, max_size=8))
def test_case_spacing_and_a_full_stop_do_not_change_the_content(words: list[str]) -> None:
    plain = " ".join(words)
    assert content_id(f"  {plain.upper()} .") == content_id(plain)
    assert content_id(" , ".join(words)) == content_id(", ".join(words))
    assert content_id(f"\ufeff{plain}\u200b".replace(" ", "\u00a0\n")) == content_id(plain)
    assert content_id(unicodedata.normalize("NFD", plain)) == content_id(plain)
    assert content_id(f"{plain} more") != content_id(plain)


VISIBLE = st.characters(categories=["L", "M", "N", "P", "S", "Co", "Cn"])


@given(st.text(max_size=12), VISIBLE, st.text(max_size=12), st.none() | VISIBLE)
@example("5", "+", "3", "-")
@example("C", "+", "", "#")
@example("\u0915", "\u093f", "", "\u0940")
@example("a", "\ufe0f", "", None)
def test_no_letter_mark_digit_sign_or_emoji_is_folded(
    before: str, one: str, after: str, other: str | None
) -> None:
    """A prompt is another one when a character of it is changed or left out."""
    texts = [f"{before}{one}{after}", f"{before}{other or ''}{after}"]
    forms = [unicodedata.normalize("NFC", text).lower() for text in texts]
    assume(forms[0] != forms[1])  # one character in two forms, or in two cases
    full_stops = ".\u3002\u0964\u06d4"
    assume(not any(text.rstrip().endswith(tuple(full_stops)) for text in texts))
    assert content_id(texts[0]) != content_id(texts[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5+3", "5-3"), ("is 5 < 3", "is 5 > 3"), ("+1", "-1"), ("a_b", "a b"), ("x = 5!", "x = 5"),
        ("It works.", "It works?"), ("x\u00b2", "x2"), ("\u0e40\u0e01\u0e32", "\u0e40\u0e01\u0e35"),
        ("\u0639\u064e\u0644\u0645", "\u0639\u0650\u0644\u0645"), ("\U0001f600", "\U0001f622"),
        ("\U0001f468\u200d\U0001f467", "\U0001f468\U0001f467"), (". .-", "..-"),
        ("Ma\u00dfe", "Masse"),
        ("nowhere", "now here"), ("foo(x)", "foo[x]"), ("ends ..", "ends ."),
        ("\U0001f3f4\U000e0067\U000e007f", "\U0001f3f4\U000e0073\U000e007f"),
    ],
)  # fmt: skip
def test_different_prompts_that_look_alike_stay_apart(one: str, other: str) -> None:
    assert content_id(one) != content_id(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("it 's a film .", "It's a film"), ("caf\u00e9", "cafe\u0301"), ("co\u00adop", "coop"),
        ("5 - 3", "5-3"), ("\u4f60\u597d\u3002", "\u4f60\u597d"), ("\u200fabc", "abc"),
    ],
)  # fmt: skip
def test_one_prompt_written_in_two_ways_is_one(one: str, other: str) -> None:
    assert content_id(one) == content_id(other)


def test_prompts_without_letters_stay_apart() -> None:
    assert content_id("!!!") != content_id("???")


@given(st.integers(0, 30), st.integers(0, 200), st.integers(0, 9))
def test_even_order_is_even_to_within_one(keys: int, n: int, seed: int) -> None:
    order = even_order(keys, n, np.random.default_rng(seed))
    counts = Counter(order)
    assert len(order) == (n if keys else 0)
    assert all(0 <= index < keys for index in order)
    if order:
        every = [counts[key] for key in range(keys)]
        assert max(every) - min(every) <= 1


def test_rows_group_by_content_in_order() -> None:
    assert by_source(["b", "a", "b"]) == {"b": [0, 2], "a": [1]}
