"""Jobs for tests of the runtimes: they look round, fail, and kill their own process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from arena.api.job import Job, Resources
from arena.execution.execute import execute
from arena.execution.runtime import Runtime
from arena.execution.timeline import Timeline
from arena.planning.graph import Node
from arena.progress.observer import Silent
from arena.store.store import Stage, Store

ON_TEXT = ("poison", "examples", "tokenizer")


@dataclass(frozen=True)
class ToyJob(Job):
    """A job of no kind. on_text: it needs no process with torch."""

    on_text: bool = field(default=False, kw_only=True)

    @property
    def resources(self) -> Resources:  # type: ignore[override]
        return Resources(model=not self.on_text)


@dataclass(frozen=True)
class Look(ToyJob):
    """Says which process it ran in, and what that process has imported."""

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        progress(1)
        heavy = [name for name in ("torch", "transformers", "peft") if name in sys.modules]
        return {"pid": os.getpid(), "heavy": heavy, "inputs": sorted(inputs)}


@dataclass(frozen=True)
class DieOnce(ToyJob):
    """Kills its own process the first `times` times, counted in a file."""

    marker: Path
    times: int = 1

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        died = len(self.marker.read_text()) if self.marker.exists() else 0
        if died < self.times:
            self.marker.write_text("x" * (died + 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return {"pid": os.getpid(), "died": died}


@dataclass(frozen=True)
class Fail(ToyJob):
    """Raises what it was given."""

    error: Exception

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        (out / "half").write_text("half")
        raise self.error


def node(
    name: str,
    job: Any,
    party: str = "arena",
    parents: Iterable[Node] = (),
    kind: str | None = None,
) -> Node:
    """A stage of a toy job; its name is its whole spec. A threat actor poisons, others train."""
    kind = kind or ("poison" if party.startswith("threat:") else "train")
    if isinstance(job, ToyJob):
        job = replace(job, on_text=kind in ON_TEXT)
    of = {f"parent:{i}": parent.address for i, parent in enumerate(parents)}
    return Node(Stage(kind, name, party, 0, {"name": name}, of), job)


def details(runtime: Runtime, store: Store, nodes: Iterable[Node]) -> list[dict[str, Any]]:
    """Execute the nodes; what each remembered, in order."""
    every = {one.address: one for one in nodes}
    store.root.mkdir(parents=True, exist_ok=True)
    timeline = Timeline(store.root / "events.jsonl")
    try:
        execute(every, set(every), store, runtime, Silent(), timeline)
    finally:
        timeline.close()
    return [store.manifest(address)["detail"] for address in every]
