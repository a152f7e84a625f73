"""`events.jsonl`, one event per line; the clock of a command that is resumed goes on where its last
event ended."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class EventFile:
    """Appends events with the seconds since the command began, flushed as they happen."""

    def __init__(self, path: Path) -> None:
        earlier = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        self._start = time.monotonic() - _end_of(earlier)
        self._file = path.open("a", encoding="utf-8")
        if earlier and not earlier.endswith("\n"):  # cut short when the command was killed
            self._file.write("\n")

    def write(self, event: Mapping[str, Any], ago: float = 0.0) -> None:
        """Append an event that began `ago` seconds before now."""
        when = max(0.0, time.monotonic() - self._start - ago)
        self._file.write(json.dumps({"time": round(when, 3), **event}, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _end_of(events: str) -> float:
    """When the last of the recorded events ended, in seconds; 0 without one."""
    end = 0.0
    for line in events.splitlines():
        try:
            event = json.loads(line)
            end = max(end, float(event["time"]) + float(event.get("seconds", 0.0)))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return end
