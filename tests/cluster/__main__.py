"""`make cluster-test`: three Ray nodes on this machine, of which one is killed in a run and one in
a search; both must end as in one process, to the last digit."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.cluster import across
from tests.support.ray_nodes import RayNodes

TRIALS = 4


def main() -> None:
    """Print a Markdown table of seconds; an AssertionError where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the real quickstart and trials")
    parser.add_argument("--only", choices=("run", "tune"), help="one of the two")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the nodes end too
    print("| command | in one process | on three nodes, one killed | stored when it was killed |")
    print("|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder, RayNodes(across.TOKEN) as nodes:
        nodes.head()
        for name in (asked.only,) if asked.only else ("run", "tune"):
            _row(name, Path(folder), nodes, asked.full)


def _row(name: str, folder: Path, nodes: RayNodes, full: bool) -> None:
    """Two nodes join, one of them dies."""
    make = across.run_command if name == "run" else across.tune_command
    alone, together = make(folder / name / "one", full), make(folder / name / "three", full)
    seconds = across.serially(alone)
    joined = [nodes.join(f"{name}-{k}") for k in (1, 2)]
    task = "Trainer.run" if name == "run" else "_measure"
    survived = across.across(together, nodes, joined, task, ready=6)
    across.check_same(alone, together, survived)
    if name == "run":
        across.check_stages(together)
    else:
        across.check_trials(together, TRIALS)
    for node in joined:
        node.kill()
    stored = f"{len(survived.before)} of {len(together.made())} artifacts"
    print(f"| {name} | {seconds:.0f} s | {survived.seconds:.0f} s | {stored} |", flush=True)


if __name__ == "__main__":
    main()
