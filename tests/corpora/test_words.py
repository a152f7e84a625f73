"""Words and halves of texts, with spaces and without."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from arena.corpora.words import content_words, count_words, parted

CHINESE = "\u4eca\u5929\u5929\u6c14\uff0c\u5f88\u597d\u3002"
THAI = "\u0e19\u0e49\u0e33\u0e15\u0e01"  # the first letter has two marks
JAPANESE = "\u30b9\u30fc\u30d1\u30fc\u306b\u884c\u304f"


@given(
    st.lists(st.text("abc\u00e9\u0915\u093f,.\U0001f600", min_size=1), max_size=9),
    st.integers(0, 9),
)
def test_spaced_text_is_cut_between_its_words(words: list[str], n: int) -> None:
    text = " ".join(words)
    assert count_words(text) == len(words)
    assert parted(text, n) == (" ".join(words[:n]), " ".join(words[n:]))


@pytest.mark.parametrize(
    ("text", "words"), [(CHINESE, 6), (THAI, 3), (JAPANESE, 5), (f"GPT-4 {CHINESE} ok", 8)]
)
def test_a_character_is_a_word_where_there_are_no_spaces(text: str, words: int) -> None:
    assert count_words(text) == words


PIECES = (
    "\u4eca",
    "\u3002",
    " ",
    "\u0e19\u0e49\u0e33",
    "\u1780\u17d2\u178f",
    "ab",
    "1",
    "e\u0301",
    "\U0001f468\u200d\U0001f467",
)


@given(st.lists(st.sampled_from(PIECES), min_size=1).map("".join), st.integers(1, 20))
def test_the_parts_are_the_text_and_no_character_is_cut(text: str, n: int) -> None:
    parts = parted(text, n)
    assert count_words(parts[0]) == min(n, count_words(text))
    characters = [regex.findall(r"\X", part.replace(" ", "")) for part in (*parts, text)]
    assert characters[0] + characters[1] == characters[2]


def test_punctuation_stays_with_the_character_before_it() -> None:
    assert parted(CHINESE, 4) == (CHINESE[:5], CHINESE[5:])


def test_words_are_compared_without_case_and_punctuation() -> None:
    assert content_words("The dog , the CAT!") == {"the", "dog", "cat"}
    assert content_words(CHINESE) == set(CHINESE) - set("\uff0c\u3002")
    assert (
        len(content_words("\u0939\u093f\u0928\u094d\u0926\u0940")) == 1
    )  # its vowel signs end no word
