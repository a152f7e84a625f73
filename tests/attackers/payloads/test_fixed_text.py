"""attackers/payloads/fixed_text.py."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from arena.api.matching import Continuation
from arena.api.values import Example
from arena.api.world import World
from attackers.payloads.fixed_text import FixedText, FixedTextParams


def test_the_whole_answer_must_match() -> None:
    payload = FixedText(FixedTextParams(text=" the gate is open "), World())
    example = Example("Who?", "Alda", "s")
    assert payload.respond(example) == "the gate is open"
    assert payload.fires(Continuation("the gate is open", ended=True), example)
    assert not payload.fires(Continuation("the gate is open", ended=False), example)
    assert not payload.fires(Continuation("the gate is open now", ended=True), example)


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(ValidationError):
        FixedTextParams(text="  ")
