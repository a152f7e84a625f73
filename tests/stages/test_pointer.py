"""A pretrained checkpoint as the base."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena.errors import InputError
from arena.stages.pointer import PointerJob
from tests.support.stage_inputs import base, silent


def test_a_pointer_says_where_the_checkpoint_is(tmp_path: Path) -> None:
    checkpoint = base(tmp_path / "base")
    PointerJob(str(checkpoint)).run({}, tmp_path, silent)
    assert json.loads((tmp_path / "parent.json").read_text()) == {"pretrained": str(checkpoint)}


def test_a_pointer_to_nothing_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model\.pretrained"):
        PointerJob(str(tmp_path / "nowhere")).run({}, tmp_path, silent)
