"""Whole runs of the command line in separate processes, with wall-clock time and memory.

Not a benchmark itself: the scripts beside it import it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from arena.results.reader import read_results
from arena.results.run import RunResults

EVERY = 0.5  # seconds between two measurements of a process tree's memory
ARENA = (sys.executable, "-c", "from arena.cli import main; main()")
MIB = 2**20


@dataclass
class Peaks:
    """Peak memory in MiB of PSS: shared pages are divided among the processes that share them, so
    that processes add up. services: processes that are neither the driver nor a worker (Ray's
    own)."""

    driver: float = 0.0
    worker: float = 0.0
    services: float = 0.0
    total: float = 0.0

    def look(self, root: psutil.Process) -> None:
        """Record the tree's memory now."""
        sizes = [(process, pss(process)) for process in [root, *descendants(root)]]
        services = sum(size for p, size in sizes if p.pid != root.pid and not is_worker(p))
        self.driver = max(self.driver, sizes[0][1])
        self.worker = max([self.worker, *(size for p, size in sizes if is_worker(p))])
        self.services = max(self.services, services)
        self.total = max(self.total, sum(size for _, size in sizes))


@dataclass(frozen=True)
class Ran:
    """A run of the arena. fresh: stages that were run, not found in the store."""

    seconds: float
    results: RunResults
    fresh: int
    peaks: Peaks = field(default_factory=Peaks)


def arena_run(
    scenario: str, out: Path, store: Path, overrides: Sequence[str] = (), *, memory: bool = False
) -> Ran:
    """Run `arena run` as a user does, on this store; `out` must not exist."""
    settings = [text for override in overrides for text in ("--set", override)]
    command = [*ARENA, "run", scenario, "--quiet", "--out", str(out), *settings]
    seconds, peaks = timed(command, {"ARENA_STORE": str(store)}, memory=memory)
    results = read_results(out)
    assert isinstance(results, RunResults)
    events = map(json.loads, (out / "events.jsonl").read_text().splitlines())
    return Ran(seconds, results, sum(not event.get("cached") for event in events), peaks)


def timed(
    command: Sequence[str], settings: dict[str, str], *, memory: bool = False
) -> tuple[float, Peaks]:
    """Return the wall-clock seconds of a command, from start to end, and its peak memory."""
    peaks, stop = Peaks(), threading.Event()
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watch = threading.Thread(target=_watch, args=(process.pid, peaks, stop))
    if memory:
        watch.start()
    said, _ = process.communicate()
    seconds = time.perf_counter() - began
    stop.set()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said}")
    return seconds, peaks


def _watch(pid: int, peaks: Peaks, stop: threading.Event) -> None:
    while not stop.wait(EVERY):
        try:
            peaks.look(psutil.Process(pid))
        except psutil.NoSuchProcess:
            return


def descendants(root: psutil.Process) -> list[psutil.Process]:
    """Return the descendants of a process, at any depth."""
    try:
        return list(root.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def pss(process: psutil.Process) -> float:
    """Return the proportional set size in MiB; 0 for a process that ended."""
    try:
        return float(process.memory_full_info().pss) / MIB
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0


def is_worker(process: psutil.Process) -> bool:
    """Return whether it is the process of a Ray actor (or an idle one, waiting to become one): Ray
    names these, and its own agents, after what they run."""
    try:
        name = "".join(process.cmdline()[:1])
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return name.startswith("ray::") and not name.endswith("Agent")
