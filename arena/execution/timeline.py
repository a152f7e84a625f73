"""The simulation's record: which party did what, when, with which artifact, and what it could
see."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.planning.graph import Node


class Timeline:
    """Appends events to `events.jsonl`, each on one line, flushed as it happens. The clock of a run
    that is resumed goes on where its last event ended.

    Args:
        watchers: called with each stage that is in the store, once it is recorded.
    """

    def __init__(self, path: Path, watchers: Sequence[Callable[[Node], None]] = ()) -> None:
        earlier = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        self._start = time.monotonic() - _end_of(earlier)
        self._file = path.open("a", encoding="utf-8")
        if earlier and not earlier.endswith("\n"):  # cut short when the run was killed
            self._file.write("\n")
        self._watchers = tuple(watchers)

    def finished(self, node: Node, manifest: Mapping[str, Any], cached: bool) -> None:
        """Record that a stage ended (or was found in the store); `time` is when it began."""
        seconds = 0.0 if cached else float(manifest["seconds"])
        self._write(
            {
                "time": round(max(0.0, self._now() - seconds), 3),
                "seed": node.stage.seed,
                "party": node.stage.party,
                "event": node.stage.name,
                "artifact": node.address,
                "saw": list(node.saw),
                "seconds": seconds,
                "cached": cached,
            }
        )
        for watch in self._watchers:
            watch(node)

    def failed(self, node: Node, error: Exception) -> None:
        """Record that a stage failed, with its inputs."""
        self._write(
            {
                "time": round(self._now(), 3),
                "seed": node.stage.seed,
                "party": node.stage.party,
                "event": f"FAILED {node.stage.name}: {error}",
                "artifact": None,
                "saw": list(node.saw),
                "seconds": 0.0,
            }
        )

    def broken(self, node: Node, flaw: str) -> None:
        """Record that a stored artifact was damaged, so that its stage runs again."""
        self._write(
            {
                "time": round(self._now(), 3),
                "seed": node.stage.seed,
                "party": node.stage.party,
                "event": f"DAMAGED {node.stage.name}: {flaw}",
                "artifact": node.address,
                "saw": [],
                "seconds": 0.0,
            }
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _now(self) -> float:
        return time.monotonic() - self._start

    def _write(self, event: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(event, ensure_ascii=False) + "\n")
        self._file.flush()


def _end_of(events: str) -> float:
    """When the last of the recorded events ended, in seconds; 0 without one."""
    end = 0.0
    for line in events.splitlines():
        try:
            event = json.loads(line)
            end = max(end, float(event["time"]) + float(event["seconds"]))
        except (ValueError, KeyError, TypeError):
            continue
    return end
