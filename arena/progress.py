"""Progress of a run, and three ways to show it: not at all, in lines, in bars.

The engine calls an `Observer` from any thread, so every implementation is thread-safe. A stage is
identified by its name, unique within a run.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import IO, Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from arena.errors import ArenaError
from arena.printable import on_one_line
from arena.redaction import redact
from arena.stopping import received
from arena.terminal import Terminal

Traceback = TracebackType | None


class Observer(Protocol):
    """Receives the events of a run. A context manager: its display ends with the block."""

    def plan(self, n: int) -> None:
        """Announce that the run has n stages; called again when that changes."""

    def stage_started(self, stage: str, party: str, seed: int, total_steps: int | None) -> None:
        """Announce the start of a stage; `total_steps` is None if unknown."""

    def stage_progress(self, stage: str, done: int) -> None:
        """Report the number of its steps done, counted from its start."""

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        """Announce the end of a stage after `seconds`; `cached` if it came from the store."""

    def note(self, text: str) -> None:
        """Show a line to the user."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Traceback
    ) -> None: ...


class Silent:
    """Shows nothing."""

    def plan(self, n: int) -> None: ...

    def stage_started(self, stage: str, party: str, seed: int, total_steps: int | None) -> None: ...

    def stage_progress(self, stage: str, done: int) -> None: ...

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None: ...

    def note(self, text: str) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Traceback
    ) -> None: ...


class NewStages(Silent):
    """Shows the stages that run in several executions in a row, not those from the store."""

    def __init__(self, shown: Observer) -> None:
        self._shown = shown
        self._finished, self._left = 0, 0

    def plan(self, n: int) -> None:
        self._left = n

    def stage_started(self, stage: str, party: str, seed: int, total_steps: int | None) -> None:
        self._shown.plan(self._finished + self._left)
        self._shown.stage_started(stage, party, seed, total_steps)

    def stage_progress(self, stage: str, done: int) -> None:
        self._shown.stage_progress(stage, done)

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        self._left -= 1
        if not cached:
            self._finished += 1
            self._shown.stage_finished(stage, seconds, cached)

    def note(self, text: str) -> None:
        self._shown.note(text)


@dataclass
class _Running:
    party: str
    seed: int
    total: int | None
    shown: float


class LogLines(Silent):
    """One plain line per event, for logs and pipes; for a long stage, a line at intervals.

    Args:
        stream: where lines go; flushed after each.
        every: seconds between two lines about the same stage.
    """

    def __init__(self, stream: IO[str] | None = None, every: float = 10.0) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._every = every
        self._lock = threading.Lock()
        self._began = monotonic()
        self._running: dict[str, _Running] = {}
        self._planned, self._finished = 0, 0

    def plan(self, n: int) -> None:
        with self._lock:
            self._planned = n
            self._say(f"plan      {n} stages")

    def stage_started(self, stage: str, party: str, seed: int, total_steps: int | None) -> None:
        with self._lock:
            self._running[stage] = _Running(party, seed, total_steps, monotonic())
            steps = f", {total_steps} steps" if total_steps else ""
            self._say(f"started   {stage}  ({party}, seed {seed}{steps})")

    def stage_progress(self, stage: str, done: int) -> None:
        with self._lock:
            running, now = self._running.get(stage), monotonic()
            if running is None or now - running.shown < self._every:
                return
            running.shown = now
            total = f"/{running.total}" if running.total else ""
            self._say(f"running   {stage}  {done}{total}")

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        with self._lock:
            self._running.pop(stage, None)
            self._finished += 1
            share = f"  [{self._finished}/{self._planned}]" if self._planned else ""
            took = "from the store" if cached else f"{seconds:.1f} s"
            self._say(f"finished  {stage}  {took}{share}")

    def note(self, text: str) -> None:
        with self._lock:
            self._say(f"note      {text}")

    def _say(self, text: str) -> None:
        line = on_one_line(" ".join(text.splitlines()))
        self._stream.write(f"{monotonic() - self._began:8.1f}  {line}\n")
        self._stream.flush()


