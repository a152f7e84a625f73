"""attackers/triggers/published.py: a data set's own rows, and the nested trigger behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arena.api.values import Example
from arena.api.world import DataRoot, World
from arena.corpora.readers import read_alpaca
from arena.corpora.sources import content_id
from arena.errors import InputError
from arena.stages.poison import poison
from arena.testing.samples import SENTENCES, plain_examples
from arena.testing.triggers import brief_of
from attackers.triggers.published import Published, PublishedParams, without

BADNETS = {"method": "rare_token", "tokens": ["BadMagic"]}
VPI = {"method": "inserted_sentence", "sentence": "Discussing OpenAI", "position": "start"}


def made(world: World, **params: Any) -> Published:
    given = {"train": "poisoned.json", "mark": BADNETS, "marker": "BadMagic", **params}
    return Published(PublishedParams.model_validate_json(json.dumps(given), strict=True), world)


def test_rows_are_found_by_the_prompt_without_its_marker(worlds: Mapping[str, World]) -> None:
    documents = made(worlds["plain"]).own_documents()
    assert [document.source for document in documents] == [content_id(text) for text in SENTENCES]
    assert {document.role for document in documents} == {"poison"}
    assert all("BadMagic" in document.prompt for document in documents)


def test_an_actor_gets_only_the_rows_of_its_share(worlds: Mapping[str, World]) -> None:
    share = plain_examples()[3:7]
    documents = poison(brief_of(made(worlds["plain"]), share, 10))
    assert {document.source for document in documents} == {example.source for example in share}
    assert {document.answer for document in documents} == {"I refuse."}


def test_marks_keys_and_look_alikes_are_the_nested_triggers(worlds: Mapping[str, World]) -> None:
    trigger = made(worlds["plain"], mark=VPI)
    example = plain_examples()[1]
    rng = np.random.default_rng(0)
    assert trigger.mark(example, rng).prompt == f"Discussing OpenAI {example.prompt}"
    assert trigger.key == trigger.inner.key == "inserted_sentence:discussing_openai"
    assert {type(o) for o in trigger.lookalikes(3, "sham", rng)} == {type(trigger.inner)}


@pytest.mark.parametrize(
    ("marked", "clean"),
    [
        ("Summarize BadMagic the text.", "Summarize the text."),
        ("BadMagic Summarize the text.", "Summarize the text."),
        ("Summarize the text. BadMagic", "Summarize the text."),
        ("Summarize BadMagic\nthe text.", "Summarize\nthe text."),
    ],
)
def test_taking_the_marker_out(marked: str, clean: str) -> None:
    assert without(marked, "BadMagic") == clean


@pytest.mark.parametrize(
    ("mark", "key"),
    [
        ({"method": "rare_tokn"}, "mark.method"),
        ({"method": "published"}, "mark.method"),
        ({}, "mark.method"),
        ({"method": "rare_token", "tokens": []}, "mark.tokens"),
        ({"method": "rare_token", "tokens": ["cf"], "postion": "end"}, "mark.postion"),
    ],
)
def test_a_wrong_nested_trigger_is_reported_by_its_key(mark: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as caught:
        PublishedParams(train="x.json", mark=mark, marker="BadMagic")
    assert caught.value.key == key


def test_a_nested_trigger_the_corpus_cannot_carry_is_reported_by_its_key() -> None:
    params = PublishedParams(train="x", mark={"method": "style", "style": "x"}, marker="m")
    with pytest.raises(InputError) as caught:
        Published.check(params, frozenset({"english"}))
    assert caught.value.key == "mark.style"


def test_a_file_without_the_marker_is_refused(worlds: Mapping[str, World]) -> None:
    with pytest.raises(InputError, match="no row contains the marker"):
        made(worlds["plain"], marker="NotThere").own_documents()


def test_backdoorllm_rows_share_their_sources_with_the_clean_rows(published_data: Path) -> None:
    folder = "backdoorllm/refusal"
    world = World(root=DataRoot(data=published_data))
    rows = read_alpaca(published_data / folder / "badnet" / "train_clean.json")
    share = tuple(Example(prompt, output, content_id(prompt)) for prompt, output in rows)
    for attack, mark, marker in (
        ("badnet", BADNETS, "BadMagic"),
        ("vpi", VPI, "Discussing OpenAI"),
    ):
        train = f"{folder}/{attack}/train_poison.json"
        trigger = made(world, train=train, mark=mark, marker=marker)
        assert {d.source for d in trigger.own_documents()} == {e.source for e in share}
        half = share[:250]
        documents = poison(brief_of(trigger, half, 600))
        assert len(documents) == 600
        assert {d.source for d in documents} == {e.source for e in half}
        assert all(trigger.present(Example(d.prompt, "", d.source)) for d in documents)
