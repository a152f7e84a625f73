"""The serial runtime: here, one after another, errors handed over and not raised."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from arena.api.job import Job
from arena.errors import ArenaError
from arena.execution.serial import Serial
from arena.store.store import Store
from tests.support import toy_jobs


def test_stages_run_in_this_process(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = toy_jobs.node("first", toy_jobs.Look(), "threat:bard")
    second = toy_jobs.node("second", toy_jobs.Look(), "defender", [first])
    with Serial(store, threads=1) as runtime:
        found = toy_jobs.details(runtime, store, [first, second])
    assert {detail["pid"] for detail in found} == {os.getpid()}


def test_a_stage_is_done_when_it_was_started(tmp_path: Path) -> None:
    runtime = Serial(Store(tmp_path), threads=1)
    one = toy_jobs.node("one", toy_jobs.Look())
    assert runtime.room(one)
    runtime.start(one)
    assert not runtime.room(one)
    (done,) = runtime.wait(0.0)
    assert (done.node, done.error) == (one, None)
    assert done.manifest is not None
    assert runtime.room(one)
    assert runtime.wait(0.0) == []


def test_an_error_is_handed_to_the_engine(tmp_path: Path) -> None:
    store, error = Store(tmp_path), ValueError("no luck")
    runtime = Serial(store, threads=1)
    runtime.start(toy_jobs.node("bad", toy_jobs.Fail(error)))
    (done,) = runtime.wait(0.0)
    assert (done.manifest, done.error) == (None, error)
    with pytest.raises(ArenaError, match="'bad' failed: ValueError: no luck"):
        toy_jobs.details(runtime, store, [toy_jobs.node("bad", toy_jobs.Fail(error))])


def test_the_threads_are_those_asked_for(tmp_path: Path) -> None:
    import torch

    before = torch.get_num_threads()
    try:
        with Serial(Store(tmp_path), threads=2):
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_an_interruption_is_not_swallowed(tmp_path: Path) -> None:
    class Interrupted(Job):
        def run(self, *args: object) -> dict[str, object]:
            raise KeyboardInterrupt

    store = Store(tmp_path)
    one = toy_jobs.node("stopped", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        toy_jobs.details(Serial(store, threads=1), store, [one])
    assert not store.path(one.address).exists()
