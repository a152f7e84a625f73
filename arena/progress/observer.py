"""What a run, a grid or a search reports while it works.

The engine calls an `Observer` from any thread, so every implementation is thread-safe. A stage is
identified by its name, unique within a plan; the trials of a search are reported in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

Traceback = TracebackType | None
Note = Callable[[str], None]  # receives a line about what is being done, as `Observer.phase`


def silent(text: str) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Planned:
    """A stage of a plan.

    Attributes:
        kind: stages of one kind take about equally long per unit.
        units: its optimiser steps, or 1.
        seconds: how long it is expected to take; None if unknown, 0 if it is stored.
    """

    name: str
    kind: str
    units: int = 1
    seconds: float | None = None


class Observer(Protocol):
    """Receives the events of a run. A context manager: its display ends with the block."""

    def phase(self, text: str) -> None:
        """Announce what is being done or waited for besides stages; empty for nothing."""

    def part(self, text: str, later: float | None = 0.0) -> None:
        """Announce a part of the work, such as one cell of a grid; `later`: the expected seconds of
        stages in the parts after it, None if unknown."""

    def plan(self, stages: Sequence[Planned], workers: int = 1, what: str = "stages") -> None:
        """Announce the stages of this part, those in the store included, and about how many run at
        a time; called again when they change. what: their name in the plural."""

    def stage_started(
        self, stage: str, party: str, seed: int | None, total_steps: int | None
    ) -> None:
        """Announce the start of a stage; `total_steps` is None if unknown."""

    def stage_progress(self, stage: str, done: int) -> None:
        """Report the number of its steps done, counted from its start."""

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        """Announce the end of a stage after `seconds`; `cached` if it came from the store."""

    def best(self, text: str) -> None:
        """Show the best result so far, in words."""

    def note(self, text: str) -> None:
        """Show a line to the user."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Traceback
    ) -> None: ...


class Silent:
    """Shows nothing."""

    def phase(self, text: str) -> None: ...

    def part(self, text: str, later: float | None = 0.0) -> None: ...

    def plan(self, stages: Sequence[Planned], workers: int = 1, what: str = "stages") -> None: ...

    def stage_started(
        self, stage: str, party: str, seed: int | None, total_steps: int | None
    ) -> None: ...

    def stage_progress(self, stage: str, done: int) -> None: ...

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None: ...

    def best(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Traceback
    ) -> None: ...


class Several(Silent):
    """Passes every event to several observers, e.g. the log file and the terminal."""

    def __init__(self, *observers: Observer) -> None:
        self._all = observers

    def __enter__(self) -> Self:
        for each in self._all:
            each.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Traceback
    ) -> None:
        for each in reversed(self._all):
            each.__exit__(kind, error, trace)

    def phase(self, text: str) -> None:
        for each in self._all:
            each.phase(text)

    def part(self, text: str, later: float | None = 0.0) -> None:
        for each in self._all:
            each.part(text, later)

    def plan(self, stages: Sequence[Planned], workers: int = 1, what: str = "stages") -> None:
        for each in self._all:
            each.plan(stages, workers, what)

    def stage_started(
        self, stage: str, party: str, seed: int | None, total_steps: int | None
    ) -> None:
        for each in self._all:
            each.stage_started(stage, party, seed, total_steps)

    def stage_progress(self, stage: str, done: int) -> None:
        for each in self._all:
            each.stage_progress(stage, done)

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        for each in self._all:
            each.stage_finished(stage, seconds, cached)

    def best(self, text: str) -> None:
        for each in self._all:
            each.best(text)

    def note(self, text: str) -> None:
        for each in self._all:
            each.note(text)


class NewStages(Several):
    """Shows the stages that run, and none that the store holds: for executions in a row that have
    most of their stages in common."""

    def plan(self, stages: Sequence[Planned], workers: int = 1, what: str = "stages") -> None:
        super().plan([each for each in stages if each.seconds != 0], workers, what)

    def stage_finished(self, stage: str, seconds: float, cached: bool) -> None:
        if not cached:
            super().stage_finished(stage, seconds, cached)
