"""The code behind a part is in its address."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from arena import registry
from arena.store.code import code_of

Write = Callable[[str, str], type]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Makes a class in a module of its own, with one line in its body."""

    def make(name: str, line: str) -> type:
        file = tmp_path / f"{name}.py"
        file.write_text(f"from arena.api import Payload\nclass Mine(Payload):\n    {line}\n")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        made: type = module.Mine
        return made

    return make


def test_an_edited_part_is_another_part(write: Write) -> None:
    first, same = write("toy_part_a", "text = 'one'"), write("toy_part_b", "text = 'one'")
    assert code_of(first) == code_of(same)
    assert code_of(first) != code_of(write("toy_part_c", "text = 'two'"))


def test_no_two_triggers_have_one_code() -> None:
    """Style and syntactic triggers share a base, and differ in their own file."""
    codes = {name: code_of(registry.get("trigger", name)) for name in registry.names("trigger")}
    assert len(set(codes.values())) == len(codes)
