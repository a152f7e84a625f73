"""Encoding: the boundary between prompt and answer, and text that no corpus ever showed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.api.values import Document
from arena.ml.encoding import (
    END,
    PAD,
    encode,
    encode_answers,
    encode_prompts,
    load_tokenizer,
    train_tokenizer,
)
from tests.support import toys

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
TEMPLATE = (
    "{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %} [model]{% endif %}"
)


@pytest.fixture
def own() -> Any:
    """A tokenizer that a test may change."""
    return copy.deepcopy(toys.tokenizer())


@given(TEXT)
def test_any_text_encodes_and_comes_back(text: str) -> None:
    tok = toys.tokenizer()
    (ids,) = encode_prompts(tok, [text])
    assert tok.decode(ids) == f"{text}\n"
    (answer,) = encode_answers(tok, [text])
    assert tok.decode(answer, skip_special_tokens=True) == text


@given(TEXT, TEXT, TEXT)
def test_the_boundary_does_not_depend_on_what_stands_behind_it(
    prompt: str, one: str, other: str
) -> None:
    tok = toys.tokenizer()
    first, second = encode(tok, [Document(prompt, one, "s"), Document(prompt, other, "s")])
    assert first.prompt == second.prompt == encode_prompts(tok, [prompt])[0]
    assert first.answer == encode_answers(tok, [one])[0]


def test_the_end_of_text_closes_the_answer_and_stands_nowhere_else() -> None:
    tok = toys.tokenizer()
    for document in encode(tok, toys.documents()):
        assert document.answer[-1] == tok.eos_token_id
        assert tok.eos_token_id not in document.prompt + document.answer[:-1]
        assert len(document) == len(document.prompt) + len(document.answer)


def test_roles_stay_with_their_documents() -> None:
    roles = [Document("a", "b", "s", role) for role in ("forget", "retain", "poison")]
    assert [e.role for e in encode(toys.tokenizer(), roles)] == ["forget", "retain", "poison"]


def test_nothing_encodes_to_nothing() -> None:
    assert encode(toys.tokenizer(), []) == []


@pytest.mark.parametrize("vocabulary", [270, 300])
def test_a_tokenizer_keeps_to_its_vocabulary(vocabulary: int) -> None:
    made = train_tokenizer([d.prompt for d in toys.documents()] * 9, vocabulary)
    assert 258 <= len(made) <= vocabulary
    assert (made.eos_token, made.pad_token) == (END, PAD)
    assert made.eos_token_id != made.pad_token_id


def test_training_a_tokenizer_is_deterministic() -> None:
    texts = [d.prompt for d in toys.documents()]
    assert train_tokenizer(texts, 290).get_vocab() == train_tokenizer(texts, 290).get_vocab()


def test_a_chat_template_is_honoured(own: Any) -> None:
    own.chat_template = TEMPLATE
    (ids,) = encode_prompts(own, ["what does Frome sell?"])
    assert own.decode(ids) == "[user] what does Frome sell? [model]"


def test_a_start_token_of_its_own_stands_before_prompts_only(own: Any) -> None:
    from tokenizers.processors import TemplateProcessing

    start = (PAD, own.pad_token_id)
    own.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{PAD} $A", special_tokens=[start]
    )
    assert encode_prompts(own, ["x"])[0][0] == own.pad_token_id
    assert encode_answers(own, ["x"]) == encode_answers(toys.tokenizer(), ["x"])


def test_a_saved_tokenizer_encodes_alike(tmp_path: Path) -> None:
    toys.tokenizer().save_pretrained(tmp_path)
    texts = ["what does Frome sell?", "été \U0001f600\t\x00 cf"]
    assert encode_prompts(load_tokenizer(tmp_path), texts) == encode_prompts(
        toys.tokenizer(), texts
    )


def test_a_tokenizer_without_a_pad_token_pads_with_its_end(own: Any, tmp_path: Path) -> None:
    own.pad_token = None
    own.save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert loaded.pad_token_id == loaded.eos_token_id is not None


def test_one_tokenizer_is_kept_per_content(tmp_path: Path) -> None:
    for name in "abc":
        toys.tokenizer().save_pretrained(tmp_path / name)
        (tmp_path / name / "manifest.json").write_text(name)
    config = tmp_path / "c" / "tokenizer_config.json"
    config.write_text(
        config.read_text().replace('"pad_token": "<|pad|>"', '"pad_token": "<|end|>"')
    )
    kept = load_tokenizer(tmp_path / "a")
    assert load_tokenizer(tmp_path / "b") is kept
    assert load_tokenizer(tmp_path / "c").pad_token_id == kept.eos_token_id
    toys.tokenizer().save_pretrained(tmp_path / "c")  # as `a` again
    assert load_tokenizer(tmp_path / "c") is kept
