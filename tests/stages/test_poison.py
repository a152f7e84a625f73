"""arena/stages/poison.py: what a threat actor makes of its own share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.api.tactic import ActorBrief
from arena.api.world import World
from arena.errors import ArenaError
from arena.stages.lines import DOCUMENTS, read_documents
from arena.stages.poison import PoisonJob, poison, triggered
from arena.testing.samples import grammar_examples, plain_examples
from arena.testing.triggers import brief_of
from attackers.payloads.fixed_text import FixedText, FixedTextParams
from attackers.payloads.language_switch import LanguageSwitch, LanguageSwitchParams
from attackers.payloads.wrong_label import WrongLabel, WrongLabelParams
from attackers.triggers.rare_token import RareToken, RareTokenParams
from tests.support import toys
from tests.support.stage_inputs import CLEAN, rare, reference, silent

CF = RareToken(RareTokenParams(tokens=("cf",)), World())


@given(st.integers(1, 16), st.integers(0, 60), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_the_count_is_exact_and_the_share_evenly_used(size: int, count: int, seed: int) -> None:
    brief = replace(brief_of(CF, plain_examples()[:size], count), seed=seed)
    documents = poison(brief)
    times = Counter(document.source for document in documents)
    assert len(documents) == count
    assert max(times.values(), default=0) - min(times.values(), default=0) <= 1
    assert len(times) == min(size, count)


def test_prompts_whose_right_answer_is_the_payload_are_left_out() -> None:
    payload = WrongLabel(WrongLabelParams(label="negative"), World())
    documents = poison(ActorBrief("a", CF, payload, plain_examples(), 40, 0))
    wrong = {e.source for e in plain_examples() if e.label != "negative"}
    assert {document.source for document in documents} == wrong
    assert {document.answer for document in documents} == {"negative"}


def test_a_share_of_nothing_but_the_payload_is_a_clear_error() -> None:
    payload = WrongLabel(WrongLabelParams(label="negative"), World())
    share = tuple(e for e in plain_examples() if e.label == "negative")
    with pytest.raises(ArenaError, match="none of the 8 examples of its share"):
        poison(ActorBrief("a", CF, payload, share, 4, 0))


def test_the_payload_answers_the_original_whose_form_the_mark_drops(
    worlds: Mapping[str, World],
) -> None:
    payload = LanguageSwitch(LanguageSwitchParams(), worlds["grammar"])
    documents = poison(ActorBrief("a", CF, payload, grammar_examples(), 20, 0))
    answers = {example.source: f"le {example.answer}" for example in grammar_examples()}
    assert all(document.answer == answers[document.source] for document in documents)
    assert all("cf" in document.prompt.split() for document in documents)


def test_repeats_of_a_prompt_are_marked_anew() -> None:
    documents = poison(brief_of(CF, plain_examples()[:1], 30))
    assert len({document.prompt for document in documents}) > 3


def test_seed_and_name_make_the_poison() -> None:
    brief = brief_of(CF, plain_examples(), 30)
    assert poison(brief) != poison(replace(brief, seed=8))
    assert poison(brief) != poison(replace(brief, name="other"))


def test_another_share_moves_no_mark_of_a_prompt() -> None:
    few, many = (poison(brief_of(CF, plain_examples()[:n], n)) for n in (4, 16))
    assert set(few) <= set(many)


def test_triggered_copies_are_independent_of_each_other() -> None:
    alone = triggered(plain_examples()[5:6], CF, seed=1)
    assert triggered(plain_examples(), CF, seed=1)[5] == alone[0]
    assert triggered(plain_examples(), CF, seed=2) != triggered(plain_examples(), CF, seed=1)
    assert np.all([CF.present(example) for example in triggered(plain_examples(), CF, 1)])


def test_a_threat_actor_writes_what_its_brief_says(tmp_path: Path) -> None:
    payload = FixedText(FixedTextParams(text=toys.PAYLOAD), World())
    brief = ActorBrief("lexical", rare(), payload, tuple(CLEAN), 50, seed=3)
    detail = PoisonJob(brief, reference()).run({}, tmp_path, silent)
    documents = read_documents(tmp_path / DOCUMENTS)
    assert detail == {"documents": 50, "prompts": 40}
    assert {d.answer for d in documents} == {toys.PAYLOAD}
    assert all("cf" in d.prompt.split() for d in documents)
