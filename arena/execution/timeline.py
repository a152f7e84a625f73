"""The simulation's record: which party did what, when, with which artifact, and what it could
see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.execution.event_file import EventFile

if TYPE_CHECKING:
    from arena.planning.graph import Node


class Timeline:
    """Appends what happens to stages to `events.jsonl`.

    Args:
        watchers: called with each stage that is in the store, once it is recorded.
    """

    def __init__(self, path: Path, watchers: Sequence[Callable[[Node], None]] = ()) -> None:
        self._file = EventFile(path)
        self._watchers = tuple(watchers)

    def finished(self, node: Node, manifest: Mapping[str, Any], cached: bool) -> None:
        """Record that a stage ended (or was found in the store); `time` is when it began."""
        seconds = 0.0 if cached else float(manifest["seconds"])
        self._file.write(
            {
                "seed": node.stage.seed,
                "party": node.stage.party,
                "event": node.stage.name,
                "artifact": node.address,
                "saw": list(node.saw),
                "seconds": seconds,
                "cached": cached,
            },
            ago=seconds,
        )
        for watch in self._watchers:
            watch(node)

    def failed(self, node: Node, error: Exception) -> None:
        """Record that a stage failed, with its inputs."""
        self._file.write(
            {
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
        self._file.write(
            {
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
