"""The numerics profile by measurement: what `auto` stands for on this machine.

Threads per worker and precision affect the last digits of every number, so they are settled once,
before any address is computed, and cached beside the store: every later run of the same model on
the same machine has the same profile and finds its artifacts, however many seeds and actors it has.
Compilation is not chosen here: whether its minute pays off depends on the length of a run, so
choosing it would change the addresses of a run that gets more seeds.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.execution.checkpoint import check_checkpoint
from arena.planning.numerics import cpu_model, device_of, settings, versions
from arena.progress.observer import Note
from arena.published.locate import hub_id, located
from arena.scenario.schema import Scenario
from arena.scenario.source import FromScratch, Pretrained
from arena.store.identity import digest
from arena.store.store import Store, write_note

BESIDE = 4  # processes measured at the same time, at most
BETTER = 1.1  # speed-up that a reduced precision must reach to be worth its rounding
PATIENCE = 300.0  # seconds allowed for a measurement
AUTO, FULL, HALF = "auto", "float32", "bfloat16"
INSTEAD = "set numerics.threads and numerics.precision instead"
SETTINGS = ("threads", "precision")

Ask = Callable[[int, Mapping[str, Any]], float]


@dataclass(frozen=True)
class Profile:
    """The settings chosen for a machine and a model."""

    threads: int
    precision: str


def settled(
    scenario: Scenario,
    store: Path,
    root: DataRoot,
    note: Note,
    check: Callable[[], object] = lambda: None,
) -> Scenario:
    """Return the scenario with every `auto` in its numerics replaced by the best setting for this
    machine. A checkpoint that cannot be trained or scored is refused first.

    Args:
        check: called before anything is measured, so that wrong input is reported first.

    Raises:
        InputError: the scenario's checkpoint cannot be used.
        ArenaError: this model's training could not be measured.
    """
    check_checkpoint(scenario, root, Store(store), note)
    numerics = scenario.numerics
    if AUTO not in (numerics.threads, numerics.precision):
        return scenario
    profile = _profile(scenario, _workload(scenario, root), Store(store), note, check)
    chosen = {name: getattr(profile, name) for name in SETTINGS}
    return scenario.model_copy(update={"numerics": numerics.model_copy(update=chosen)})


def seconds_of_step(scenario: Scenario, root: DataRoot, note: Note) -> float:
    """Return the median seconds of a training step under the scenario's settled numerics, measured
    now.

    Raises:
        ArenaError: this model's training could not be measured.
    """
    chosen = settings(scenario.numerics)
    with _Meters(_workload(scenario, root), 1, lambda text: note("timing a training step")) as m:
        return m.ask(1, {name: chosen[name] for name in SETTINGS})


def choose(
    ask: Ask,
    cores: int,
    device: str = "cpu",
    *,
    workers: int | None = None,
    threads: int | None = None,
    precision: str | None = None,
) -> Profile:
    """Choose the settings that are not given. `ask(n, settings)` returns the median seconds of a
    step when n processes train at once (infinite for a setting that does not work).

    The best thread count has the highest total throughput, with `workers` (else cores // threads)
    processes. A reduced precision must be clearly faster.
    """

    def processes(count: int) -> int:
        return 1 if device == "cuda" else workers or max(1, cores // count)

    def seconds(count: int, kind: str) -> float:
        return ask(min(processes(count), BESIDE), {"threads": count, "precision": kind})

    counts = [threads] if threads else [1] if device == "cuda" else _powers(cores)
    first = precision or FULL
    best = counts[0]
    if len(counts) > 1:
        best = max(counts, key=lambda count: processes(count) / seconds(count, first))
    if precision is None:
        faster = seconds(best, HALF) * BETTER < seconds(best, FULL)
        precision = HALF if faster else FULL
    return Profile(best, precision)


def _powers(cores: int) -> list[int]:
    """1, 2, 4, ... up to the cores."""
    return [2**k for k in range(cores.bit_length()) if 2**k <= cores]


def _workload(scenario: Scenario, root: DataRoot) -> dict[str, Any]:
    """The workload in the form of arena.ml.measuring.Workload."""
    model, numerics = scenario.model, scenario.numerics
    shared = {
        "batch_size": (
            scenario.training.continual_pretraining.batch_size
            if scenario.suspect is None
            else scenario.defender.batch_size
        ),
        "device": device_of(numerics),
        "micro_batch": numerics.micro_batch,
        "checkpointing": numerics.checkpointing,
    }
    if isinstance(model, FromScratch):
        shape = model.model_dump(exclude={"prompt"})  # the form of a prompt costs nothing
        return {**shared, **shape}
    name = model.pretrained if isinstance(model, Pretrained) else model.suspect
    return {**shared, "pretrained": str(located(name, root) or hub_id(name))}


def _profile(
    scenario: Scenario,
    workload: Mapping[str, Any],
    store: Store,
    note: Note,
    check: Callable[[], object],
) -> Profile:
    """Choose from the cached measurements of this machine and workload; measure what is missing."""
    cores, numerics = os.cpu_count() or 1, scenario.numerics
    machine = {"cpu": cpu_model(), "cores": cores, **versions()}
    key = digest([machine, workload])
    given = {name: value for name in SETTINGS if (value := getattr(numerics, name)) != AUTO}

    def search(ask: Ask) -> Profile:
        workers = scenario.runtime.workers
        return choose(ask, cores, str(workload["device"]), workers=workers, **given)

    file = store.root / "profiles" / f"{key}.json"
    with contextlib.suppress(KeyError):
        return search(_asking(_remembered(file)))
    check()
    with _claimed(store, key), _Meters(workload, min(cores, BESIDE), note) as meters:
        measured = _remembered(file)  # perhaps by another process meanwhile
        profile = search(_asking(measured, meters))
        write_note(file, {"machine": machine, "workload": dict(workload), "seconds": measured})
    threads = "1 thread" if profile.threads == 1 else f"{profile.threads} threads"
    note(f"chosen: {threads}, {profile.precision}")
    return profile


def _asking(measured: dict[str, float], meters: _Meters | None = None) -> Ask:
    """A function that answers from cached measurements, else from the meters (KeyError without
    them)."""

    def ask(n: int, settings: Mapping[str, Any]) -> float:
        name = f"{n} x {settings['threads']} threads, {settings['precision']}"
        if meters is not None and name not in measured:
            measured[name] = meters.ask(n, settings)
        return measured[name]

    return ask


@contextlib.contextmanager
def _claimed(store: Store, key: str) -> Iterator[None]:
    """Hold a claim, so that no two processes measure at the same time. A read-only store has no
    claims; measurements are then not cached."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ArenaError):
            stack.enter_context(store.claim(key))
        yield


def _remembered(file: Path) -> dict[str, float]:
    if not file.is_file():
        return {}
    seconds: dict[str, float] = json.loads(file.read_text())["seconds"]
    return seconds


class _Meters:
    """Measuring processes, started on the first request."""

    def __init__(self, workload: Mapping[str, Any], most: int, note: Note) -> None:
        self._command = [sys.executable, "-m", "arena.ml.measuring", json.dumps(dict(workload))]
        self._most = 1 if workload["device"] == "cuda" else most
        self._note = note
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._kill()
        for process in self._running:
            process.communicate()

    def _kill(self) -> None:
        for process in self._running:
            process.kill()

    def ask(self, n: int, settings: Mapping[str, Any]) -> float:
        """Return the median seconds of a step with n processes at once; infinite if a reduced
        precision does not work.

        Raises:
            ArenaError: a process died or took too long, or full precision did not work.
        """
        if not self._running:
            self._note("measuring once which threads and precision train this model fastest here")
            self._running = [self._start() for _ in range(self._most)]
        asked = self._running[:n]
        clock = threading.Timer(PATIENCE, self._kill)
        clock.start()
        try:
            return statistics.median(_answers(asked, settings))
        finally:
            clock.cancel()

    def _start(self) -> subprocess.Popen[str]:
        pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=quiet, text=True)


def _answers(asked: Sequence[subprocess.Popen[str]], settings: Mapping[str, Any]) -> list[float]:
    lines = []
    with contextlib.suppress(BrokenPipeError):
        for process in asked:
            print(json.dumps(dict(settings)), file=process.stdin, flush=True)
        lines = [process.stdout.readline() for process in asked if process.stdout]
    if not lines or not all(lines):
        raise ArenaError(f"this model's training could not be measured; {INSTEAD}")
    answers = [json.loads(line) for line in lines]
    for answer in answers:
        if "error" in answer and settings["precision"] == FULL:
            why = answer["error"]
            raise ArenaError(f"this model's training could not be measured ({why}); {INSTEAD}")
    return [float(answer.get("seconds", math.inf)) for answer in answers]
