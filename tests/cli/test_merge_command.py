"""`arena merge` as a command: what it hands over, shows, and exits with."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from arena.cli import app
from arena.grid import merge as merging
from arena.results.stress import StressResults


def test_the_folders_are_merged_and_the_notes_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def merge(folders: Any, **options: Any) -> Any:
        calls.append((folders, options))
        results = StressResults(notes=("1 of 4 cell-seed pairs are missing: a, seed 3",))
        return types.SimpleNamespace(folder=Path("runs/all"), results=results)

    monkeypatch.setattr(merging, "merge", merge)
    done = CliRunner().invoke(app, ["merge", "p1", "p2", "--out", "runs/all", "--partial"])
    assert done.exit_code == 0
    assert "note: 1 of 4 cell-seed pairs" in done.stdout
    assert "run folder: runs/all" in done.stdout
    ((folders, options),) = calls
    assert folders == [Path("p1"), Path("p2")]
    assert (options["out"], options["partial"]) == (Path("runs/all"), True)


def test_what_is_no_part_ends_with_two(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["merge", str(tmp_path)])
    assert done.exit_code == 2
    assert "holds no part.json" in done.stderr
    assert CliRunner().invoke(app, ["merge"]).exit_code == 2
