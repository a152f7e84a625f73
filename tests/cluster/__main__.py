"""`make cluster-test`: three Ray nodes on this machine, of which one is killed in a run and one in
a search; both must end as in one process, to the last digit. First the nodes share the store; then
each sees an empty folder in its place, and is sent what its stages read."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.cluster import across
from tests.support.ray_nodes import RayNodes, without

TRIALS = 4
COMMANDS = {"run": across.run_command, "tune": across.tune_command}
# What runs in a process of Ray's, by what `runtime.artifacts` is.
TASKS = {
    "shared": {"run": "Trainer.run", "tune": "_measure"},
    "sent": {"run": "Trainer.run_sent", "tune": "one_stage"},
}


def main() -> None:
    """Print a Markdown table of seconds; an AssertionError where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the real quickstart and trials")
    parser.add_argument("--only", choices=COMMANDS, help="one of the two")
    parser.add_argument("--artifacts", choices=TASKS, help="shared or sent, not both")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the nodes end too
    print("| command | in one process | on three nodes, one killed | stored when it was killed |")
    print("|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in (asked.only,) if asked.only else COMMANDS:
            alone = COMMANDS[name](Path(folder) / name / "one", asked.full)
            seconds = across.serially(alone)
            for artifacts in (asked.artifacts,) if asked.artifacts else TASKS:
                together = COMMANDS[name](Path(folder) / name / artifacts, asked.full)
                _row(name, artifacts, alone, seconds, together)


def _row(
    name: str, artifacts: str, alone: across.Command, seconds: float, together: across.Command
) -> None:
    """A head and two nodes that join, one of which dies."""
    together.store.mkdir(parents=True)
    apart = without(together.store) if artifacts == "sent" else ()
    with RayNodes(across.TOKEN) as nodes:
        nodes.head(wrapper=apart)
        joined = [nodes.join(f"{name}-{k}", wrapper=apart) for k in (1, 2)]
        task = TASKS[artifacts][name]
        survived = across.across(together, nodes, joined, task, ready=6, artifacts=artifacts)
    across.check_same(alone, together, survived)
    if name == "run":
        across.check_stages(together)
    else:
        across.check_trials(together, TRIALS)
    stored = f"{len(survived.before)} of {len(together.made())} artifacts"
    shown = (f"{name}, {artifacts}", f"{seconds:.0f} s", f"{survived.seconds:.0f} s", stored)
    print(f"| {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    main()
