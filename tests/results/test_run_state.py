"""A run folder says how its run stands: running, interrupted or failed, and what continues it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from arena.errors import ArenaError, InputError
from arena.results import run_state
from arena.results.run_state import (
    FILE,
    read_state,
    recorded,
    refuse_occupied,
    resume_with,
    set_command,
)


@pytest.fixture(autouse=True)
def _no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_state, "_command", None)


def ended(folder: Path, error: BaseException) -> BaseException:
    """The error as it leaves the block."""
    try:
        with recorded(folder, "run"):
            state = read_state(folder)
            assert state is not None
            assert (state.state, state.now) == ("running", "running")
            raise error
    except BaseException as left:
        return left
    raise AssertionError


def test_a_finished_run_leaves_no_state(tmp_path: Path) -> None:
    with recorded(tmp_path, "run"):
        assert (tmp_path / FILE).is_file()
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_says_so_with_what_continues_it(tmp_path: Path) -> None:
    set_command(["run", "quickstart", "--fresh", "--set", "a=[1, 2]"])
    error = ended(tmp_path, KeyboardInterrupt())
    state = read_state(tmp_path)
    assert state is not None
    assert (state.state, state.now, state.why) == ("interrupted", "interrupted", "interrupted")
    assert state.resume == f"arena run quickstart --set 'a=[1, 2]' --out {tmp_path}"
    assert error.__notes__ == [f"to continue: {state.resume}"]


def test_a_failed_run_says_why(tmp_path: Path) -> None:
    ended(tmp_path, ArenaError("stage 'x' failed: no memory"))
    state = read_state(tmp_path)
    assert state is not None
    assert (state.now, state.why) == ("failed", "failed: stage 'x' failed: no memory")


def test_wrong_input_is_not_to_be_continued_as_it_is(tmp_path: Path) -> None:
    assert not hasattr(ended(tmp_path, InputError("must be x")), "__notes__")


def test_a_given_folder_is_kept_and_python_gets_a_call(tmp_path: Path) -> None:
    assert resume_with(tmp_path, "tune") == (
        f"arena.tune(..., out={str(tmp_path)!r}), with the same arguments otherwise"
    )
    for given in (["--out", "x"], ["--out=x"]):
        set_command(["tune", "duel", *given])
        assert resume_with(tmp_path, "tune") == f"arena tune duel {' '.join(given)}"


def test_no_password_of_a_storage_is_kept_or_shown(tmp_path: Path) -> None:
    for given in (["--storage", "postgresql://me:s3cret@host/db"],
                  ["--storage=mysql://me:s3cret@host/db?password=s3cret"]):  # fmt: skip
        set_command(["tune", "tune_evasion", *given])
        error = ended(tmp_path, KeyboardInterrupt())
        assert "s3cret" not in (tmp_path / FILE).read_text()
        assert "s3cret" not in "".join(error.__notes__)
        assert "me:***@host/db" in resume_with(tmp_path, "tune")


def test_a_killed_run_counts_as_interrupted(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with recorded(tmp_path, "run"):
        content = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(content | {"process": gone.pid}))
    state = read_state(tmp_path)
    assert state is not None
    assert (state.state, state.now) == ("running", "interrupted")
    (tmp_path / FILE).write_text(json.dumps(content | {"process": gone.pid, "host": "elsewhere"}))
    state = read_state(tmp_path)
    assert state is not None
    assert state.now == "running"  # that cannot be known from here


def test_a_folder_in_which_another_command_runs_is_refused(tmp_path: Path) -> None:
    with recorded(tmp_path, "run"):
        content = json.loads((tmp_path / FILE).read_text())
        refuse_occupied(tmp_path)  # its own, as of a notebook that repeats a call
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        state = json.dumps(content | {"process": other.pid, "started": ""})
        (tmp_path / FILE).write_text(state)
        with (
            pytest.raises(InputError, match=rf"\(process {other.pid}\)"),
            recorded(tmp_path, "run"),
        ):
            pass
        assert (tmp_path / FILE).read_text() == state
        (tmp_path / FILE).write_text(json.dumps(content | {"process": other.pid}))
        refuse_occupied(tmp_path)  # by a process of that number that is long gone
    finally:
        other.communicate(b"\n")


def test_a_broken_state_is_none(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    (tmp_path / FILE).write_text("{")
    assert read_state(tmp_path) is None
