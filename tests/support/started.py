"""Commands in processes of their own, given again and again with one folder and one store."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from arena.scenario.schema import Scenario
from tests.support import experiments, toys
from tests.support.observations import toy

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0  # seconds, on a machine that does other things
GONE = 120.0  # seconds in which the last of Ray's processes notices that a killed driver is gone
GOES_ON = "the same command continues from"
STUDY = "k"
WORKERS = tuple(f"ray::{name}" for name in ("Trainer", "Trainer.run", "ThreatActor.run"))
SERVERS = ("gcs_server", "raylet")
NOTICED = 15.0  # seconds in which the end of a process of Ray's must end the command
TINY = (
    "training.pretraining.steps=3",
    "training.continual_pretraining.steps=4",
    "defender.steps=2",
    "evaluation.prompts=4",
    "controls.shams=0",
)
LAX = (
    "thresholds={installed_asr: 0.0, installed_false_fire: 1.0, broad: 1.0}",
    "actors.lexical.poison.rate=0.2",
)
SEEDS = {"search": [100], "select": [101], "report": [20]}
LIMITS = {"control_asr": 0.0, "clean_accuracy_loss": 1.0, "written": 1.0}
DUEL = (
    "duel.trials=2", "duel.best=1", "duel.prompts=4", "duel.rounds=2", "duel.most_rounds=2",
    "duel.compute=1.0", "duel.seeds={search: [1], select: [2], report: [3]}",
    "duel.limits={control_asr: 0.0, clean_accuracy_loss: 1.0, written: 1.0, own_left: 1.0}",
    "duel.tactics=[{method: poison_budget, always: true}]",
    "duel.blue={trials: 1, options: [{name: relabel, space: {defender.steps: "
    "{low: 2, high: 3}}}]}",
)  # fmt: skip


def _tune() -> Scenario:
    def searched(values: dict[str, Any]) -> None:
        section = {**experiments.TUNE, "trials": 2, "prompts": 4, "prune": False}
        values["tune"] = {**section, "seeds": SEEDS, "limits": LIMITS}

    return toys.changed(toys.small(*TINY, *LAX, "defender.target=linguist"), searched)


SCENARIOS: dict[str, Callable[[], Scenario]] = {
    "run": lambda: toys.small(*TINY),
    "stress": lambda: toys.small(*TINY, "grid={compositions: [pooled, solo]}"),
    "tune": _tune,
    "duel": lambda: toy("duel_two_rounds", *TINY, *LAX, *DUEL),
}


@dataclass
class Place:
    """Where a command is given: its scenario, its folder and its store."""

    folder: Path
    backend: str = "ray"
    command: str = "run"
    artifacts: str = "shared"
    read: dict[Path, int] = field(default_factory=dict)  # lines that were logged before

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def start(self) -> subprocess.Popen[str]:
        """Start the command that is given again and again."""
        self.read = {file: len(lines) for file, lines in self._lines().items()}
        scenario = self.folder / "scenario.yaml"
        values = SCENARIOS[self.command]().resolved()
        values["runtime"] = {"backend": self.backend, "workers": 1, "artifacts": self.artifacts}
        scenario.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        command = ["-m", "arena.cli", self.command, str(scenario), "--out", str(self.out)]
        if self.command in ("tune", "duel"):
            command += ["--study", STUDY]
        store = {"ARENA_STORE": str(self.folder / "store"), "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, *command, "--quiet"],
            env={**os.environ, **store},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def log(self) -> str:
        """What the commands have logged so far."""
        return "\n".join(line for lines in self._lines().values() for line in lines)

    def events(self) -> list[str]:
        """The events of a search so far, in words."""
        lines = (self.out / "events.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["event"] for line in lines]

    def until(self, moment: str, process: subprocess.Popen[str]) -> bool:
        """Wait until this command has logged a line that holds this; False if it ended before."""
        end = time.monotonic() + PATIENCE
        while not any(moment in line for line in self._new_lines()):
            assert time.monotonic() < end, f"nothing happened in time:\n{self.log()}"
            if process.poll() is not None:
                return False
            time.sleep(0.005)
        return True

    def _new_lines(self) -> list[str]:
        each = self._lines().items()
        return [line for file, lines in each for line in lines[self.read.get(file, 0) :]]

    def _lines(self) -> dict[Path, list[str]]:
        """Lines of its log and of those of its cells."""
        files = [*self.out.glob("run.log"), *self.out.glob("cells/*/run.log")]
        return {file: file.read_text(encoding="utf-8").splitlines() for file in files}


def finished(place: Place) -> int:
    """Run the command to its end; its exit status, which is 0."""
    process = place.start()
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    return process.returncode


def tree(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return a command's processes."""
    root = psutil.Process(process.pid)
    return [root, *root.children(recursive=True)]


def left(family: Sequence[psutil.Process]) -> list[psutil.Process]:
    """What still runs of a command's processes, a moment after it ended."""
    _, alive = psutil.wait_procs(family, timeout=GONE)
    return [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]


def named(family: Sequence[psutil.Process], name: str) -> psutil.Process | None:
    """Return the process whose program has the name; a worker has one that Ray gave it."""
    for each in family:
        with contextlib.suppress(psutil.Error, IndexError):
            command = each.cmdline()
            if Path(command[0]).name == name or (name == "worker" and command[0] in WORKERS):
                return each
    return None
