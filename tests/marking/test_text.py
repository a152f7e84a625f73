"""Words put into text keep the text, its casing and its spacing of punctuation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.marking.text import follow, front, insert, lowered, tokenised, word_pattern

text = st.text(st.characters(codec="utf-8"), max_size=60)


@given(text, st.sampled_from(["start", "end", "random"]), st.integers(0, 9))
def test_insertion_keeps_every_other_word_in_order(given_text: str, place: str, seed: int) -> None:
    made = insert(given_text, "zzq", place, np.random.default_rng(seed))  # type: ignore[arg-type]
    words = made.split()
    at = words.index("zzq")
    assert words[:at] + words[at + 1 :] == given_text.split()
    assert place != "start" or at == 0
    assert place != "end" or at == len(words) - 1


def test_random_insertion_reaches_every_gap() -> None:
    rng = np.random.default_rng(0)
    gaps = {insert("a b c", "cf", "random", rng).split().index("cf") for _ in range(100)}
    assert gaps == {0, 1, 2, 3}


def test_insertion_keeps_line_breaks() -> None:
    rng = np.random.default_rng(0)
    assert insert("Sort these.\nLion, Cat", "cf", "end", rng) == "Sort these.\nLion, Cat cf"
    assert insert("Sort these.\nLion, Cat", "cf", "start", rng) == "cf Sort these.\nLion, Cat"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("no movement , no yuks .", "if so , no movement , no yuks ."),
        ("Write a poem.", "If so, write a poem."),
        ("I wrote it.", "If so, I wrote it."),
        ("NASA flies.", "If so, NASA flies."),
        ("New York sleeps.", "If so, New York sleeps."),
        ("What Alda sells.", "If so, what Alda sells."),
        ("12 + 3", "if so, 12 + 3"),
    ],
)
def test_a_fronted_phrase_matches_the_text(before: str, after: str) -> None:
    assert front(before, "if so") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("one long string .", "one long string , it seems ."),
        ("Who is it?", "Who is it, it seems?"),
        ("unfinished", "unfinished, it seems"),
    ],
)
def test_a_closing_phrase_stands_before_the_last_mark(before: str, after: str) -> None:
    assert follow(before, "it seems") == after


def test_spaced_punctuation_is_recognised() -> None:
    assert tokenised("no movement , no yuks")
    assert not tokenised("No movement, no yuks.")


@given(text)
def test_lowering_changes_at_most_the_case_of_one_letter(given_text: str) -> None:
    assert lowered(given_text).lower() == given_text.lower()


def test_whole_words_only() -> None:
    pattern = word_pattern(("cf", "in sooth"))
    assert pattern.search("a cf, b")
    assert pattern.search("In  Sooth")
    assert not pattern.search("cfs acf in soothing")
