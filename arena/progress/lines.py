"""Progress in plain lines, for logs and pipes."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import IO

from arena.errors import ArenaError
from arena.printable import on_one_line
from arena.progress.forecast import Forecast
from arena.progress.observer import Planned, Silent
from arena.redaction import redact
from arena.stopping import received


@dataclass
class _Running:
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
        self._phase = ""
        self._forecast = Forecast()

    def phase(self, text: str) -> None:
        with self._lock:
            if text and text != self._phase:
                self._say(f"phase     {text}")
            self._phase = text

    def part(self, text: str, later: float | None = 0.0) -> None:
        with self._lock:
            self._forecast.later(later)
            self._say(f"next      {text}")

    def plan(self, stages: Sequence[Planned], workers: int = 1, what: str = "stages") -> None:
        with self._lock:
            self._planned, self._finished = len(stages), 0
            self._forecast.plan(stages, workers)
            self._say(f"plan      {len(stages)} {what}{self._left()}")

    def stage_started(
        self, stage: str, party: str, seed: int | None, total_steps: int | None
    ) -> None:
        with self._lock:
            self._running[stage] = _Running(total_steps, monotonic())
            self._forecast.started(stage)
            facts = [party, f"{total_steps} steps" if total_steps else ""]
            if seed is not None and not stage.endswith(f" s{seed}"):
                facts.insert(1, f"seed {seed}")
            self._say(f"started   {stage}  ({', '.join(filter(None, facts))})")

    def stage_progress(self, stage: str, done: int) -> None:
        with self._lock:
            self._forecast.progressed(stage, done)
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
            self._forecast.finished(stage, seconds, cached)
            share = f"  [{self._finished}/{self._planned}]" if self._planned else ""
            took = "from the store" if cached else f"{seconds:.1f} s"
            self._say(f"finished  {stage}  {took}{share}{'' if cached else self._left()}")

    def best(self, text: str) -> None:
        with self._lock:
            self._say(f"best      {text}")

    def note(self, text: str) -> None:
        with self._lock:
            self._say(f"note      {text}")

    def _left(self) -> str:
        left = self._forecast.left()
        return f"  {left}" if left is not None and left.seconds else ""

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
            log.note(f"{how_it_ended(error)}; the same command continues from the finished stages")
        raise


def how_it_ended(error: BaseException) -> str:
    """Return in words what stopped a command."""
    if isinstance(error, KeyboardInterrupt):
        return str(received() or "interrupted")
    return redact(f"failed: {error}" if isinstance(error, ArenaError) else f"failed: {error!r}")
