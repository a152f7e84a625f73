"""Processes of a run on Ray that are really killed, at five moments; `make faults` runs this.

All kills of one kind share a store and a folder, so that each run goes on where the last one
ended. The last one's results are those of a run that nobody disturbed, to the last digit.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.outcomes import outcome
from tests.support.started import (
    GOES_ON,
    NOTICED,
    PATIENCE,
    SERVERS,
    Place,
    finished,
    left,
    named,
    tree,
)

pytestmark = pytest.mark.slow

# What a line of run.log holds when the moment has come.
MOMENTS = {
    "before the first stage": "plan ",
    "while planting": "started   compromised",
    "while unlearning": "started   unlearn",
    "while scoring": "started   score unlearn",
    "while writing results": "finished  score unlearn",
}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The outcome of the same command without any disturbance."""
    place = Place(tmp_path_factory.mktemp("calm"))
    assert finished(place) == 0
    return outcome(place.out)


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
