"""A run and a search across Ray nodes of which one dies, beside the same in one process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.scenario.load import dump
from tests.support import toys
from tests.support.ray_nodes import LOOPBACK, ROOT, RayNode, RayNodes

LIMIT = 900.0  # seconds that a command may take
WORKERS = 3
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0123456789abcdef" * 4}
TIMED = ("seconds", "environment", "scenario", "storage", "finished")
SEARCH = (
    "tune.trials=4",
    "tune.best=1",
    "tune.compare=[untuned]",
    "tune.prune=false",
    "tune.sampler.method=random",  # proposes the same whatever ends first
    "tune.limits={control_asr: 0, clean_accuracy_loss: 1, written: 1}",
    "thresholds={installed_asr: 0, installed_false_fire: 1, broad: 1}",
)
TOY_SEEDS = "tune.seeds={search: [100], select: [101], report: [0]}"


@dataclass(frozen=True)
class Command:
    """An `arena` command with a store and a folder of its own below `home`."""

    home: Path
    words: tuple[str, ...]

    @property
    def store(self) -> Path:
        return self.home / "store"

    @property
    def out(self) -> Path:
        return self.home / "out"

    def start(self, *more: str, **environment: str) -> subprocess.Popen[str]:
        """Start it; what it says goes to `home/log`."""
        self.home.mkdir(parents=True, exist_ok=True)
        line = [sys.executable, "-m", "arena.cli", *self.words, "--out", str(self.out), *more]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "ARENA_STORE": str(self.store)}
        with (self.home / "log").open("w") as log:
            return subprocess.Popen(
                line, env={**env, **environment}, text=True, stdout=log, stderr=subprocess.STDOUT
            )

    def events(self) -> list[dict[str, Any]]:
        """Return the lines of its `events.jsonl` so far."""
        file = self.out / "events.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def made(self) -> dict[str, str]:
        """Return when each stored artifact was made, by its address."""
        files = self.store.glob("*/manifest.json")
        return {file.parent.name: json.loads(file.read_text())["finished"] for file in files}

    def results(self) -> Any:
        """Return `results.json` without what depends on when and where."""
        return untimed(json.loads((self.out / "results.json").read_text()))


def run_command(home: Path, full: bool) -> Command:
    """Return `arena run quickstart`; unless `full` with two actors and stages of seconds."""
    return Command(home, ("run", "quickstart" if full else _toy(home, "quickstart")))


def tune_command(home: Path, full: bool) -> Command:
    """Return `arena tune tune_evasion` with four trials; unless `full` as small as the run."""
    settings = SEARCH if full else (*SEARCH, TOY_SEEDS)
    scenario = "tune_evasion" if full else _toy(home, "tune_evasion")
    sets = [text for each in settings for text in ("--set", each)]
    return Command(home, ("tune", scenario, "--study", "k", *sets))


def _toy(home: Path, base: str) -> str:
    """Write a scenario of two actors whose rates are neither all 0 nor all 1; return its path."""

    def two(values: dict[str, Any]) -> None:
        values["actors"] = values["actors"][:2]
        values["defender"]["target"] = "linguist"

    rates = [each for each in toys.SMALL if not each.startswith("defender.target")]
    made = toys.changed(toys.scenario(*rates, "runtime.backend=ray", base=base), two)
    home.mkdir(parents=True, exist_ok=True)
    (home / "toy.yaml").write_text(dump(made))
    return str(home / "toy.yaml")


def untimed(value: Any) -> Any:
    """Return the value without times and places, at any depth."""
    if isinstance(value, Mapping):
        return {key: untimed(item) for key, item in value.items() if key not in TIMED}
    return [untimed(item) for item in value] if isinstance(value, list) else value


def serially(command: Command) -> float:
    """Run it in one process; return its seconds."""
    return _seconds(command, command.start("--set", "runtime.backend=serial"))


@dataclass(frozen=True)
class Survived:
    """A command during which a node died. before: what was stored by then."""

    seconds: float
    node: str
    before: Mapping[str, str]


def across(
    command: Command,
    nodes: RayNodes,
    victims: Sequence[RayNode],
    task: str,
    ready: int,
    artifacts: str = "shared",
) -> Survived:
    """Run it on the nodes and kill that of `victims` which first works on a `task` once `ready`
    artifacts are stored. artifacts: as `runtime.artifacts`."""
    more = ("--address", nodes.address, "--set", f"runtime.workers={WORKERS}")
    more += ("--set", f"runtime.artifacts={artifacts}")
    process = command.start(*more, **LOOPBACK, **nodes.environment)
    began = time.monotonic()

    def busy() -> RayNode | None:
        if len(command.made()) < ready:
            return None
        return next((node for node in victims if node.at_work(task)), None)

    with _ended(process):
        victim = _until(busy, process, command)
        before = command.made()
        victim.kill()
    _seconds(command, process)
    return Survived(time.monotonic() - began, victim.name, before)


def _until(
    look: Callable[[], RayNode | None], process: subprocess.Popen[str], command: Command
) -> RayNode:
    while (found := look()) is None:
        if process.poll() is not None:
            raise AssertionError(f"it ended before a node died:\n{_log(command)}")
        time.sleep(0.2)
    return found


def _seconds(command: Command, process: subprocess.Popen[str]) -> float:
    began = time.monotonic()
    with _ended(process):
        if process.wait(timeout=LIMIT):
            raise AssertionError(f"it failed:\n{_log(command)}")
    return time.monotonic() - began


@contextlib.contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Kill the process if this block is left by an exception."""
    try:
        yield
    except BaseException:
        process.kill()
        process.wait()
        raise


def _log(command: Command) -> str:
    return (command.home / "log").read_text()[-3000:]


def check_same(alone: Command, together: Command, survived: Survived) -> None:
    """Assert that both gave the same numbers and artifacts, and that none was made twice."""
    assert together.results() == alone.results()
    after = together.made()
    assert after.keys() == alone.made().keys()
    assert {address: after[address] for address in survived.before} == survived.before


def check_stages(command: Command) -> None:
    """Assert that a run reports each stage once, and none as failed."""
    counted = Counter(event["artifact"] for event in command.events())
    assert None not in counted
    assert set(counted.values()) == {1}
    assert counted.keys() == command.made().keys()


def check_trials(command: Command, trials: int) -> None:
    """Assert that every trial of a search started once and finished once."""
    told = Counter(event["event"] for event in command.events())
    trial_events = {text: n for text, n in told.items() if " trial " in text}
    wanted = [f"{what} trial {n} of k" for what in ("started", "finished") for n in range(trials)]
    assert trial_events == dict.fromkeys(wanted, 1)
