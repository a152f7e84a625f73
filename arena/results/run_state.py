"""What a run folder says of its own run until it has results: running, interrupted or failed, and
how to continue it."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import psutil
from pydantic import ValidationError

from arena.errors import InputError
from arena.progress.lines import how_it_ended
from arena.redaction import redact
from arena.results.base import Part

FILE = "state.json"
State = Literal["running", "interrupted", "failed"]

_command: tuple[str, ...] | None = None  # the words of this process's command


class RunState(Part):
    """The state of a run that has no results yet.

    Attributes:
        since: when the state began, ISO 8601, UTC. why: what stopped it, in words.
        resume: the command, or the call, that continues it.
        process, host: of the run; a `running` one whose process is gone was killed. started: what
        tells the process from a later one with its number; empty where that is not known.
    """

    state: State
    since: str
    why: str = ""
    resume: str = ""
    process: int = 0
    host: str = ""
    started: str = ""

    @property
    def now(self) -> State:
        """Return the state, looking whether the process of a running one is still there."""
        gone = self.state == "running" and self.here and not self._lives
        return "interrupted" if gone else self.state

    @property
    def here(self) -> bool:
        """Return whether the run is one of this machine."""
        return self.host == socket.gethostname()

    @property
    def _lives(self) -> bool:
        """Whether the run's process is there, and not a later one with the same number."""
        same = not self.started or _started(self.process) == self.started
        return psutil.pid_exists(self.process) and same


def set_command(words: Sequence[str]) -> None:
    """Record the words after `arena` of this process's command line, for `resume_with`."""
    global _command
    _command = tuple(words)


def given_command() -> str:
    """Return the command line that this process was given, without passwords and with `~` for the
    home folder; empty if it has none."""
    if _command is None:
        return ""
    line, home = shlex.join(["arena", *map(redact, _command)]), str(Path.home())
    return line if home == os.sep else line.replace(home, "~")


def resume_with(folder: Path, call: str) -> str:
    """Return the command that continues a run in its folder: the one that was given, with its
    folder, without `--fresh` and without passwords; or, if it was begun from Python, a call.

    Args:
        call: the name of the function in `arena`.
    """
    if _command is None:
        return f"arena.{call}(..., out={str(folder)!r}), with the same arguments otherwise"
    words = [word for word in _command if word != "--fresh"]
    if not any(word == "--out" or word.startswith("--out=") for word in words):
        words += ["--out", str(folder)]
    return shlex.join(["arena", *map(redact, words)])


@contextlib.contextmanager
def recorded(folder: Path, call: str) -> Iterator[None]:
    """Keep the state of the run in its folder while the block runs, and how it ended if it has no
    results. An error gets a note with the command that continues the run.

    Raises:
        InputError: another process of this machine runs in the folder.
    """
    refuse_occupied(folder)
    resume = resume_with(folder, call)
    _write(folder, "running", "", resume)
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt)
        with contextlib.suppress(OSError):  # of a full disk
            _write(folder, "interrupted" if stopped else "failed", how_it_ended(error), resume)
        if not isinstance(error, InputError):
            error.add_note(f"to continue: {resume}")
        raise
    (folder / FILE).unlink(missing_ok=True)


def refuse_occupied(folder: Path) -> None:
    """Raise InputError if another process of this machine runs in the folder."""
    other = read_state(folder)
    if other is None or other.process == os.getpid() or not other.here or other.now != "running":
        return
    rule = f"another command is running in this folder (process {other.process})"
    raise InputError(f"{rule}; choose another --out", key="--out", found=str(folder))


def read_state(folder: Path) -> RunState | None:
    """Return what a run folder says of its run; None if it says nothing that can be read."""
    try:
        return RunState.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError):
        return None


def _started(process: int) -> str:
    """When a process started, in ticks since the machine did; empty without /proc."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _write(folder: Path, state: State, why: str, resume: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    content = RunState(
        state=state,
        since=now,
        why=why,
        resume=resume,
        process=os.getpid(),
        host=socket.gethostname(),
        started=_started(os.getpid()),
    )
    aside = folder / f".{FILE}.part"
    aside.write_text(content.model_dump_json(indent=1) + "\n", encoding="utf-8")
    aside.replace(folder / FILE)
