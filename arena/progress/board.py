"""What a display shows: the state of the work, kept up to date from any thread."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from arena.progress.forecast import Forecast, TimeLeft
from arena.progress.observer import Planned, Silent


@dataclass(frozen=True)
class RunningStage:
    """A stage that runs. name: without its seed. since: when it began, in seconds since the start
    of the command."""

    name: str
    party: str
    seed: int | None
    total: int | None
    since: float
    done: int = 0


@dataclass(frozen=True)
class Snapshot:
    """The state of the work at one moment.

    Attributes:
        elapsed: seconds since the start of the command.
        phase: what is done or waited for besides stages. phase_since: when that began.
        finished: stages that ended, `stored` of them found in the store; of `planned` in all.
        queued: how many stages wait, by kind.
        best: the best result so far, in words.
    """

    elapsed: float
    phase: str
    phase_since: float
    part: str
    what: str
    planned: int
    finished: int
    stored: int
    running: tuple[RunningStage, ...]
    queued: tuple[tuple[str, int], ...]
    left: TimeLeft | None
    best: str


class Board(Silent):
    """Collects events; `snapshot` returns what they amount to."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._began = clock, clock()
        self._lock = threading.RLock()
        self._forecast = Forecast(clock)
        self._phase, self._phase_since, self._part, self._best = "", 0.0, "", ""
        self._what = "stages"
        self._kinds: dict[str, str] = {}  # of stages that have not started, by name
        self._planned, self._finished, self._stored = 0, 0, 0
        self._running: dict[str, RunningStage] = {}

    def phase(self, text: str) -> None:
        with self._lock:
            if text != self._phase:
                self._phase, self._phase_since = text, self._now()

    def part(self, text: str, later: float | None = 0.0) -> None:
        with self._lock:
            self._part = text
            self._forecast.later(later)

    def plan(self, stages: Sequence[Planned], workers: int = 1, what: str = "stages") -> None:
        with self._lock:
            self._planned, self._what = len(stages), what
            self._finished = self._stored = 0
            self._running.clear()
            self._kinds = {stage.name: stage.kind for stage in stages}
            self._forecast.plan(stages, workers)

    def stage_started(
        self, stage: str, party: str, seed: int | None, total_steps: int | None
    ) -> None:
        with self._lock:
            self._kinds.pop(stage, None)
            name = stage if seed is None else stage.removesuffix(f" s{seed}")
            self._running[stage] = RunningStage(name, party, seed, total_steps, self._now())
            self._forecast.started(stage)

    def stage_progress(self, stage: str, done: int) -> None:
        with self._lock:
            if stage in self._running:
                self._running[stage] = replace(self._running[stage], done=done)
                self._forecast.progressed(stage, done)

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        with self._lock:
            self._kinds.pop(stage, None)
            self._running.pop(stage, None)
            self._finished += 1
            self._stored += cached
            self._forecast.finished(stage, seconds, cached)

    def best(self, text: str) -> None:
        with self._lock:
            self._best = text

    def snapshot(self) -> Snapshot:
        """Return the state of the work now."""
        with self._lock:
            return Snapshot(
                elapsed=self._now(),
                phase=self._phase,
                phase_since=self._phase_since,
                part=self._part,
                what=self._what,
                planned=self._planned,
                finished=self._finished,
                stored=self._stored,
                running=tuple(self._running.values()),
                queued=tuple(Counter(self._kinds.values()).most_common()),
                left=self._forecast.left(),
                best=self._best,
            )

    def _now(self) -> float:
        return self._clock() - self._began
