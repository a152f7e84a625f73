"""`arena stress` as a command: what it hands over, shows, and exits with."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from arena.cli import app
from arena.errors import InputError
from arena.execution.timings import Estimated
from arena.grid import run as stress_run
from arena.grid.cells import cells_of
from arena.grid.preview import CellOutline, Outline
from arena.results.stress import StressResults
from tests.support import toys


class Stressed:
    """Stands in for arena.grid.run.stress: keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.failed: tuple[str, ...] = ()

    def __call__(self, scenario: Any, *, show: Any, **options: Any) -> Any:
        self.calls.append({"scenario": scenario, **options})
        if self.error is not None:
            raise self.error
        gridded = toys.scenario("grid={compositions: [pooled, sequential], stages: [pretraining]}")
        cells = tuple(CellOutline(cell, cell.scenario) for cell in cells_of(gridded))
        ready = tuple(
            CellOutline(c.cell, c.scenario, frozenset("ab"), {}) if c.scenario else c for c in cells
        )
        if not show(Outline(ready, 2, Estimated(0.0, whole=True), 2)):
            return None
        results = StressResults()
        return types.SimpleNamespace(folder=Path("runs/it"), results=results, failed=self.failed)


@pytest.fixture
def stressed(monkeypatch: pytest.MonkeyPatch) -> Stressed:
    fake = Stressed()
    monkeypatch.setattr(stress_run, "stress", fake)
    monkeypatch.delenv("ARENA_DATA", raising=False)
    return fake


def arena(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_plan_alone_ends_before_anything_is_trained(stressed: Stressed) -> None:
    result = arena("stress", "stress_small", "--plan")
    assert result.exit_code == 0
    assert "pooled" in result.stdout
    assert "not applicable" in result.stdout
    assert "1 of 2 cells to run, 0 stages to run, 2 stored; nothing to train" in result.stdout
    assert "run folder" not in result.stdout


def test_the_plan_is_shown_before_the_run_beside_its_results(stressed: Stressed) -> None:
    result = arena("stress", "stress_small", "--seeds", "0-2", "--set", "controls.shams=1")
    assert result.exit_code == 0
    assert "1 of 2 cells to run" in result.stderr
    assert "run folder: runs/it" in result.stdout
    scenario = stressed.calls[0]["scenario"]
    assert scenario.seeds == (0, 1, 2)
    assert scenario.controls.shams == 1
    quiet = arena("stress", "stress_small", "--quiet")
    assert "cells to run" not in quiet.stdout + quiet.stderr


def test_a_part_is_handed_over_and_named(stressed: Stressed) -> None:
    result = arena("stress", "stress_small", "--part", "3/8", "--plan")
    assert result.exit_code == 0
    assert "part 3 of 8: 1 of 2 cells to run" in result.stdout
    assert stressed.calls[0]["part"] == (3, 8)
    arena("stress", "stress_small")
    assert stressed.calls[1]["part"] is None


@pytest.mark.parametrize("part", ["3", "0/8", "9/8", "a/b", "3/8/2", "-1/4"])
def test_what_is_no_part_ends_with_two(part: str, stressed: Stressed) -> None:
    result = arena("stress", "stress_small", f"--part={part}")
    assert result.exit_code == 2
    assert result.stderr.startswith("--part: must be")
    assert stressed.calls == []


def test_a_failed_cell_ends_with_one(stressed: Stressed) -> None:
    stressed.failed = ("merged",)
    result = arena("stress", "stress_small", "--quiet")
    assert result.exit_code == 1
    assert "cells failed: merged" in result.stderr
    assert "run folder: runs/it" in result.stdout


def test_wrong_input_ends_with_two(stressed: Stressed) -> None:
    stressed.error = InputError("no such file", key="corpus.train", found="x.tsv")
    result = arena("stress", "stress_small", "--quiet")
    assert result.exit_code == 2
    assert "x.tsv" in result.stderr
    assert arena("stress", "stress_smal").exit_code == 2


def test_validate_counts_the_grid() -> None:
    result = arena("validate", "stress_claim")
    assert "4 cells, 0 of them not applicable" in result.stdout
    assert "grid" not in arena("validate", "quickstart").stdout
    wrong = arena("validate", "stress_claim", "--set", "grid.methods=[[telepathy]]")
    assert wrong.exit_code == 2
    assert "telepathy" in wrong.stderr


def test_run_says_that_a_grid_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise InputError("enough")

    monkeypatch.setattr("arena.runs.run.run", refuse)
    assert "`arena stress stress_small` runs the grid" in arena("run", "stress_small").stderr
    assert "grid" not in arena("run", "quickstart").stderr
