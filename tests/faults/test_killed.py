"""Processes of a run on Ray that are really killed, at five moments; `make faults` runs this.

All kills of one kind share a store and a folder, so that each run goes on where the last one
ended. The last one's results are those of a run that nobody disturbed, to the last digit.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.support import toys
from tests.support.outcomes import outcome

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0  # seconds, on a machine that does other things
GONE = 120.0  # seconds in which the last of Ray's processes notices that a killed driver is gone
NOTICED = 15.0  # seconds in which the end of a process of Ray's must end the run
TINY = (
    "training.pretraining.steps=3",
    "training.continual_pretraining.steps=4",
    "defender.steps=2",
    "evaluation.prompts=4",
    "controls.shams=0",
)
# What a line of run.log begins with when the moment has come.
MOMENTS = {
    "before the first stage": "plan ",
    "while planting": "started   compromised",
    "while unlearning": "started   unlearn",
    "while scoring": "started   score unlearn",
    "while writing results": "finished  score unlearn",
}
WORKERS = tuple(f"ray::{name}" for name in ("Trainer", "Trainer.run", "ThreatActor.run"))
SERVERS = ("gcs_server", "raylet")
GOES_ON = "the same command continues from"


@dataclass
class Place:
    """Where a run is kept: its scenario, its folder and its store."""

    folder: Path
    backend: str = "ray"
    read: int = 0  # characters of the log that earlier runs wrote

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def start(self) -> subprocess.Popen[str]:
        """Start the command that is given again and again."""
        self.read = len(self.log())
        scenario = self.folder / "scenario.yaml"
        values = toys.small(*TINY).resolved()
        values["runtime"] = {"backend": self.backend, "workers": 1}
        scenario.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        command = ["-m", "arena.cli", "run", str(scenario), "--out", str(self.out), "--quiet"]
        store = {"ARENA_STORE": str(self.folder / "store"), "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **store},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def log(self) -> str:
        """What the runs have logged so far."""
        file = self.out / "run.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def until(self, moment: str, process: subprocess.Popen[str]) -> bool:
        """Wait until this run has logged a line that begins so; False if it ended before."""
        end = time.monotonic() + PATIENCE
        while not any(line[10:].startswith(moment) for line in self._new_lines()):
            assert time.monotonic() < end, f"nothing happened in time:\n{self.log()}"
            if process.poll() is not None:
                return False
            time.sleep(0.005)
        return True

    def _new_lines(self) -> list[str]:
        return self.log()[self.read :].splitlines()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The outcome of the same command without any disturbance."""
    place = Place(tmp_path_factory.mktemp("calm"))
    assert finished(place) == 0
    return outcome(place.out)


def finished(place: Place) -> int:
    process = place.start()
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    return process.returncode


def tree(process: subprocess.Popen[str]) -> list[psutil.Process]:
    root = psutil.Process(process.pid)
    return [root, *root.children(recursive=True)]


def named(family: Sequence[psutil.Process], name: str) -> psutil.Process | None:
    """The process whose program has the name; a worker has one that Ray gave it."""
    for each in family:
        with contextlib.suppress(psutil.Error, IndexError):
            command = each.cmdline()
            if Path(command[0]).name == name or (name == "worker" and command[0] in WORKERS):
                return each
    return None


def prey(process: subprocess.Popen[str], victim: str) -> psutil.Process | None:
    """The process to kill, as soon as there is one; None if the command ends without it."""
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            family = tree(process)
            found = family[0] if victim == "driver" else named(family, victim)
            if found is not None:
                return found
        time.sleep(0.01)
    return None


def left(family: Sequence[psutil.Process]) -> list[psutil.Process]:
    """What still runs of a command's processes, a moment after it ended."""
    _, alive = psutil.wait_procs(family, timeout=GONE)
    return [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("victim", ["driver", *SERVERS])
def test_a_run_that_is_killed_at_every_moment_ends_as_a_calm_one(
    victim: str, calm: Any, tmp_path: Path
) -> None:
    place = Place(tmp_path)
    for name, moment in MOMENTS.items():
        process = place.start()
        found = prey(process, victim) if place.until(moment, process) else None
        if found is None:  # so late, this run had no Ray any more
            process.communicate(timeout=PATIENCE)
            print(f"{victim}, {name}: exit {process.returncode}, too late")
            break
        family, killed_at = tree(process), time.monotonic()
        found.kill()
        _, told = process.communicate(timeout=PATIENCE)
        took = time.monotonic() - killed_at
        remaining = left(family)
        gone = time.monotonic() - killed_at
        print(f"{victim}, {name}: exit {process.returncode} in {took:.1f} s, gone in {gone:.1f} s")
        assert not remaining, f"{victim}, {name}: {[each.name() for each in remaining]}"
        if process.returncode == 0:
            break  # nothing was left to do for which Ray was needed
        if victim in SERVERS:
            assert process.returncode == 1, told
            assert f"({victim}) has ended" in told
            assert GOES_ON in told
            assert took < NOTICED
    if not (place.out / "results.json").exists():
        assert finished(place) == 0
    assert outcome(place.out) == calm


def test_a_run_whose_workers_are_killed_at_every_moment_ends_as_a_calm_one(
    calm: Any, tmp_path: Path
) -> None:
    """Ray starts them again, and their stages: the run itself goes on."""
    place, killed = Place(tmp_path), 0
    process = place.start()
    for name, moment in list(MOMENTS.items())[:-1]:
        assert place.until(moment, process)
        found = prey(process, "worker")
        if found is not None:
            found.kill()
            killed += 1
            print(f"worker, {name}: {found.pid} killed")
    family = tree(process)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    assert killed >= 3
    assert not left(family)
    assert outcome(place.out) == calm


@pytest.mark.parametrize("backend", ["serial", "ray"])
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_ends_a_run_in_good_order(
    number: int, status: int, backend: str, calm: Any, tmp_path: Path
) -> None:
    place = Place(tmp_path, backend)
    process = place.start()
    assert place.until(MOMENTS["while planting"], process)
    family = tree(process)
    began = time.monotonic()
    process.send_signal(number)
    _, told = process.communicate(timeout=PATIENCE)
    print(f"{backend}, {number!r}: exit {process.returncode} in {time.monotonic() - began:.1f} s")
    assert process.returncode == status, told
    assert f"stopped by {signal.Signals(number).name}: finished stages are stored" in told
    assert "*** SIG" not in told  # a trace of C++
    assert f"stopped by {signal.Signals(number).name}" in place.log()
    assert not left(family)
    assert finished(place) == 0
    found = outcome(place.out)
    assert found["rows"] == calm["rows"]
    assert found["transfer"] == calm["transfer"]


def test_a_run_in_a_locale_without_utf_8_ends_as_another(calm: Any, tmp_path: Path) -> None:
    """Its folder's name is no ASCII: libraries refuse it where the locale is."""
    folder = tmp_path / "é"
    folder.mkdir()
    place = Place(folder, "serial")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
            patch.setenv(name, value)
        assert finished(place) == 0
    assert outcome(place.out)["rows"] == calm["rows"]
