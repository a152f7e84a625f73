"""The clock of `events.jsonl`, which also searches write: their events have no length."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from arena.execution.event_file import EventFile


@pytest.mark.parametrize(
    ("earlier", "end"),
    [
        ('{"time": 40.0, "party": "red", "event": "trial 3 started"}\n', 40.0),
        ('{"time": 40.0, "seconds": 2.5}\n{"time": 41.0, "seconds": 0.0}\n', 42.5),
        ('{"time": 40.0}\n7\n{"time": "late"}\n{"time": 99', 40.0),  # nonsense, and cut short
        ("", 0.0),
    ],
)
def test_the_clock_goes_on_where_the_last_event_ended(
    earlier: str, end: float, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(earlier)
    with contextlib.closing(EventFile(path)) as file:
        file.write({"event": "trial 3 resumed"})
        written = json.loads(path.read_text().splitlines()[-1])
    assert written.pop("time") == pytest.approx(end, abs=5.0)
    assert written == {"event": "trial 3 resumed"}
    assert path.read_text().startswith(earlier)
