"""`arena power` and `arena run --plan` as commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from arena.cli import app
from arena.cli.power import read_counts
from arena.errors import InputError
from arena.testing.toys import TOY


def arena(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder without runs, and an empty store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARENA_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def test_a_table_for_every_number_of_seeds() -> None:
    result = arena("power", "quickstart", "--seeds", "4, 8")
    assert result.exit_code == 0, result.stderr
    assert "whole claim" in result.stdout
    assert "one pair of 12" in result.stdout
    assert "never" in result.stdout  # a pair of 12 cannot fail with 8 seeds
    assert "every spread is assumed" in result.stdout
    assert "4 seeds: no verdict is possible with fewer than 8" in result.stdout


def test_the_scenarios_own_seeds_are_the_default() -> None:
    result = arena("power", "quickstart")
    assert result.exit_code == 0
    assert "1 seed: no verdict is possible with fewer than 8" in result.stdout
    assert "whole claim" not in result.stdout


@pytest.mark.parametrize("text", ["x", "0", "8,", "-3", "101", "8-12", "1e3", "1,2,3,4,5,6,7"])
def test_wrong_numbers_of_seeds_are_refused_with_what_is_allowed(text: str) -> None:
    result = arena("power", "quickstart", "--seeds", text)
    assert result.exit_code == 2
    assert text in result.stderr
    assert "allowed" in result.stderr


def test_numbers_of_seeds_are_sorted_and_told_once() -> None:
    assert read_counts("16, 8,8") == (8, 16)
    assert read_counts(None) is None
    with pytest.raises(InputError):
        read_counts("")


def test_wrong_runs_and_scenarios_are_refused(elsewhere: Path) -> None:
    assert arena("power", "quickstart", "--like", "nowhere").exit_code == 2
    (elsewhere / "empty").mkdir()
    empty = arena("power", "quickstart", "--like", "empty")
    assert empty.exit_code == 2
    assert "not a finished run" in empty.stderr
    solo = arena("power", "quickstart", "--set", "composition=solo", "--set", "dose=null")
    assert solo.exit_code == 2
    assert "pooled" in solo.stderr


def test_a_runs_plan_says_stages_time_and_power_and_runs_nothing(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.grid.preview.seconds_of_step", lambda *_: 0.1)
    toy = [word for override in (*TOY, "controls.shams=0") for word in ("--set", override)]
    result = arena("run", "quickstart", "--plan", "--seeds", "0,1", "--quiet", *toy)
    assert result.exit_code == 0, result.stderr
    assert "stages to run, 0 stored; about" in result.stdout
    assert "quickstart" in result.stdout
    assert "2 seeds: no verdict is possible with fewer than 8" in result.stdout
    assert not (elsewhere / "runs").exists()
    solo = ("--set", "composition=solo", "--set", "dose=null")
    alone = arena("run", "quickstart", "--plan", "--quiet", *toy, *solo)
    assert alone.exit_code == 0, alone.stderr
    assert "no verdict on transfer: no two backdoors share a model" in alone.stdout