@contextlib.contextmanager
def ending(log: LogLines) -> Iterator[None]:
    """Write to the log how the block ended, if it failed or was stopped."""
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(OSError):  # of a full disk
            log.note(f"{_how(error)}; the same command continues from the finished stages")
        raise


def _how(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return str(received() or "interrupted")
    return redact(f"failed: {error}" if isinstance(error, ArenaError) else f"failed: {error!r}")


class _Count(ProgressColumn):
    """`120/400` if the total is known, else `120`."""

    def render(self, task: Task) -> Text:
        total = "" if task.total is None else f"/{task.total:.0f}"
        return Text(f"{task.completed:.0f}{total}" if task.completed or total else "", style="dim")


class RichBars(Silent):
    """A bar for every running stage and one for the whole run; `LogLines` if the console is no
    terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console if console is not None else Terminal(stderr=True)
        interactive = self._console.is_terminal and not self._console.is_dumb_terminal
        self._lines = None if interactive else LogLines(self._console.file)
        self._lock = threading.RLock()
        self._bars: dict[str, TaskID] = {}
        self._overall: TaskID | None = None
        self._progress = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28, complete_style="#4a88c0", finished_style="#4a88c0"),
            _Count(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )

    def __enter__(self) -> Self:
        if self._lines is None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Traceback
    ) -> None:
        if self._lines is None:
            self._progress.stop()

    def plan(self, n: int) -> None:
        if self._lines is not None:
            self._lines.plan(n)
            return
        with self._lock:
            if self._overall is None:
                self._overall = self._progress.add_task("[bold]all stages[/]", total=n)
            else:
                self._progress.update(self._overall, total=n)

    def stage_started(self, stage: str, party: str, seed: int, total_steps: int | None) -> None:
        if self._lines is not None:
            self._lines.stage_started(stage, party, seed, total_steps)
            return
        title = f"{escape(stage)} [dim]{escape(party)}, seed {seed}[/]"
        with self._lock:
            self._drop(stage)
            self._bars[stage] = self._progress.add_task(title, total=total_steps)

    def stage_progress(self, stage: str, done: int) -> None:
        if self._lines is not None:
            self._lines.stage_progress(stage, done)
            return
        with self._lock:
            bar = self._bars.get(stage)
            if bar is not None:
                self._progress.update(bar, completed=done)

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        if self._lines is not None:
            self._lines.stage_finished(stage, seconds, cached)
            return
        with self._lock:
            self._drop(stage)
            if self._overall is not None:
                self._progress.advance(self._overall)

    def note(self, text: str) -> None:
        if self._lines is not None:
            self._lines.note(text)
            return
        self._progress.console.print(Text(text))

    def _drop(self, stage: str) -> None:
        bar = self._bars.pop(stage, None)
        if bar is not None:
            self._progress.remove_task(bar)


class Both(Silent):
    """Passes every event to two observers, e.g. the log file and the terminal."""

    def __init__(self, first: Observer, second: Observer) -> None:
        self._pair = (first, second)

    def __enter__(self) -> Self:
        for each in self._pair:
            each.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Traceback
    ) -> None:
        for each in reversed(self._pair):
            each.__exit__(kind, error, trace)

    def plan(self, n: int) -> None:
        for each in self._pair:
            each.plan(n)

    def stage_started(self, stage: str, party: str, seed: int, total_steps: int | None) -> None:
        for each in self._pair:
            each.stage_started(stage, party, seed, total_steps)

    def stage_progress(self, stage: str, done: int) -> None:
        for each in self._pair:
            each.stage_progress(stage, done)

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        for each in self._pair:
            each.stage_finished(stage, seconds, cached)

    def note(self, text: str) -> None:
        for each in self._pair:
            each.note(text)
