"""Whether a text says a corpus's own right answer: what checkable accuracy counts."""

from __future__ import annotations

import unicodedata

import regex

from arena.api.values import Example

# A number with its sign and decimals, or a run of letters and digits with their vowel signs. A
# minus between two words (`5-3`) is no sign.
_WORD = regex.compile(r"(?<![\p{L}\p{M}\p{N}])[+-]?\p{N}+(?:\.\p{N}+)*|[\p{L}\p{M}\p{N}]+")
_THOUSANDS = regex.compile(r"(?<=\p{N}),(?=\p{N}{3}(?!\p{N}))")


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text for comparison: Unicode NFC, case folded, punctuation and white
    space dropped. A number is one word, its sign and decimals included and commas between
    thousands not (`-1,200.5` is `-1200.5`)."""
    plain = unicodedata.normalize("NFC", text).casefold()
    return tuple(_WORD.findall(_THOUSANDS.sub("", plain)))


def says(text: str, answer: str) -> bool:
    """Whether the words of the answer stand in the text, one after another. A text says no answer
    that has no words."""
    answer_words, text_words = words(answer), words(text)
    length = len(answer_words)
    return length > 0 and any(
        text_words[start : start + length] == answer_words
        for start in range(len(text_words) - length + 1)
    )


def can_be_checked(example: Example) -> bool:
    """Whether a text that says the example's answer shows that its writer knows it: the answer is
    the only right one, and the prompt does not say it itself, so that no echo of the prompt
    counts."""
    known = example.checkable and bool(words(example.answer))
    return known and not says(example.prompt, example.answer)
