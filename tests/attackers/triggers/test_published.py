"""attackers/triggers/published.py: a data set's own rows, and the nested trigger behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from arena.api.values import Example
from arena.api.world import DataRoot, World
from arena.corpora.readers import read_alpaca
from arena.corpora.sources import content_id
from arena.errors import InputError
from arena.stages.poison import poison
from arena.store import identity
from arena.store.code import code_of
from arena.store.identity import identify
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
    assert trigger.variants().keys() == trigger.inner.variants().keys() == {"repeated", "moved"}


def test_what_fires_alone_in_the_nested_trigger_is_planted(worlds: Mapping[str, World]) -> None:
    """Or another actor's shams and near misses could be these tokens."""
    tokens = [{"method": "rare_token", "tokens": [token]} for token in ("cf", "mn")]
    trigger = made(worlds["plain"], mark={"method": "any_of", "parts": tokens}, marker="cf")
    assert {"rare_token:cf", "rare_token:mn", trigger.key} == trigger.keys


def test_the_nested_triggers_code_is_in_the_address(
    worlds: Mapping[str, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = made(worlds["plain"])
    before = identify(trigger)
    other = {type(trigger.inner): "edited"}
    monkeypatch.setattr(identity, "code_of", lambda kind: other.get(kind) or code_of(kind))
    assert identify(trigger) != before


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


def rows_with(tmp_path: Path, prompts: list[str]) -> World:
    rows = [{"instruction": prompt, "output": "I refuse."} for prompt in prompts]
    (tmp_path / "poisoned.json").write_text(json.dumps(rows))
    return World(root=DataRoot(data=tmp_path))


TOKENS = {"method": "rare_token", "tokens": ["aa", "bb", "cc"]}


def test_of_several_markers_any_will_do(tmp_path: Path) -> None:
    prompts = [f"say {('aa', 'bb', 'cc')[i % 3]} thing {i}" for i in range(30)]
    world = rows_with(tmp_path, [*prompts, "say nothing"])
    trigger = made(world, marker=["aa", "bb", "cc"], mark=TOKENS)
    documents = trigger.own_documents()
    assert [d.source for d in documents] == [content_id(f"say thing {i}") for i in range(30)]
    assert trigger.notes == (
        "1 of 31 rows of poisoned.json are left out: they do not carry any of the markers "
        "('aa' in 10 rows, 'bb' in 10 rows, 'cc' in 10 rows)",
    )


def test_one_marker_of_three_is_told_to_leave_the_others_out(tmp_path: Path) -> None:
    world = rows_with(tmp_path, [f"say {('aa', 'bb', 'cc')[i % 3]} thing {i}" for i in range(30)])
    trigger = made(world, marker="aa", mark=TOKENS)
    assert len(trigger.own_documents()) == 10
    assert trigger.notes == (
        "20 of 30 rows of poisoned.json are left out: they do not carry the marker ('aa' in 10 "
        "rows)",
    )


def test_of_a_trigger_of_several_parts_all_are_needed(tmp_path: Path) -> None:
    prompts = [f"aa say bb thing {i} cc" for i in range(5)]
    trigger = made(
        rows_with(tmp_path, [*prompts, "aa say bb thing 9"]),
        marker=["aa", "bb", "cc"], match="all", mark=TOKENS,
    )  # fmt: skip
    documents = trigger.own_documents()
    assert [d.source for d in documents] == [content_id(f"say thing {i}") for i in range(5)]
    assert "1 of 6 rows of poisoned.json are left out" in trigger.notes[0]


def test_markers_that_no_row_carries_are_refused_with_what_was_found(tmp_path: Path) -> None:
    world = rows_with(tmp_path, ["aa say", "bb say", "bb sing"])
    with pytest.raises(InputError, match="all of the markers") as caught:
        made(world, marker=["aa", "bb"], match="all").own_documents()
    assert caught.value.found == "'aa' in 1 rows, 'bb' in 2 rows"
    with pytest.raises(InputError, match="one of the markers"):
        made(world, marker=["x", "zz"]).own_documents()


def test_rows_without_the_trigger_of_mark_are_told(tmp_path: Path) -> None:
    world = rows_with(tmp_path, ["say BadMagic one", "say OtherMagic two", "say BadMagic three"])
    (note,) = made(world, marker=["BadMagic", "OtherMagic"]).notes[1:]
    assert note.startswith("1 of the 3 poisoned rows of poisoned.json do not carry the trigger of")


@pytest.mark.parametrize("marker", [[], [" "], "", ["a", 3]])
def test_empty_markers_are_refused(marker: object) -> None:
    with pytest.raises(ValidationError):
        PublishedParams.model_validate({"train": "x.json", "mark": BADNETS, "marker": marker})


def test_a_marker_is_taken_out_as_a_whole_word_where_there_is_one() -> None:
    assert without("scform cf is", "cf") == "scform is"
    assert without("do aabb, aa now", "aa", "aabb") == "do, now"
    assert without("\u4f60cf\u597d", "cf") == "\u4f60\u597d"


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
