"""A measurement ends after a few steps, and after one where a step takes long."""

from __future__ import annotations

from typing import Any

import pytest

from arena.ml import measuring
from arena.ml.measuring import TOO_LONG, Workload, step_seconds


class Clock:
    """A clock that tells what it is set to."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.mark.parametrize(("a_step", "taken"), [(0.01, 8), (0.7, 5), (3.0, 4), (TOO_LONG + 20, 1)])
def test_a_measurement_takes_fewer_steps_the_longer_one_takes(
    monkeypatch: pytest.MonkeyPatch, a_step: float, taken: int
) -> None:
    clock, steps = Clock(), []

    def train(*given: Any, progress: Any, stop: Any, **more: Any) -> None:
        for step in range(given[2].steps):
            clock.now += a_step
            steps.append(step)
            progress(step)
            if stop():
                return

    monkeypatch.setattr(measuring, "time", clock)
    monkeypatch.setattr(measuring, "train", train)
    workload = Workload(8, "cpu", family="llama", size="nano", vocabulary=300)
    assert step_seconds(workload, threads=1, precision="float32") == pytest.approx(a_step)
    assert len(steps) == taken
