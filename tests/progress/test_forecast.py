"""The time left: the plan's estimate at first, what was measured later; said only if known."""

from __future__ import annotations

import pytest

from arena.progress.forecast import Forecast, TimeLeft, clock_time, coarse
from arena.progress.observer import Planned


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def train(name: str, seconds: float | None) -> Planned:
    return Planned(name, "train", 100, seconds)


def left(forecast: Forecast) -> TimeLeft:
    seen = forecast.left()
    assert seen is not None
    return seen


def test_before_anything_ran_the_plan_is_divided_by_its_workers(clock: Clock) -> None:
    forecast = Forecast(clock)
    forecast.plan([train("a", 60.0), train("b", 40.0)], workers=2)
    assert left(forecast) == TimeLeft(50.0, whole=True)


def test_a_stored_stage_takes_no_time(clock: Clock) -> None:
    forecast = Forecast(clock)
    forecast.plan([train("a", 60.0), train("b", 0.0)], workers=1)
    forecast.finished("b", 0.0, cached=True)
    assert left(forecast).seconds == 60.0


def test_measured_stages_replace_the_plans_estimate_of_their_kind(clock: Clock) -> None:
    forecast = Forecast(clock)
    forecast.plan([train("a", 1.0), train("b", 1.0), train("c", 1.0)], workers=1)
    forecast.started("a")
    clock.now = 30.0
    forecast.finished("a", 30.0, cached=False)
    assert left(forecast).seconds == pytest.approx(60.0)


def test_what_a_running_stage_has_done_counts(clock: Clock) -> None:
    forecast = Forecast(clock)
    forecast.plan([train("a", 1000.0)], workers=1)
    forecast.started("a")
    clock.now = 30.0
    forecast.progressed("a", 75)
    assert left(forecast).seconds == pytest.approx(10.0)


def test_idle_workers_make_the_pace_slower(clock: Clock) -> None:
    forecast = Forecast(clock)
    forecast.plan([train(name, 1000.0) for name in "abc"], workers=4)
    early = left(forecast).seconds
    forecast.started("a")
    clock.now = 1000.0
    forecast.finished("a", 1000.0, cached=False)  # one at a time, not four
    assert early == 750.0
    assert left(forecast).seconds == pytest.approx(2000.0, rel=0.1)


def test_unknown_stages_make_it_a_lower_bound_and_too_many_make_it_unknown(clock: Clock) -> None:
    forecast = Forecast(clock)
    assert forecast.left() is None
    forecast.plan([train("a", 10.0), Planned("b", "score")], workers=1)
    assert left(forecast) == TimeLeft(10.0, whole=False)
    forecast.plan([train("a", 10.0), Planned("b", "score"), Planned("c", "score")], workers=1)
    assert forecast.left() is None


def test_later_parts_count_and_may_be_unknown(clock: Clock) -> None:
    forecast = Forecast(clock)
    forecast.plan([train("a", 10.0)], workers=1)
    forecast.later(20.0)
    assert left(forecast) == TimeLeft(30.0, whole=True)
    forecast.later(None)
    assert left(forecast) == TimeLeft(10.0, whole=False)


def test_times_in_words() -> None:
    assert str(TimeLeft(130.0, whole=True)) == "about 2 min left"
    assert str(TimeLeft(130.0, whole=False)) == "at least 2 min left"
    assert [coarse(s) for s in (0.0, 3.0, 44.0, 94.0, 125.0, 5400.0, 7530.0)] == [
        "5 s", "5 s", "40 s", "90 s", "2 min", "1 h 30 min", "2 h 06 min",
    ]  # fmt: skip
    assert [clock_time(s) for s in (5.9, 72, 3723)] == ["0:05", "1:12", "1:02:03"]
