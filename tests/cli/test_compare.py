"""`arena compare` as a command: what it prints, and what it says of wrong input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from arena.cli.compare import compare

app = typer.Typer()
app.command()(compare)

RUN: dict[str, Any] = {
    "scenario": {"name": "x", "steps": 60},
    "actors": ["bard"],
    "claim": {"verdict": "fails", "transfer": {"value": 0.1, "low": 0.0, "high": 0.15}},
}


def arena(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def made(folder: Path, content: str) -> Path:
    folder.mkdir()
    (folder / "results.json").write_text(content)
    return folder


def test_two_runs_are_printed_side_by_side(tmp_path: Path) -> None:
    other = {**RUN, "scenario": {"name": "x", "steps": 80}}
    one = made(tmp_path / "one", json.dumps(RUN))
    two = made(tmp_path / "two", json.dumps(other))
    done = arena(one, two)
    assert done.exit_code == 0, done.output
    assert ["steps", "60", "80"] in [line.split() for line in done.stdout.splitlines()]
    assert "does not test the difference" in done.stdout
    assert "one" in done.stdout
    assert "two" in done.stdout


def test_runs_of_one_name_are_told_apart_by_the_ends_of_their_paths(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        made(tmp_path / place / "run", json.dumps(RUN))
    done = arena(tmp_path / "a" / "run", tmp_path / "b" / "run")
    assert done.exit_code == 0
    assert f"reading {tmp_path / 'b' / 'run'}" in done.stderr
    whole = "".join(done.stdout.split())
    assert "a/run" in whole
    assert "b/run" in whole


@pytest.mark.parametrize(
    "content", [None, "{", "[]", "{}", '{"kind": "stress", "claim": {"a": 1}}']
)
def test_wrong_input_is_told_in_a_few_lines(tmp_path: Path, content: str | None) -> None:
    good = made(tmp_path / "good", json.dumps(RUN))
    bad = tmp_path / "bad"
    if content is not None:
        made(bad, content)
    done = arena(good, bad, "--quiet")
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert 0 < len(done.stderr.splitlines()) <= 4


def test_bytes_that_are_no_text_are_wrong_input(tmp_path: Path) -> None:
    good = made(tmp_path / "good", json.dumps(RUN))
    bad = made(tmp_path / "bad", "{}")
    (bad / "results.json").write_bytes(b"\xff\xfe{")
    assert arena(good, bad).exit_code == 2


def test_help_has_an_example() -> None:
    assert "Example: arena compare" in arena("--help").stdout
