"""The time left: from the plan's estimates, corrected by what was measured since it began."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from arena.progress.observer import Planned

TRUSTED = 15.0  # seconds for which the planned number of workers outweighs the measured pace


@dataclass(frozen=True)
class TimeLeft:
    """Expected seconds; `whole`: whether every stage that is left could be estimated."""

    seconds: float
    whole: bool

    def __str__(self) -> str:
        return f"{'about' if self.whole else 'at least'} {coarse(self.seconds)} left"


@dataclass
class _Started:
    at: float
    done: int = 0


class Forecast:
    """Estimates the time that the planned stages still take.

    A stage is expected to take as long, per unit, as the stages of its kind that ended in this run;
    until one has, as long as planned. The pace is the number of stages that really run at a time:
    seconds spent in stages per second that passed.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._waiting: dict[str, Planned] = {}
        self._running: dict[str, _Started] = {}
        self._spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])  # seconds, units
        self._later: float | None = 0.0
        self._workers = 1
        self._began: float | None = None
        self._busy = 0.0

    def plan(self, stages: Sequence[Planned], workers: int) -> None:
        """Replace the plan; what was measured is kept."""
        self._waiting = {stage.name: stage for stage in stages if stage.seconds != 0.0}
        self._running.clear()
        self._workers = max(1, workers)

    def later(self, seconds: float | None) -> None:
        """Set the expected seconds of stages that come after this plan; None if unknown."""
        self._later = seconds

    def started(self, stage: str) -> None:
        now = self._clock()
        self._began = now if self._began is None else self._began
        self._running[stage] = _Started(now)

    def progressed(self, stage: str, done: int) -> None:
        if stage in self._running:
            self._running[stage].done = done

    def finished(self, stage: str, seconds: float, cached: bool) -> None:
        planned, _ = self._waiting.pop(stage, None), self._running.pop(stage, None)
        if planned is not None and not cached:
            total = self._spent[planned.kind]
            total[0] += seconds
            total[1] += planned.units
            self._busy += seconds

    def left(self) -> TimeLeft | None:
        """Return the time left; None if too little is known about it: there are no stages, or most
        cannot be estimated."""
        costs = [self._left_of(stage) for stage in self._waiting.values()]
        known = [seconds for seconds in costs if seconds is not None]
        if len(known) < max(1, len(costs) / 2):
            return None
        whole = len(known) == len(costs) and self._later is not None
        return TimeLeft((sum(known) + (self._later or 0.0)) / self._pace(), whole)

    def _left_of(self, stage: Planned) -> float | None:
        cost, running = self._cost(stage), self._running.get(stage.name)
        if running is None:
            return cost
        elapsed = self._clock() - running.at
        if 0 < running.done <= stage.units and stage.units > 1:
            return elapsed * (stage.units - running.done) / running.done
        return None if cost is None else max(0.0, cost - elapsed)

    def _cost(self, stage: Planned) -> float | None:
        seconds, units = self._spent.get(stage.kind, (0.0, 0.0))
        return seconds / units * stage.units if units else stage.seconds

    def _pace(self) -> float:
        if self._began is None:
            return self._workers
        now = self._clock()
        busy = self._busy + sum(now - each.at for each in self._running.values())
        return max(0.1, (busy + TRUSTED * self._workers) / (now - self._began + TRUSTED))


def coarse(seconds: float) -> str:
    """Return seconds as exactly as a forecast can be: `5 s`, `40 s`, `3 min`, `2 h 05 min`."""
    if seconds < 95:
        return f"{round(seconds / 10) * 10 or 5} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def clock_time(seconds: float) -> str:
    """Return elapsed seconds as `0:12` or `1:02:03`."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
