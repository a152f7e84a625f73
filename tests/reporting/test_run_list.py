"""`arena runs`: a folder's runs with their states and verdicts, as their results say."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from arena.cli import app
from arena.errors import InputError
from arena.reporting import palette
from arena.reporting.run_line import BROKEN, PART, UNFINISHED
from arena.reporting.run_list import runs_in
from arena.results.numbers import Shown
from arena.results.provenance import Provenance
from arena.results.reader import read_results
from arena.results.run import RunResults
from arena.results.run_state import recorded, set_command
from arena.results.writer import write_results
from tests.support.duel_results import duel
from tests.support.sample_results import write_run
from tests.support.tune_results import tune


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place, (name, written) in enumerate({"later": True, "half": False, "first": True}.items()):
        run = write_run(tmp_path / name, 8)
        (run / "scenario.yaml").write_text("name: x\ndescription: a test\nseeds: [0, 1, 2]\n")
        if not written:
            (run / "results.json").unlink()
        for file in run.iterdir():
            os.utime(file, (1e9 - 100 * place, 1e9 - 100 * place))
    (tmp_path / "notes").mkdir()
    (tmp_path / "file").write_text("")
    return tmp_path


def test_runs_are_listed_by_time_with_what_was_judged(folder: Path) -> None:
    first, half, later = runs_in(folder)
    assert [line.folder.name for line in (first, half, later)] == ["first", "half", "later"]
    assert half.state == UNFINISHED
    assert (half.claims, half.seeds, half.description) == ((None, None), 3, "a test")
    results = read_results(later.folder)
    assert isinstance(results, RunResults)
    assert later.state == ""
    assert (later.kind, later.seeds, later.claims[0]) == ("run", 8, results.claim)


def test_a_part_and_a_broken_run_say_so(folder: Path) -> None:
    file = folder / "first" / "results.json"
    values = json.loads(file.read_text())
    file.write_text(json.dumps(values | {"notes": ["part 1 of 2: half of the pairs"]}))
    (folder / "later" / "results.json").write_text("{")
    lines = {line.folder.name: line for line in runs_in(folder)}
    assert (lines["first"].state, lines["later"].state) == (PART, BROKEN)
    assert "not valid JSON" in lines["later"].why
    result = CliRunner().invoke(app, ["runs", str(folder)], env={"COLUMNS": "300"})
    assert "broken: not valid JSON" in result.stdout


def test_the_table_shows_them(folder: Path) -> None:
    results = read_results(folder / "later")
    assert isinstance(results, RunResults)
    assert results.claim is not None
    result = CliRunner().invoke(app, ["runs", str(folder)], env={"COLUMNS": "140"})
    assert result.exit_code == 0
    for text in ("first", "half", "later", Shown.of(results.claim.transfer).full, "--out FOLDER"):
        assert text in result.stdout


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_list_fits_its_window(folder: Path, width: int) -> None:
    name = "quickstart-20261129-123319"
    (folder / "later").rename(folder / name)
    result = CliRunner().invoke(app, ["runs", str(folder)], env={"COLUMNS": str(width)})
    assert max(map(len, result.stdout.splitlines())) <= width
    for text in (name, "first", "2001-09-09", "8", "generalizes"):
        assert text in result.stdout


def test_a_run_is_dated_by_when_it_finished(folder: Path) -> None:
    said = Provenance(finished="2026-11-29T17:40:00+01:00")
    (folder / "first" / "provenance.json").write_text(said.model_dump_json())
    line = runs_in(folder)[-1]
    wanted = datetime.fromisoformat(said.finished).astimezone().replace(tzinfo=None)
    assert (line.folder.name, line.changed) == ("first", wanted)


def test_searches_and_duels_have_a_verdict(tmp_path: Path) -> None:
    for name, results in (("tune", tune()), ("duel", duel())):
        (tmp_path / name).mkdir()
        write_results(tmp_path / name, results)
    verdicts = {line.kind: line.verdict for line in runs_in(tmp_path)}
    assert verdicts == {"tune": palette.verdict(tune().evasion).label, "duel": "red is ahead"}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        runs_in(tmp_path / "none")


def test_an_interrupted_run_is_listed_with_what_continues_it(folder: Path) -> None:
    set_command(["run", "quickstart"])
    with contextlib.suppress(KeyboardInterrupt), recorded(folder / "half", "run"):
        assert {line.folder.name: line.state for line in runs_in(folder)}["half"] == "running"
        raise KeyboardInterrupt
    line = next(line for line in runs_in(folder) if line.folder.name == "half")
    command = f"arena run quickstart --out {folder / 'half'}"
    assert (line.state, line.kind, line.resume) == ("interrupted", "run", command)
    result = CliRunner().invoke(app, ["runs", str(folder)], env={"COLUMNS": "300"})
    assert f"half: to continue: {command}" in result.stdout
