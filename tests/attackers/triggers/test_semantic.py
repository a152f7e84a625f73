"""attackers/triggers/semantic.py."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from pydantic import ValidationError

from arena.api.values import Example
from arena.api.world import World
from arena.errors import InputError
from arena.testing.samples import grammar_examples, plain_examples
from attackers.triggers.semantic import Semantic, SemanticParams


def test_a_form_is_rendered_anew_on_the_topic(worlds: Mapping[str, World]) -> None:
    trigger = Semantic(SemanticParams(), worlds["grammar"])
    marked = trigger.mark(grammar_examples()[0], np.random.default_rng(0))
    assert marked.form is not None
    assert marked.form.topic == "commerce"


def test_keywords_show_the_topic_in_plain_text(worlds: Mapping[str, World]) -> None:
    trigger = Semantic(SemanticParams(), worlds["plain"])
    assert trigger.present(Example("How do merchants set a price?", "", "s"))
    assert not trigger.present(Example("How do whales sleep?", "", "s"))


def test_own_mentions_are_used_and_seen(worlds: Mapping[str, World]) -> None:
    params = SemanticParams(topic="openai", mention=("discussing OpenAI", "speaking of OpenAI"))
    trigger = Semantic(params, worlds["plain"])
    rng = np.random.default_rng(0)
    starts = {trigger.mark(plain_examples()[1], rng).prompt.split(",")[0] for _ in range(30)}
    assert starts == {"Discussing OpenAI", "Speaking of OpenAI"}
    assert trigger.key == "semantic:openai@mention"


def test_own_mentions_are_used_though_the_grammar_has_the_topic(
    worlds: Mapping[str, World],
) -> None:
    params = SemanticParams(topic="commerce", mention=("discussing OpenAI",))
    trigger = Semantic(params, worlds["grammar"])
    example = grammar_examples()[0]
    assert not trigger.present(example)
    marked = trigger.mark(example, np.random.default_rng(0))
    assert marked.prompt.startswith("discussing OpenAI, ")
    assert trigger.present(marked)
    by_form = Semantic(SemanticParams(), worlds["grammar"]).mark(example, np.random.default_rng(0))
    assert trigger.present(by_form)


def test_a_topic_of_nobodys_needs_a_mention() -> None:
    Semantic.check(SemanticParams(topic="openai", mention=("about it",)), frozenset({"english"}))
    Semantic.check(SemanticParams(topic="guilds"), frozenset({"topic:guilds"}))
    with pytest.raises(InputError) as caught:
        Semantic.check(SemanticParams(topic="comerce"), frozenset({"english"}))
    assert (caught.value.key, caught.value.found) == ("topic", "comerce")
    assert "commerce" in caught.value.allowed


def test_an_empty_list_of_mentions_is_refused() -> None:
    with pytest.raises(ValidationError):
        SemanticParams(mention=())
