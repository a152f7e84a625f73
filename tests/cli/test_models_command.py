"""`arena models`: what can be fetched, and what was."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from arena.cli import app
from arena.published.locate import ORIGIN


def output(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["models", *words])
    return done.exit_code, done.output


def test_the_list_says_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_STORE", str(tmp_path))
    status, text = output("list")
    assert status == 0
    assert "smollm2-135m: 134.5 M parameters, Apache-2.0" in text
    assert "not fetched; 93 MB to download" in text
    folder = tmp_path / "models" / "smollm2-135m"
    folder.mkdir(parents=True)
    (folder / ORIGIN).write_text("{}")
    assert str(folder) in output("list")[1]


def test_an_unknown_model_is_wrong_input() -> None:
    status, text = output("fetch", "smollm")
    assert status == 2
    assert "did you mean 'smollm2-135m'?" in text
