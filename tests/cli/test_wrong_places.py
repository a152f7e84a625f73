"""Options that name a place or a list entry: what cannot be is wrong input, and says where."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from arena.cli import app
from arena.errors import InputError, nearest
from arena.results.reader import parse_results


def told(*arguments: str | Path) -> str:
    """The message of a command that must refuse its input."""
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exit_code == 2, result.output
    return result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "nowhere/x.yaml"), "--out: cannot be written there"),
        (("--out", "x.yaml", "--name", "a b"), "--name: the scenario's name must be at most 64"),
        (("--out", "größe.yaml"), "give another with --name"),
        (("--out", "x.yaml", "--language", "german"), "--language: is the language of your own"),
    ],
)
def test_init_says_which_option_is_wrong(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in told("init", "--yes", *arguments)
    assert not list(tmp_path.iterdir())


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("")
    for command in ("runs", "view"):
        assert "this is a file, not a folder" in told(command, file)
        assert "no such folder" in told(command, tmp_path / "none")
    assert "`arena run quickstart` makes a run" in told("view", tmp_path)


def test_no_part_of_zero() -> None:
    assert "--part: must be I/N" in told("stress", "stress_small", "--plan", "--part", "1/0")


def test_an_entry_of_a_list_that_is_not_there() -> None:
    override = "actors.bard.tactics[0]={method: schedule}"
    assert "actors[2].tactics is empty" in told("validate", "quickstart", "--set", override)


def test_results_of_nothing_are_no_results() -> None:
    with pytest.raises(InputError, match="has none of the keys of a results file"):
        parse_results({})


def test_another_case_is_the_nearest_name() -> None:
    assert nearest("DEFENDER", ["duel", "defender"]) == "defender"
