"""The timeline: one line per event, there as soon as it happened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from arena.execution.timeline import Timeline
from tests.support import toy_jobs


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_events_are_written_as_they_happen(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    one = toy_jobs.node("poison bardé\n", toy_jobs.Look(), "threat:bard")
    timeline = Timeline(path)
    timeline.finished(one, {"seconds": 0.0}, cached=False)
    (event,) = events(path)  # before the file is closed
    assert event["event"] == one.stage.name
    assert (event["party"], event["seed"]) == ("threat:bard", 0)
    assert event["artifact"] == one.address
    assert event["cached"] is False
    timeline.failed(one, ValueError("no\nluck"))
    timeline.close()
    failed = events(path)[1]
    assert failed["event"].startswith("FAILED poison")
    assert failed["artifact"] is None


def test_a_stage_stands_where_it_began_and_one_from_the_store_took_no_time(tmp_path: Path) -> None:
    path, one = tmp_path / "events.jsonl", toy_jobs.node("train", toy_jobs.Look())
    timeline = Timeline(path)
    timeline.finished(one, {"seconds": 99.0}, cached=False)
    timeline.finished(one, {"seconds": 99.0}, cached=True)
    timeline.close()
    made, cached = events(path)
    assert (made["time"], made["seconds"]) == (0.0, 99.0)
    assert (cached["seconds"], cached["cached"]) == (0.0, True)


def test_a_second_try_goes_on_in_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for _ in range(2):
        timeline = Timeline(path)
        timeline.finished(toy_jobs.node("x", toy_jobs.Look()), {"seconds": 0.0}, cached=True)
        timeline.close()
    assert len(events(path)) == 2


def test_the_clock_of_a_resumed_run_goes_on_where_its_last_event_ended(tmp_path: Path) -> None:
    path, one = tmp_path / "events.jsonl", toy_jobs.node("train", toy_jobs.Look())
    for seconds in (99.0, 0.0):
        timeline = Timeline(path)
        timeline.finished(one, {"seconds": seconds}, cached=False)
        timeline.close()
        with path.open("a", encoding="utf-8") as file:
            file.write('{"time": 1e9, "sec')  # cut short by a kill
    first, second = (json.loads(line) for line in path.read_text().splitlines()[::2])
    assert second["time"] >= first["time"] + 99.0
