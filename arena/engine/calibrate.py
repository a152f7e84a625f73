"""The numerics profile by measurement: what `auto` stands for on this machine.

Threads per worker, precision and compilation decide the last digits of every number, so they are
settled once, before anything is addressed, and remembered beside the store: the next run of the
same model on the same machine has the same profile and finds its artifacts.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from arena.engine.numerics import cpu_model, device_of, versions
from arena.engine.store import Store, digest
from arena.errors import ArenaError, InputError
from arena.roles import DataRoot
from arena.scenario.schema import Scenario
from arena.scenario.source import FromScratch

BESIDE = 4  # processes measured beside each other, at most
BETTER = 1.1  # times as fast a reduced precision must be to be worth its rounding
LONG = 600.0  # seconds of training from which on compilation may pay and is measured
AUTO = "auto"
SETTINGS = ("threads", "precision", "compile")

Note = Callable[[str], None]
Ask = Callable[[int, Mapping[str, Any]], float]


@dataclass(frozen=True)
class Profile:
    """What suits a machine and a model."""

    threads: int
    precision: str
    compile: bool


def settled(scenario: Scenario, store: Path, root: DataRoot, note: Note) -> Scenario:
    """The scenario with every `auto` of its numerics replaced by what suits this machine.

    Raises:
        ArenaError: nothing could be measured.
    """
    numerics = scenario.numerics
    open_settings = [name for name in SETTINGS if getattr(numerics, name) == AUTO]
    if not open_settings:
        return scenario
    found = _profile(_workload(scenario, root), planned_steps(scenario), store, note)
    chosen = {name: getattr(found, name) for name in open_settings}
    return scenario.model_copy(update={"numerics": numerics.model_copy(update=chosen)})


def planned_steps(scenario: Scenario) -> int:
    """Optimiser steps of a whole run, as if nothing were stored."""
    training, controls = scenario.training, scenario.controls
    late = any(scenario.stage_of(a) == "continual_pretraining" for a in scenario.actors)
    targets = len(scenario.actors) if scenario.defender.target == "each" else 1
    rows = targets * (1 + controls.shams) + controls.clean_finetune
    base = training.pretraining.steps if isinstance(scenario.model, FromScratch) else 0
    injection = training.continual_pretraining.steps * (late + controls.reference)
    return len(scenario.seeds) * (base + injection + rows * scenario.defender.steps)


def choose(ask: Ask, cores: int, steps: int, device: str) -> Profile:
    """Search the settings, one after another. `ask(n, settings)` is the median seconds of a
    step where n processes take it at once (infinite for a setting that does not work).

    The best thread count is the one that trains most in all, with cores // threads workers. A
    reduced precision must be clearly faster, and compilation, which costs a minute, is only
    considered for a long run.
    """

    def seconds(threads: int, precision: str = "float32", compile: bool = False) -> float:
        n = min(workers(threads), BESIDE)
        return ask(n, {"threads": threads, "precision": precision, "compile": compile})

    def workers(threads: int) -> int:
        return 1 if device == "cuda" else cores // threads

    counts = [1] if device == "cuda" else _powers(cores)
    threads = max(counts, key=lambda count: workers(count) / seconds(count))
    full, half = seconds(threads), seconds(threads, "bfloat16")
    precision = "bfloat16" if half * BETTER < full else "float32"
    best = half if precision == "bfloat16" else full
    long = steps * best / workers(threads) > LONG
    compiled = long and seconds(threads, precision, True) * BETTER < best
    return Profile(threads, precision, compiled)


def _powers(cores: int) -> list[int]:
    """1, 2, 4, ... up to the cores."""
    return [2**k for k in range(cores.bit_length()) if 2**k <= cores]


def _workload(scenario: Scenario, root: DataRoot) -> dict[str, Any]:
    """As arena.ml.measuring.Workload has it."""
    model, numerics = scenario.model, scenario.numerics
    shared = {
        "batch_size": scenario.training.continual_pretraining.batch_size,
        "device": device_of(numerics),
        "micro_batch": numerics.micro_batch,
        "checkpointing": numerics.checkpointing,
    }
    if isinstance(model, FromScratch):
        return {**shared, **model.model_dump()}
    try:
        where = str(root.find(model.pretrained).resolve())
    except (InputError, OSError):
        where = model.pretrained
    return {**shared, "pretrained": where}


def _profile(workload: Mapping[str, Any], steps: int, store: Path, note: Note) -> Profile:
    """Choose by what is remembered of this machine and workload, measuring what is not."""
    cores = os.cpu_count() or 1
    machine = {"cpu": cpu_model(), "cores": cores, **versions()}
    file = store / "profiles" / f"{digest([machine, workload])}.json"
    measured: dict[str, float] = json.loads(file.read_text())["seconds"] if file.is_file() else {}
    known = len(measured)
    with _Meters(workload, min(cores, BESIDE), note) as meters:

        def ask(n: int, settings: Mapping[str, Any]) -> float:
            name = _named(n, settings)
            if name not in measured:
                measured[name] = meters.ask(n, settings)
            return measured[name]

        found = choose(ask, cores, steps, str(workload["device"]))
    if len(measured) > known:
        _remember(file, {"machine": machine, "workload": dict(workload), "seconds": measured})
        note(f"chosen: {found.threads} threads, {found.precision}, compile {found.compile}")
    return found


def _named(n: int, settings: Mapping[str, Any]) -> str:
    name = f"{n} x {settings['threads']} threads, {settings['precision']}"
    return name + (", compiled" if settings["compile"] else "")


def _remember(file: Path, content: Mapping[str, Any]) -> None:
    with Store(file.parent.parent).writing():
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(f".{uuid.uuid4().hex[:8]}.part")
        aside.write_text(json.dumps(content, indent=1))
        aside.rename(file)


class _Meters:
    """Processes that measure, started when the first question comes."""

    def __init__(self, workload: Mapping[str, Any], most: int, note: Note) -> None:
        self._command = [sys.executable, "-m", "arena.ml.measuring", json.dumps(dict(workload))]
        self._most = 1 if workload["device"] == "cuda" else most
        self._note = note
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        for process in self._running:
            process.kill()
            process.communicate()

    def ask(self, n: int, settings: Mapping[str, Any]) -> float:
        """Median seconds of a step, n processes at once; infinite where it does not work.

        Raises:
            ArenaError: a process ended without an answer.
        """
        if not self._running:
            self._note("measuring once which threads and precision train this model fastest here")
            self._running = [self._start() for _ in range(self._most)]
        asked = self._running[:n]
        for process in asked:
            print(json.dumps(dict(settings)), file=process.stdin, flush=True)
        return statistics.median(_answer(process) for process in asked)

    def _start(self) -> subprocess.Popen[str]:
        pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=quiet, text=True)


def _answer(process: subprocess.Popen[str]) -> float:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise ArenaError("could not measure this machine; set numerics.threads, precision, compile")
    answer = json.loads(line)
    return float(answer["seconds"]) if "seconds" in answer else math.inf
