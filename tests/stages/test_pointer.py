"""A pretrained checkpoint as the base."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena.errors import InputError
from arena.ml.checkpoints import open_for_scoring
from arena.ml.encoding import encode_prompts, load_tokenizer
from arena.ml.prompt_format import PromptFormat
from arena.stages.pointer import PointerJob
from tests.support.stage_inputs import base, silent


def test_a_pointer_says_where_the_checkpoint_is(tmp_path: Path) -> None:
    checkpoint = base(tmp_path / "base")
    PointerJob(str(checkpoint)).run({}, tmp_path, silent)
    assert json.loads((tmp_path / "parent.json").read_text()) == {"pretrained": str(checkpoint)}


def test_a_pointer_to_nothing_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model\.pretrained"):
        PointerJob(str(tmp_path / "nowhere")).run({}, tmp_path, silent)


def test_a_pointer_keeps_the_form_of_prompts(tmp_path: Path) -> None:
    """The form reaches whatever is trained from the pointer: its tokenizer is the pointer's."""
    checkpoint, out = base(tmp_path / "base"), tmp_path / "out"
    out.mkdir()
    PointerJob(str(checkpoint), prompt=PromptFormat(template="Q: {prompt} A:")).run({}, out, silent)
    suspect = open_for_scoring(out, "cpu")
    (ids,) = encode_prompts(suspect.tokenizer, ["why?"])
    assert suspect.tokenizer.decode(ids) == "Q: why? A:"
    assert encode_prompts(load_tokenizer(checkpoint), ["why?"]) != [ids]
