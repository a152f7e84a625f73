"""What other processes do in tests of claims: they work on a stage, or hold it until killed."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.execution.perform import perform
from arena.planning.graph import Node
from arena.store.store import Store
from tests.support import toy_jobs

PATIENCE = 60.0  # seconds; only a broken test waits so long


@dataclass(frozen=True)
class Meet(toy_jobs.ToyJob):
    """Leaves a line in `folder/log`, once `parties` processes are about to do the same."""

    folder: Path
    parties: int

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        wait_for(self.folder, "ready-*", self.parties)
        time.sleep(0.2)  # they say so just before they ask for the stage
        with (self.folder / "log").open("a") as log:
            log.write(f"{os.getpid()}\n")
        return {"pid": os.getpid()}


def wait_for(folder: Path, pattern: str, n: int) -> None:
    """Until so many files are there."""
    give_up = time.monotonic() + PATIENCE
    while len(list(folder.glob(pattern))) < n:
        assert time.monotonic() < give_up, f"no {n} files {pattern} in {folder}"
        time.sleep(0.01)


def meeting(folder: Path, parties: int) -> Node:
    """The stage that every party is asked for."""
    return toy_jobs.node("meet", Meet(folder, parties))


def work(root: Path, folder: Path, parties: int, replace: bool) -> None:
    """One of the parties: leaves the process id that it was told in a file."""
    node = meeting(folder, parties)
    (folder / f"ready-{os.getpid()}").touch()
    manifest = perform(node.stage, node.job, Store(root), replace=replace)
    (folder / f"told-{os.getpid()}").write_text(str(manifest["detail"]["pid"]))


def hold(root: Path, folder: Path, address: str) -> None:
    """Claim a stage and never let go of it."""
    with Store(root).claim(address):
        (folder / "held").touch()
        time.sleep(10 * PATIENCE)
