"""kill -9 of a driver and of a worker: nothing finished is lost, nothing is run twice."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import psutil
import pytest
from optuna.trial import TrialState

from tests.support import toys

ROOT = Path(__file__).parents[2]
TRIALS = 6
LIMIT = 180.0  # seconds, on a machine that does other things


def _started(*command: str, session: bool = False, **more: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    return subprocess.Popen(
        [sys.executable, *command], env=env, text=True, start_new_session=session
    )


def _until(what: object, limit: float) -> None:
    end = time.monotonic() + limit
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "nothing happened in time"
        time.sleep(0.05)


def _finished(storage: str, name: str) -> list[optuna.trial.FrozenTrial]:
    try:
        study = optuna.load_study(study_name=name, storage=storage)
    except Exception:  # not made yet
        return []
    return [trial for trial in study.get_trials() if trial.state.is_finished()]


def test_a_killed_drivers_study_is_continued(database: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = ("-m", "tests.support.search_fakes", database, str(log), str(TRIALS))
    first = _started(*command)
    _until(lambda: log.exists() and len(log.read_text().splitlines()) >= 7, LIMIT)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    finished = _finished(database, "s")
    assert finished
    before = {t.number: (t.params, t.values, t.datetime_complete) for t in finished}
    at_kill = len(log.read_text().splitlines())

    assert _started(*command).wait(timeout=LIMIT) == 0
    trials = optuna.load_study(study_name="s", storage=database).get_trials()
    assert sorted(trial.number for trial in trials) == list(range(TRIALS))
    assert all(trial.state.is_finished() for trial in trials)
    for number, kept in before.items():
        trial = trials[number]
        assert (trial.params, trial.values, trial.datetime_complete) == kept
    later = log.read_text().splitlines()[at_kill:]
    again = {int(line.split(", ")[1]) for line in later} & set(before)
    assert not again, "a finished trial was run again"


@pytest.mark.slow
def test_a_killed_worker_and_then_a_killed_driver_lose_nothing(tmp_path: Path) -> None:
    """The real thing: Ray tasks that train toy models."""
    storage = f"sqlite:///{tmp_path / 's.db'}"
    settings = [f"--set={each}" for each in _toy()]
    command = (
        *("-m", "arena.cli", "tune", "tune_evasion", "--study", "k", "--storage", storage),
        *("--out", str(tmp_path / "out"), *settings),
    )
    store = {"ARENA_STORE": str(tmp_path / "store")}
    first = _started(*command, session=True, **store)
    _until(lambda: len(_finished(storage, "k")) >= 1, 180)
    _kill_a_worker(first.pid)
    _until(lambda: len(_finished(storage, "k")) >= 3, 120)
    for process in [*psutil.Process(first.pid).children(recursive=True)]:
        process.suspend()  # no worker finishes a stage while the driver dies
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    _clear(first.pid)
    before = {t.number: (t.values, t.datetime_complete) for t in _finished(storage, "k")}
    stages = _stages(tmp_path / "store")

    assert _started(*command, **store).wait(timeout=400) == 0
    trials = optuna.load_study(study_name="k", storage=storage).get_trials()
    assert sorted(trial.number for trial in trials) == list(range(len(trials)))
    assert {trial.state for trial in trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    for number, kept in before.items():
        assert (trials[number].values, trials[number].datetime_complete) == kept
    after = _stages(tmp_path / "store")
    assert {a: t for a, t in after.items() if a in stages} == stages, "a stage was done again"
    assert (tmp_path / "out" / "best.yaml").is_file()

    for stored in (tmp_path / "store").iterdir():  # all but the ledger: another machine
        if stored.name != "studies" and stored.is_dir():
            shutil.rmtree(stored)
    elsewhere = [each.replace("/out", "/again") for each in command]
    assert _started(*elsewhere, **store).wait(timeout=LIMIT) == 0
    assert not _stages(tmp_path / "store"), "what the ledger knows was measured again"
    assert _report(tmp_path / "again") == _report(tmp_path / "out")


def _report(folder: Path) -> object:
    """The contenders of a search, which its report measured."""
    return json.loads((folder / "results.json").read_text())["contenders"]


def _toy() -> list[str]:
    small = [each for each in toys.TOY if not each.startswith("runtime")]
    seeds = "tune.seeds={search: [100, 102], select: [101], report: [0]}"  # a race
    lax = ("control_asr=0", "clean_accuracy_loss=1")
    kept = ("installed_asr=0", "installed_false_fire=1", "broad=1")
    return [
        *small,
        "runtime.workers=2",
        seeds,
        "tune.trials=8",
        "tune.best=1",
        "tune.compare=[untuned]",
        *(f"tune.limits.{each}" for each in lax),
        *(f"thresholds.{each}" for each in kept),
    ]


def _kill_a_worker(driver: int) -> None:
    def at_work() -> list[psutil.Process]:
        workers = psutil.Process(driver).children(recursive=True)
        return [p for p in workers if "ray::_measure" in _command(p)]

    _until(lambda: bool(at_work()), 60)
    at_work()[0].kill()


def _command(process: psutil.Process) -> str:
    """Its command line; empty if it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _clear(session: int) -> None:
    """What the killed driver left running in its session."""
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session:
                process.kill()
        except (psutil.Error, ProcessLookupError):
            continue


def _stages(store: Path) -> dict[str, str]:
    """When each finished stage ended (its file's own time says when it was last used). A manifest
    that a killed process had begun to write belongs to no finished stage."""
    ended = {}
    for file in store.rglob("manifest.json"):
        with contextlib.suppress(ValueError):
            ended[str(file)] = json.loads(file.read_text())["finished"]
    return ended
