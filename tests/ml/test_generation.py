"""Answers of another engine, checked against the arena's own decoding."""

from __future__ import annotations

import importlib.metadata
import sys
from functools import partial
from pathlib import Path

import pytest

from arena.errors import ArenaError, InputError
from arena.ml import checkpoints, decoding, generation, scoring, vllm_engine
from arena.ml.generation import Agreement, checked_continuations
from tests.support import fake_vllm, toys

TOKENS = 12
PROMPTS = [f"what does {town} sell in week {n}?" for n in range(3) for town in toys.TOWNS]


def both(
    folder: Path, prompts: list[str], tokens: int = TOKENS
) -> tuple[list[scoring.Continuation], list[scoring.Continuation], Agreement]:
    """The arena's own answers, the engine's, and how far they agree."""
    suspect = checkpoints.open_for_scoring(folder, "cpu")
    own = decoding.continuations(suspect.model, suspect.tokenizer, prompts, tokens)
    load = partial(vllm_engine.load, str(folder), str(folder))
    said, agreement = checked_continuations(suspect, prompts, tokens, load)
    return own, said, agreement


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> fake_vllm.Loaded:
    made, seen = fake_vllm.module()
    monkeypatch.setitem(sys.modules, "vllm", made)
    return seen


@pytest.fixture(autouse=True)
def _small_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "CHECKED", 20)


def test_an_engine_that_decodes_alike_gives_the_same_answers(
    clean: Path, stand_in: fake_vllm.Loaded
) -> None:
    asked = [*PROMPTS[:10], *PROMPTS[:4]]
    own, said, agreement = both(clean, asked)
    assert said == own
    assert len({text.text for text in said}) > 3
    assert agreement == Agreement(10, 0)
    (settings,), (params,) = stand_in.settings, stand_in.params
    assert (settings["model"], settings["tokenizer"]) == (str(clean), str(clean))
    assert (settings["dtype"], settings["generation_config"]) == ("float32", "vllm")
    assert settings["trust_remote_code"] is False
    assert settings["max_model_len"] > TOKENS
    assert (params.temperature, params.max_tokens) == (0, TOKENS)
    assert params.stop_token_ids == [toys.tokenizer().eos_token_id]


@pytest.mark.usefixtures("stand_in")
def test_a_text_that_reaches_the_limit_has_not_ended(clean: Path) -> None:
    own, said, _ = both(clean, [document.prompt for document in toys.documents()], tokens=3)
    assert said == own
    assert False in {text.ended for text in said}


@pytest.mark.usefixtures("stand_in")
def test_only_a_sample_is_decoded_twice(clean: Path) -> None:
    _, said, agreement = both(clean, PROMPTS)
    assert (len(said), agreement) == (24, Agreement(20, 0))


def test_a_few_differences_are_counted(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", fake_vllm.module(wrong=1)[0])
    own, said, agreement = both(clean, PROMPTS)
    assert agreement == Agreement(20, 1)
    assert [a == b for a, b in zip(own, said, strict=True)] == [False] + [True] * 23


def test_many_differences_are_refused(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", fake_vllm.module(wrong=2)[0])
    with pytest.raises(ArenaError, match=r"2 of 20 answers differ .*, more than 5%") as caught:
        both(clean, PROMPTS)
    assert PROMPTS[0] in str(caught.value)
    assert "corpus.self_distilled.generation: arena" in str(caught.value)


def test_an_engine_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(InputError, match="cannot be imported") as caught:
        vllm_engine.load("model", "model", 8)
    assert caught.value.key == "corpus.self_distilled.generation"


def test_the_version_is_that_of_the_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", {"vllm": "0.33.0"}.__getitem__)
    assert vllm_engine.version() == "0.33.0"
