"""`arena export` as a command: tables and figures, and what it says of wrong input."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from arena.cli.app import app
from arena.results.writer import write_results
from tests.support.sample_results import results


def export(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["export", *(str(argument) for argument in arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    write_results(tmp_path / "run", results(2))
    return tmp_path / "run"


def test_tables_are_written_for_spreadsheets_and_papers(folder: Path, tmp_path: Path) -> None:
    done = export(folder, "--tables", tmp_path / "paper")
    assert done.exit_code == 0, done.output
    names = {path.name for path in (tmp_path / "paper").iterdir()}
    assert names >= {"rows.csv", "transfer.csv", "curves.csv", "models.tex", "transfer.tex"}
    assert "rows.csv" in done.stdout


@pytest.mark.usefixtures("rendered")
def test_figures_are_written_as_pdf_with_equal_bytes(folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        done = export(folder, "--figures", tmp_path / name)
        assert done.exit_code == 0, done.output
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("one", "two"))
    assert one == two
    assert set(one) >= {"asr.pdf", "transfer.pdf", "claim.pdf"}
    assert all(content.startswith(b"%PDF") for content in one.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "nothing to export"),
        (["--model", "compromised"], "--to"),
        (["--to", "x"], "--model"),
        (["--model", "compromissed", "--to", "x"], "did you mean 'compromised'?"),
        (["--model", "compromised", "--seed", 9, "--to", "x"], "no such seed"),
    ],
)
def test_wrong_input_ends_before_anything_is_written(
    folder: Path, options: list[object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = export(folder, *options)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "x").exists()


def test_help_has_an_example() -> None:
    assert "Example: arena export" in export("--help").stdout
