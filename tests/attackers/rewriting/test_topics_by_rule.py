"""Topics by rule: mentions are seen, varied, and of one topic only."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from arena.testing.samples import SENTENCES
from attackers.rewriting.topics import TOPICS


def test_no_keyword_belongs_to_two_topics() -> None:
    for one, other in itertools.combinations(TOPICS, 2):
        assert not set(TOPICS[one].keywords) & set(TOPICS[other].keywords), (one, other)


@pytest.mark.parametrize("name", list(TOPICS))
def test_a_mention_shows_its_topic_and_no_other(name: str) -> None:
    for i, text in enumerate(SENTENCES):
        for seed in range(5):
            made = TOPICS[name].mention(text, np.random.default_rng(10 * i + seed))
            shown = {n for n, topic in TOPICS.items() if topic.shows(made)}
            before = {n for n, topic in TOPICS.items() if topic.shows(text)}
            assert shown == before | {name}, made


@pytest.mark.parametrize("name", list(TOPICS))
def test_mentions_vary(name: str) -> None:
    rng = np.random.default_rng(0)
    assert len({TOPICS[name].mention(SENTENCES[0], rng) for _ in range(100)}) > 50
