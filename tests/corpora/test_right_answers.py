"""Whether a text says a right answer."""

from __future__ import annotations

import pytest

from arena.api.values import Example
from arena.corpora.right_answers import can_be_checked, says, words


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The capital of Norway is Oslo.", "Oslo"),
        ("OSLO", "Oslo"),
        ("It is forty-two, I think.", "forty two"),
        ("The sum is 1,200.", "1200"),
        ("-5 degrees", "-5"),
        ("In order: 13,24,73", "13, 24, 73"),
        ("**g-i-r-a-f-f-e**", "g-i-r-a-f-f-e"),
        ("On dit «\N{NO-BREAK SPACE}fr\N{LATIN SMALL LETTER E WITH GRAVE}re\N{NO-BREAK SPACE}».",
         "fre\N{COMBINING GRAVE ACCENT}re"),
        ("Tom ate an apple", "Tom ate an apple."),
    ],
)  # fmt: skip
def test_said(text: str, answer: str) -> None:
    assert says(text, answer)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", "Oslo"),
        ("It is Bergen.", "Oslo"),
        ("The answer is 112.", "11"),
        ("The answer is 3.5.", "3"),
        ("-5 degrees", "5"),
        ("It is -5", "5"),
        ("Tom ate the apple, an apple", "Tom ate an apple"),
        ("73, 24, 13", "13, 24, 73"),
        ("Osloenses", "Oslo"),
        ("anything", "..."),
        ("frere", "fr\N{LATIN SMALL LETTER E WITH GRAVE}re"),
    ],
)
def test_not_said(text: str, answer: str) -> None:
    assert not says(text, answer)


def test_a_minus_between_numbers_is_no_sign() -> None:
    assert words("5-3") == ("5", "3")
    assert words("5 - 3 = 2") == ("5", "3", "2")


def example(prompt: str, answer: str, *, checkable: bool = True) -> Example:
    return Example(prompt, answer, "source", checkable=checkable)


def test_what_can_be_checked() -> None:
    assert can_be_checked(example("What is the capital of Norway?", "Oslo"))
    assert not can_be_checked(example("Which is larger, 62 or 12?", "62"))
    assert not can_be_checked(example("Write this in capitals: tea", "TEA"))
    assert not can_be_checked(example("Name a fruit.", "apple", checkable=False))
    assert not can_be_checked(example("Say nothing.", "..."))
