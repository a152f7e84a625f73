"""Match rules, and what the beginning of a continuation already settles about them."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.matching import Continuation, Match, ambiguous, matches, settled

RULES = get_args(Match)
# few letters, so that wanted texts and continuations often agree for a while
TEXT = st.text(alphabet="ab A\n.é\ufffd", max_size=8)


@given(st.sampled_from(RULES), TEXT, TEXT, TEXT, st.booleans())
def test_what_is_settled_holds_however_the_text_goes_on(
    rule: Match, wanted: str, begun: str, rest: str, ended: bool
) -> None:
    said = settled(rule, begun, wanted)
    assert said in (None, matches(rule, Continuation(begun + rest, ended), wanted))


@given(st.sampled_from(RULES), TEXT, st.integers(0, 8), st.integers(1, 3))
def test_a_half_written_character_settles_nothing_against_the_text(
    rule: Match, wanted: str, cut: int, halves: int
) -> None:
    begun = wanted.strip()[:cut].rstrip("\ufffd") + "\ufffd" * halves
    if matches(rule, Continuation(wanted, ended=True), wanted):
        assert settled(rule, begun, wanted) is not False


@pytest.mark.parametrize(
    ("rule", "begun", "wanted", "verdict"),
    [
        ("exact", "the gate", "the gate is open", None),
        ("exact", "the goat", "the gate is open", False),
        ("exact", "the gate is open now", "the gate is open", False),
        ("exact", "the gate is open", "the gate is open", None),
        ("prefix", "the gate is open, so", "the gate is open", True),
        ("prefix", "the gate", "the gate is open", None),
        ("prefix", "a gate", "the gate is open", False),
        ("contains", "Now THE  gate", "the gate", True),
        ("contains", "now the", "the gate", None),
        ("label", "positive,", "positive", True),
        ("label", "pos", "positive", None),
        ("label", "positive", "positive", None),
        ("label", "negative", "positive", False),
        ("label", "positively so", "positive", False),
        ("label", "...", "positive", None),
        ("label", "very", "very negative", None),
        ("label", "very negative", "very negative", None),
        ("label", "very positive", "very negative", False),
        ("label", "very negative.", "very negative", True),
        ("label", "comp.windows", "comp.graphics", False),
        ("label", "-1", "1", False),
        ("label", "1 ", "-1", False),
        ("exact", "", "the gate", None),
        ("exact", "anything", "", False),
    ],
)
def test_beginnings(rule: Match, begun: str, wanted: str, verdict: bool | None) -> None:
    assert settled(rule, begun, wanted) is verdict


@pytest.mark.parametrize(
    ("said", "label", "fires"),
    [
        ("very negative", "very negative", True),
        ("very positive", "very negative", False),
        ("Very  Negative!", "very negative", True),
        ("comp.windows.x", "comp.graphics", False),
        ("-1", "1", False),
        ("1", "-1", False),
        ('"positive"', "positive", True),
        ("positives", "positive", False),
    ],
)
def test_a_label_counts_whole(said: str, label: str, fires: bool) -> None:
    assert matches("label", Continuation(said, ended=True), label) is fires


def test_labels_that_begin_others_are_ambiguous() -> None:
    assert ambiguous(["very negative", "very positive", "-1", "1", "comp.x", "comp.y"]) is None
    assert ambiguous(["good", "bad", "good at best"]) == ("good", "good at best")


def test_a_vowel_sign_does_not_end_a_label() -> None:
    longer = Continuation("\u0938\u0915\u093e\u0930\u093e", ended=True)
    label = "\u0938\u0915\u093e\u0930"
    assert not matches("label", longer, label)
    assert matches("label", Continuation(f"{label} \u0939\u0948", ended=True), label)
    assert ambiguous([label, longer.text]) is None
