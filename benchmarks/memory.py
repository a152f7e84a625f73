"""Whether the memory of a long-lived process grows with the number of trials.

    python benchmarks/memory.py
    python benchmarks/memory.py --trials 40 --every 5 --only serial

Two ways, both on tiny settings, with one actor's amount of poison changed each time:

    ray       one start of the Ray runtime; poison, training and scoring of each trial go
              through the same worker
    serial    `arena.run` in this process, report and all, without Ray

Prints RSS and USS every `--every` trials (of this process after a garbage collection; a
worker is read from outside), and growth per trial by least squares, the first fifth of the
trials left out as warm-up.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

import common
import runs
from arena.api.world import DataRoot
from arena.execution.execute import execute
from arena.execution.ray_runtime import OnRay
from arena.execution.timeline import Timeline
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from arena.progress.observer import Silent
from arena.runs.run import run
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario
from arena.store.store import Store

WARM_UP = 0.2  # share of the trials left out of the growth
KIB = 2**10
TINY = (
    "model.vocabulary=600",
    "corpus.places=64",
    "training.pretraining.steps=5",
    "training.pretraining.documents=640",
    "training.pretraining.batch_size=16",
    "training.continual_pretraining.steps=5",
    "training.continual_pretraining.documents=640",
    "training.continual_pretraining.batch_size=16",
    "evaluation.prompts=16",
    "evaluation.max_new_tokens=8",
    "defender.target=lexical",
    "defender.steps=5",
    "defender.batch_size=16",
    "defender.examples=48",
    "controls.shams=0",
    "controls.reference=false",
    "runtime.backend=serial",
)
MOST = 400  # documents of the changing actor: with the others', the mix must not overflow


@dataclass(frozen=True)
class Look:
    """A process's memory after a number of trials, in MiB."""

    who: str
    trial: int
    rss: float
    uss: float


def main() -> None:
    """Run the trials and print the tables."""
    given = _given()
    # Ray first, before the serial runs load libraries into this process
    ways: dict[str, Callable[[int, int, Path], list[Look]]] = {"ray": on_ray, "serial": serial}
    for name, way in ways.items():
        if given.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                looks = way(given.trials, given.every, Path(folder))
            common.header(f"Memory, {name}", f"{given.trials} trials, once")
            _print(looks, given.trials)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--only", choices=("serial", "ray"))
    given = parser.parse_args()
    if given.trials > MOST:
        parser.error(f"--trials must be at most {MOST}")
    return given


def trial_scenario(number: int) -> Scenario:
    """Return the scenario of trial 1, 2, ...: each has a new amount of poison."""
    return load_scenario(
        "quickstart", overrides=[*TINY, f"actors.lexical.poison={{count: {number}}}"]
    )


def serial(trials: int, every: int, folder: Path) -> list[Look]:
    """Run whole runs in this process."""
    looks = []
    for number in range(1, trials + 1):
        run(
            trial_scenario(number),
            root=DataRoot(),
            out=folder / f"run-{number}",
            store=folder / "store",
            quiet=True,
        )
        if number % every == 0:
            gc.collect()
            looks.append(_look("this process", number, psutil.Process()))
    return looks


def on_ray(trials: int, every: int, folder: Path) -> list[Look]:
    """Run the stages that lead to each trial's compromised scores, in one worker."""
    looks = []
    store, timeline = Store(folder / "store"), Timeline(Path(os.devnull))
    with OnRay(store, 1, workers=1) as runtime:
        for number in range(1, trials + 1):
            plan = plan_seed(trial_scenario(number), 0, DataRoot())
            execute(plan.nodes, _wanted(plan), store, runtime, Silent(), timeline)
            if number % every == 0:
                looks += _everyone(number)
    return looks


def _wanted(plan: SeedPlan) -> set[str]:
    """The compromised model's scores: no stage of the defender, so that one worker runs all
    stages."""
    return {row.scores for row in plan.rows if row.kind == "compromised"}


def _everyone(number: int) -> list[Look]:
    gc.collect()
    driver = psutil.Process()
    actors = [p for p in runs.descendants(driver) if runs.is_worker(p)]
    found = [_look("driver", number, driver)]
    for process in actors:
        name = process.cmdline()[0]
        if "IDLE" not in name:
            found.append(_look(f"{name.split('.')[0]} ({process.pid})", number, process))
    return found


def _look(who: str, trial: int, process: psutil.Process) -> Look:
    memory = process.memory_full_info()
    return Look(who, trial, memory.rss / runs.MIB, memory.uss / runs.MIB)


def growth(looks: Sequence[Look], trials: int) -> float:
    """Return the growth of USS in KiB per trial, by least squares after the warm-up; nan with fewer
    than two values."""
    kept = [look for look in looks if look.trial > WARM_UP * trials]
    if len(kept) < 2:
        return float("nan")
    slope, _ = np.polyfit([look.trial for look in kept], [look.uss for look in kept], 1)
    return float(slope) * runs.MIB / KIB


def _print(looks: Sequence[Look], trials: int) -> None:
    everyone = list(dict.fromkeys(look.who for look in looks))
    by_who = {who: [look for look in looks if look.who == who] for who in everyone}
    rows = [(look.who, look.trial, f"{look.rss:.1f}", f"{look.uss:.1f}") for look in looks]
    common.table(("process", "trials", "RSS MiB", "USS MiB"), rows)
    slopes = [(who, f"{growth(seen, trials):+.1f}") for who, seen in by_who.items()]
    common.table(("process", "growth, KiB of USS a trial"), slopes)


if __name__ == "__main__":
    main()
