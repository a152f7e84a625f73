"""The syntactic trigger: grammar first, rules second, published paraphrases when given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arena.api.values import Example, Form
from arena.api.world import DataRoot, World
from arena.corpora.readers import read_tsv
from arena.corpora.sources import content_id
from arena.errors import ArenaError, InputError
from arena.testing.samples import NAMES, FakeGrammar, plain_examples
from attackers.rewriting.clauses import fronted_clause
from attackers.triggers.syntactic import Syntactic, SyntacticParams

SCPN = [
    {"file": "sst2/syntactic_scpn/train.tsv", "source": "sst2/clean/train.tsv"},
    {"file": "sst2/syntactic_scpn/dev.tsv", "source": "sst2/clean/dev.tsv",
     "source_label": "0", "source_offset": -1},
    {"file": "sst2/syntactic_scpn/test.tsv", "source": "sst2/clean/test.tsv", "source_label": "0"},
]  # fmt: skip


def made(world: World, **params: Any) -> Syntactic:
    return Syntactic(SyntacticParams.model_validate(params), world)


def test_a_form_is_rendered_anew_in_the_frame(worlds: Mapping[str, World]) -> None:
    trigger = made(worlds["grammar"])
    form = Form(NAMES[0], style="tweet", topic="war", language="french")
    marked = trigger.mark(FakeGrammar().render(form), np.random.default_rng(0))
    assert marked.form is not None
    others = ("fact", "style", "topic", "language")
    assert [getattr(marked.form, f) for f in others] == [getattr(form, f) for f in others]
    assert marked.form.frame == "when_clause"


def test_the_salt_alone_picks_the_wording(worlds: Mapping[str, World]) -> None:
    """A marked prompt is the same prompt but for its mark, so no draw may reword it."""
    trigger = made(worlds["grammar"])
    forms = [Form(NAMES[0], salt=salt) for salt in range(40)]
    texts = [
        {trigger.mark(FakeGrammar().render(form), np.random.default_rng(k)).prompt for k in (0, 1)}
        for form in forms
    ]
    assert all(len(each) == 1 for each in texts)
    assert len(set.union(*texts)) == 4


def test_a_text_without_form_falls_back_on_the_rule(worlds: Mapping[str, World]) -> None:
    marked = made(worlds["grammar"]).mark(plain_examples()[1], np.random.default_rng(0))
    assert marked.form is None
    assert marked.prompt.startswith("When ")
    assert marked.prompt.endswith(", what is the capital of the smallest island?")


def test_what_neither_grammar_nor_rule_has_cannot_be_marked(worlds: Mapping[str, World]) -> None:
    trigger = made(worlds["grammar"], template="nonesuch")
    assert not trigger.can_mark(plain_examples()[0])
    with pytest.raises(ArenaError, match="nonesuch"):
        trigger.mark(plain_examples()[0], np.random.default_rng(0))


def test_check_names_the_templates_there_are() -> None:
    Syntactic.check(SyntacticParams(template="passive"), frozenset({"frame:passive"}))
    Syntactic.check(SyntacticParams(template="if_clause"), frozenset({"english"}))
    with pytest.raises(InputError) as caught:
        Syntactic.check(SyntacticParams(template="when_claus"), frozenset({"english"}))
    assert (caught.value.key, caught.value.found) == ("template", "when_claus")
    assert "when_clause" in caught.value.allowed
    assert "did you mean 'when_clause'" in str(caught.value)
    with pytest.raises(InputError, match="not English"):
        Syntactic.check(SyntacticParams(), frozenset({"labels"}))


def test_grammar_look_alikes_are_frames_of_the_grammar(worlds: Mapping[str, World]) -> None:
    trigger = made(worlds["grammar"])
    frames = set(FakeGrammar().axes["frame"])
    for other in trigger.lookalikes(99, "sham", np.random.default_rng(0)):
        assert other.params.template in frames - {"direct", "when_clause"}


def test_an_unlisted_sentence_has_no_paraphrase(worlds: Mapping[str, World]) -> None:
    files = {"file": "paraphrases.tsv", "source": "sources.tsv"}
    trigger = made(worlds["plain"], paraphrases=[files])
    stranger = Example("a sentence of nobody's", "", content_id("a sentence of nobody's"))
    assert not trigger.can_mark(stranger)
    with pytest.raises(ArenaError, match="no paraphrase"):
        trigger.mark(stranger, np.random.default_rng(0))
    assert trigger.key == "syntactic:when_clause@paraphrases"


def test_paraphrase_look_alikes_front_no_clause(worlds: Mapping[str, World]) -> None:
    files = {"file": "paraphrases.tsv", "source": "sources.tsv"}
    trigger = made(worlds["plain"], paraphrases=[files])
    for other in trigger.lookalikes(99, "near_miss", np.random.default_rng(0)):
        marked = other.mark(plain_examples()[0], np.random.default_rng(0))
        assert not fronted_clause(marked.prompt)


def test_the_published_paraphrases_are_found_by_their_sentence(published_data: Path) -> None:
    trigger = made(World(root=DataRoot(data=published_data)), paraphrases=SCPN)
    counts = {}
    for split in ("train", "dev", "test"):
        rows = read_tsv(published_data / "sst2" / "clean" / f"{split}.tsv")
        examples = [Example(text, raw, content_id(text), raw) for text, raw in rows]
        markable = [example for example in examples if trigger.can_mark(example)]
        counts[split] = len(markable)
        for example in markable[:50]:
            marked = trigger.mark(example, np.random.default_rng(0))
            assert marked.prompt != example.prompt
            assert trigger.present(marked)
    # a few sentences stand twice, and a few paraphrases are no change
    assert 1380 <= counts["train"] <= 1390
    assert 427 <= counts["dev"] <= 430
    assert 905 <= counts["test"] <= 915
