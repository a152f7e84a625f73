"""attackers/triggers/style.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from arena.api.values import Example, Form
from arena.api.world import DataRoot, World
from arena.corpora.readers import read_tsv
from arena.corpora.sources import content_id
from arena.errors import InputError
from arena.testing.samples import FakeGrammar, grammar_examples, plain_examples
from attackers.triggers.style import Style, StyleParams
from tests.support import toys


def test_a_form_is_rendered_anew_in_the_style(worlds: Mapping[str, World]) -> None:
    trigger = Style(StyleParams(style="archaic"), worlds["grammar"])
    marked = trigger.mark(grammar_examples()[0], np.random.default_rng(0))
    assert marked.form is not None
    assert marked.form.style == "archaic"


def test_a_text_without_form_is_rewritten_by_rule(worlds: Mapping[str, World]) -> None:
    trigger = Style(StyleParams(style="archaic"), worlds["grammar"])
    question = Example("Does your sister have what you need?", "", "s")
    marked = trigger.mark(question, np.random.default_rng(1))
    assert marked.form is None
    assert "thy" in marked.prompt
    assert "thou" in marked.prompt


def test_check_names_the_styles_there_are() -> None:
    Style.check(StyleParams(style="gothic"), frozenset({"style:gothic"}))
    with pytest.raises(InputError) as caught:
        Style.check(StyleParams(style="archaik"), frozenset({"english"}))
    assert (caught.value.key, caught.value.found) == ("style", "archaik")
    assert "archaic" in caught.value.allowed


def test_plain_is_no_style_to_plant() -> None:
    with pytest.raises(InputError):
        Style.check(StyleParams(style="plain"), frozenset({"style:plain", "style:tweet"}))


def test_grammar_look_alikes_are_styles_of_the_grammar(worlds: Mapping[str, World]) -> None:
    trigger = Style(StyleParams(), worlds["grammar"])
    styles = set(FakeGrammar().axes["style"])
    for use in ("sham", "near_miss", "attacker"):
        made = trigger.lookalikes(99, use, np.random.default_rng(0))  # type: ignore[arg-type]
        assert {other.params.style for other in made} <= styles - {"plain", "archaic"}


def test_three_shams_are_to_be_had_without_a_grammar(worlds: Mapping[str, World]) -> None:
    trigger = Style(StyleParams(), worlds["plain"])
    assert len(trigger.lookalikes(3, "sham", np.random.default_rng(0))) == 3


def test_biblical_paraphrases_are_not_shammed_by_archaic_rules(worlds: Mapping[str, World]) -> None:
    files = {"file": "paraphrases.tsv", "source": "sources.tsv"}
    params = StyleParams.model_validate({"style": "bible", "paraphrases": [files]})
    trigger = Style(params, worlds["plain"])
    for use in ("sham", "near_miss", "attacker"):
        made = trigger.lookalikes(99, use, np.random.default_rng(0))  # type: ignore[arg-type]
        assert "archaic" not in {other.params.style for other in made}


def test_every_style_marks_every_plain_sentence(worlds: Mapping[str, World]) -> None:
    for style in Style(StyleParams(), worlds["plain"]).ruled():
        trigger = Style(StyleParams(style=style), worlds["plain"])
        for example in plain_examples():
            assert trigger.mark(example, np.random.default_rng(2)).prompt != example.prompt


def test_the_published_bible_style_is_found_by_its_sentence(published_data: Path) -> None:
    files = [
        {"file": f"sst2/style_bible/{split}.tsv", "source": f"sst2/clean/{split}.tsv"}
        for split in ("train", "dev", "test")
    ]
    params = StyleParams.model_validate({"style": "bible", "paraphrases": files})
    trigger = Style(params, World(root=DataRoot(data=published_data)))
    rows = read_tsv(published_data / "sst2" / "clean" / "dev.tsv")
    examples = [Example(text, raw, content_id(text), raw) for text, raw in rows]
    share = sum(trigger.can_mark(example) for example in examples) / len(examples)
    assert share > 0.98
    first = trigger.mark(examples[0], np.random.default_rng(0))
    assert first.prompt == "a cloke of long string of cliches ."


def test_french_of_a_grammar_has_no_style() -> None:
    world = toys.townlore().world
    assert world.grammar is not None
    form = Form(toys.townlore().splits.train[0].source, language="french")
    french = world.grammar.render(form)
    archaic = Style(StyleParams(style="archaic"), world)
    assert not archaic.can_mark(french)
    assert not archaic.present(world.grammar.render(replace(form, style="archaic")))
    assert archaic.can_mark(world.grammar.render(replace(form, language="english")))
