"""The record of a run, `events.jsonl`: which party did what, when, and what it could see."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from arena.results.base import Part

FILE = "events.jsonl"


class Event(Part):
    """One finished stage.

    Attributes:
        time: when it began, in seconds since the start of the run. seconds: how long it took.
            party: who ran it. event: what was done. artifact: what it made.
        saw: what the party could see.
    """

    time: float | None = None
    seed: int | None = None
    party: str = ""
    event: str = ""
    artifact: str = ""
    saw: tuple[str, ...] = ()
    seconds: float | None = None


def read_events(run_folder: Path) -> list[Event]:
    """Return the events of a run folder; empty without the file. A line that is no event, such as
    one cut short by a crash, is left out."""
    path = run_folder / FILE
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [event for line in lines if (event := _event(line)) is not None]


def _event(line: str) -> Event | None:
    try:
        return Event.model_validate(json.loads(line))
    except (ValueError, ValidationError):
        return None
