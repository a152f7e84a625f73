"""Signals that stop every command, and a Ray that is lost: it ends in good order, and the same
command goes on.

A quick one, in one process: test_in_process.py."""

from __future__ import annotations

import functools
import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.across import untimed
from tests.support.started import (
    GOES_ON,
    NOTICED,
    PATIENCE,
    SERVERS,
    STUDY,
    Place,
    finished,
    left,
    named,
    tree,
)

pytestmark = pytest.mark.slow

# What a line of a log holds when there is something to go on from, and something to do.
MOMENTS = {
    "run": "started   compromised",
    "stress": "started   compromised",
    "tune": "trial 0 (1 of 2)",
    "duel": "trial 0 (1 of 2)",
}
SIGNALS = [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a command finds without any disturbance."""

    @functools.cache
    def found(command: str) -> Any:
        place = Place(tmp_path_factory.mktemp("calm"), "serial", command)
        assert finished(place) == 0
        return results(place)

    return found


def results(place: Place) -> Any:
    """The results without what depends on when and where."""
    return untimed(json.loads((place.out / "results.json").read_text(encoding="utf-8")))


def stopped(place: Place, number: int, status: int) -> None:
    """Give the command and send it the signal; assert that it ends in good order."""
    process = place.start()
    try:
        assert place.until(MOMENTS[place.command], process), process.communicate()[1]
        family, began = tree(process), time.monotonic()
        process.send_signal(number)
        _, told = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    took = time.monotonic() - began
    name = signal.Signals(number).name
    print(f"{place.command}, {place.backend}, {name}: exit {process.returncode} in {took:.1f} s")
    assert process.returncode == status, told
    assert f"stopped by {name}: any finished stages are stored" in told
    assert "*** SIG" not in told  # a trace of C++
    assert "Traceback" not in told
    assert f"stopped by {name}" in place.log()
    assert not left(family)
    assert not (place.out / "results.json").exists()


@pytest.mark.parametrize("backend", ["serial", "ray"])
@pytest.mark.parametrize(("number", "status"), SIGNALS)
@pytest.mark.parametrize("command", MOMENTS)
def test_a_signal_ends_a_command_in_good_order_and_the_same_command_goes_on(
    command: str, number: int, status: int, backend: str, calm: Any, tmp_path: Path
) -> None:
    place = Place(tmp_path, backend, command)
    stopped(place, number, status)
    before = made(place)
    assert finished(place) == 0
    assert results(place) == calm(command)
    after = made(place)
    assert {address: after[address] for address in before} == before, "a stage was done again"
    if command in ("tune", "duel"):
        check_trials(place)


@pytest.mark.parametrize("command", ["run", "tune"])
def test_so_does_a_command_that_sends_artifacts(command: str, calm: Any, tmp_path: Path) -> None:
    place = Place(tmp_path, "ray", command, "sent")
    stopped(place, *SIGNALS[0])
    assert finished(place) == 0
    assert results(place) == calm(command)


@pytest.mark.parametrize("victim", SERVERS)
@pytest.mark.parametrize("command", ["stress", "tune", "duel"])
def test_a_lost_ray_ends_a_command_soon_and_the_same_command_goes_on(
    command: str, victim: str, calm: Any, tmp_path: Path
) -> None:
    """Of `run`, at every moment: test_killed.py."""
    place = Place(tmp_path, "ray", command)
    process = place.start()
    assert place.until(MOMENTS[command], process), process.communicate()[1]
    family, began = tree(process), time.monotonic()
    found = named(family, victim)
    assert found is not None
    found.kill()
    _, told = process.communicate(timeout=PATIENCE)
    took = time.monotonic() - began
    print(f"{command}, {victim}: exit {process.returncode} in {took:.1f} s")
    assert process.returncode == 1, told
    assert f"({victim}) has ended" in told
    assert GOES_ON in told
    assert took < NOTICED
    assert not left(family)
    assert finished(place) == 0
    assert results(place) == calm(command)
    if command in ("tune", "duel"):
        check_trials(place)


def made(place: Place) -> dict[str, str]:
    """When each stored artifact was made."""
    files = (place.folder / "store").glob("*/manifest.json")
    return {file.parent.name: json.loads(file.read_text())["finished"] for file in files}


def check_trials(place: Place) -> None:
    """Assert that no finished trial was started again, and that the cut off one was resumed."""
    told = place.events()
    first = [event for event in told if event.endswith(f"trial 0 of {study(told)}")]
    assert [event.partition(" ")[0] for event in first] == ["started", "finished"]
    second = [event for event in told if event.endswith(f"trial 1 of {study(told)}")]
    assert [event.partition(" ")[0] for event in second][-1] == "finished"
    assert "resumed" in {event.partition(" ")[0] for event in second} or len(second) == 2


def study(told: list[str]) -> str:
    """The name of the first study."""
    name = next(event.rpartition(" of ")[2] for event in told if "trial 0" in event)
    assert name.startswith(STUDY)
    return name
