"""Commands that read or rebuild runs say meanwhile on standard error what they are doing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from arena.cli.app import app
from tests.support import sample_folders


@pytest.mark.usefixtures("rendered")
@pytest.mark.parametrize(
    ("command", "phases"),
    [
        (["samples", "RUN"], ["reading the results", "reading the samples of 2 seeds"]),
        (["samples", "RUN", "--seed", "3", "--json"], ["reading the samples of seed 3"]),
        (["export", "RUN", "--tables", "new"], ["writing the tables"]),
        (["report", "RUN"], ["reading the results", "drawing the figures", "writing the page"]),
    ],
)
def test_lines_say_what_runs_now_unless_quiet(
    tmp_path: Path, command: list[str], phases: list[str]
) -> None:
    run = str(sample_folders.run_folder(tmp_path / "run"))
    places = {"RUN": run, "new": str(tmp_path / "new")}
    words = [places.get(word, word) for word in command]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    shown = [line.partition("phase")[2].strip() for line in done.stderr.splitlines()]
    assert [line for line in shown if line in phases] == phases
    assert "phase  " not in done.stdout
    quiet = CliRunner().invoke(app, [*words, "--quiet"])
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    assert quiet.stdout == done.stdout
