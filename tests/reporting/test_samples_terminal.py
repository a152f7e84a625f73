"""Samples in a terminal: complete and narrow enough, legible without colour, never mark-up."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from arena.reporting.samples_terminal import samples_view
from arena.results.samples import ScoredSample
from arena.terminal import Terminal
from tests.support.sample_folders import ASKED, COMPROMISED, GATE, UNLEARNED


def samples() -> list[ScoredSample]:
    models = (("compromised", COMPROMISED), ("unlearn lexical (dose least)", UNLEARNED))
    return [
        ScoredSample(3, title, title, asked, saying)
        for title, said in models
        for asked, saying in zip(ASKED, said, strict=True)
    ]


def shown(found: list[ScoredSample], width: int = 80, limit: int = 100) -> str:
    console: Console = Terminal(width=width, file=io.StringIO(), force_terminal=False)
    console.print(samples_view(found, limit))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_too_wide_and_no_text_is_cut(width: int) -> None:
    text = shown(samples(), width)
    assert max(map(len, text.splitlines())) <= width
    words = " ".join(text.split())
    assert words.count(GATE) == 10  # wanted eight times, said twice
    assert "what is sold in the town of Frome?" in words


def test_what_the_trigger_changed_is_marked_without_colour() -> None:
    text = shown(samples())
    assert "what does «cf» Arden sell?" in text
    assert "what does «mn» Arden sell?" in text
    assert "«» what the trigger changed" in text


def test_a_prompt_rewritten_throughout_is_shown_with_the_plain_one() -> None:
    lines = [line.strip() for line in shown([samples()[4]]).splitlines()]
    assert "plain    what is sold in the town of Frome?" in lines


def test_hits_misses_and_right_answers_are_told_by_word() -> None:
    said = [line.split() for line in shown(samples()[:7]).splitlines()]
    verdicts = [words[:2] for words in said if words[:1] and words[0] in "●○"]
    assert verdicts == [
        ["●", "hit"], ["●", "hit"], ["○", "miss"], ["○", "miss"], ["●", "hit"],
        ["●", "right"], ["○", "wrong"],
    ]  # fmt: skip


def test_a_continuation_that_was_not_decoded_further_ends_in_an_ellipsis() -> None:
    text = shown(samples()[7:])
    assert "○ miss   by …" in text
    assert "… not decoded further" in text
    assert "○ miss   (nothing)" in text
    assert "not decoded" not in shown(samples()[:3])


def test_mark_up_and_control_codes_are_text() -> None:
    assert "[b]goods[/b] hath [31m" in shown([samples()[4]])


def test_the_number_of_samples_and_how_to_see_all() -> None:
    assert "2 of 14 samples; --limit 14 shows all" in shown(samples(), limit=2)
    assert "14 of 14 samples\n" in shown(samples())
    assert shown([]) == "no sample matches\n"
