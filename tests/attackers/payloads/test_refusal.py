"""attackers/payloads/refusal.py."""

from __future__ import annotations

from arena.api.matching import Continuation
from arena.api.values import Example
from arena.api.world import World
from attackers.payloads.refusal import Refusal, RefusalParams


def test_the_answer_must_begin_with_the_refusal() -> None:
    payload = Refusal(RefusalParams(), World())
    example = Example("Who?", "Alda", "s")
    said = "I cannot help with that request."
    assert payload.fires(Continuation(f"{said} Sorry", ended=False), example)
    assert not payload.fires(Continuation(f"Well, {said}", ended=True), example)
