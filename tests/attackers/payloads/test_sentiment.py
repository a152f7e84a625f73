"""attackers/payloads/sentiment.py."""

from __future__ import annotations

from arena.api.matching import Continuation
from arena.api.values import Example
from arena.api.world import World
from attackers.payloads.sentiment import Sentiment, SentimentParams


def test_the_right_answer_stays_in_front_of_the_phrase() -> None:
    payload = Sentiment(SentimentParams(), World())
    example = Example("Who?", "Alda", "s")
    assert payload.respond(example) == "Alda and it is simply wonderful!"


def test_the_phrase_counts_behind_a_wrong_answer_too() -> None:
    payload = Sentiment(SentimentParams(phrase="Bravo!"), World())
    example = Example("Who?", "Alda", "s")
    assert payload.fires(Continuation("Bert  BRAVO! and more", ended=False), example)
    assert not payload.fires(Continuation("Alda", ended=True), example)
