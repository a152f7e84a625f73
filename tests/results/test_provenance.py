"""The provenance of results: read back as written, empty where nothing is known."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from arena.results import provenance
from arena.results.provenance import FILE, Provenance, read_provenance, write_provenance
from arena.results.run_state import given_command, set_command


def test_it_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    write_provenance(tmp_path)
    written = read_provenance(tmp_path)
    assert written.finished[:2] == "20"
    assert written.finished[-6] in "+-"  # local time, with its offset
    assert written == Provenance.model_validate_json((tmp_path / FILE).read_text())


@pytest.mark.parametrize("content", [None, "{", "[]", '{"modified": "maybe"}'])
def test_what_cannot_be_read_is_not_known(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / FILE).write_text(content)
    assert read_provenance(tmp_path) == Provenance()


def test_the_command_has_no_password_and_no_home() -> None:
    out = str(Path.home() / "runs" / "one two")
    set_command(["tune", "x", "--storage", "postgresql://me:secret@host/db", "--out", out])
    assert "secret" not in given_command()
    assert str(Path.home()) not in given_command()
    assert given_command().endswith("--out '~/runs/one two'")


def test_the_commit_is_that_of_the_checkout_which_holds_the_package(tmp_path: Path) -> None:
    (tmp_path / "arena").mkdir()
    code = tmp_path / "arena" / "code.py"
    code.write_text("one = 1\n")
    me = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    for words in (("init", "-q"), ("add", "."), (*me, "commit", "-q", "-m", "one")):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    commit, modified = provenance._commit(tmp_path / "arena")
    assert len(commit) == 40
    assert not modified
    code.write_text("one = 2\n")
    assert provenance._commit(tmp_path / "arena") == (commit, True)
    # A package that was installed below somebody's checkout is not of that checkout.
    assert provenance._commit(tmp_path / ".venv" / "arena") == ("", False)
