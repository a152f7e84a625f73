"""One stage, done here: its inputs, its progress file, its artifact; by one process at a time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from arena.errors import ArenaError
from arena.execution import perform as performing
from arena.execution.perform import perform
from arena.store.store import Store
from tests.support import claim_jobs, toy_jobs


def test_parents_are_handed_over_by_role(tmp_path: Path) -> None:
    store = Store(tmp_path)
    parent = toy_jobs.node("parent", toy_jobs.Look())
    child = toy_jobs.node("child", toy_jobs.Look(), parents=[parent])
    perform(parent.stage, parent.job, store)
    manifest = perform(child.stage, child.job, store)
    assert manifest["detail"]["inputs"] == ["parent:0"]
    assert store.has(child.address)


class Slow:
    """Tells of four steps; remembers what stood in its progress file after each."""

    def __init__(self, file: Path) -> None:
        self.file, self.seen = file, []  # type: ignore[var-annotated]

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        for step in range(1, 5):
            progress(step)
            self.seen.append(self.file.read_text() if self.file.exists() else None)
        return {}


@pytest.mark.parametrize(("every", "seen"), [(0.0, ["1", "2", "3", "4"]), (1e9, [None] * 4)])
def test_progress_is_written_now_and_then_and_gone_at_the_end(
    every: float, seen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performing, "REPORT_EVERY", every)
    store = Store(tmp_path)
    one = toy_jobs.node("slow", None)
    job = Slow(store.progress_file(one.address))
    perform(one.stage, job, store)
    assert job.seen == seen
    assert not store.progress_file(one.address).exists()


def test_a_failed_stage_leaves_neither_artifact_nor_progress(tmp_path: Path) -> None:
    store = Store(tmp_path)
    one = toy_jobs.node("bad", toy_jobs.Fail(ValueError("no")))
    with pytest.raises(ValueError, match="no"):
        perform(one.stage, one.job, store)
    assert not store.path(one.address).exists()
    assert {p.parent.name for p in tmp_path.rglob("*") if p.is_file()} == {"locks"}
    assert not store.claimed(one.address)


def test_replace_does_it_again(tmp_path: Path) -> None:
    store, one = Store(tmp_path), toy_jobs.node("look", toy_jobs.Look())
    perform(one.stage, one.job, store)
    (store.path(one.address) / "stale").write_text("old")
    perform(one.stage, one.job, store, replace=True)
    assert not (store.path(one.address) / "stale").exists()


def test_what_is_there_by_now_is_not_done_again(tmp_path: Path) -> None:
    store, one = Store(tmp_path), toy_jobs.node("look", toy_jobs.Look())
    first = perform(one.stage, one.job, store)
    again = perform(one.stage, toy_jobs.Fail(ValueError("done twice")), store)
    assert again == first


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    one = toy_jobs.node("look", toy_jobs.Look())
    with pytest.raises(ArenaError, match=r"store cannot be written: .*ARENA_STORE chooses"):
        perform(one.stage, one.job, Store(tmp_path / "file" / "store"))


def _spawn(target: Callable[..., None], *args: Any) -> Any:
    process = multiprocessing.get_context("spawn").Process(target=target, args=args)
    process.start()
    return process


def _finish(process: Any) -> None:
    process.join(claim_jobs.PATIENCE)
    if process.is_alive():
        process.kill()
    assert process.exitcode == 0


@pytest.mark.parametrize(("replace", "works"), [(False, 1), (True, 2)])
def test_two_processes_asked_for_one_stage(replace: bool, works: int, tmp_path: Path) -> None:
    """Its work is done once, and both are told of the one artifact; or by each in turn."""
    args = (tmp_path / "store", tmp_path, 2, replace)
    processes = [_spawn(claim_jobs.work, *args) for _ in range(2)]
    for process in processes:
        _finish(process)
    did = (tmp_path / "log").read_text().split()
    assert len(did) == works
    assert {path.read_text() for path in tmp_path.glob("told-*")} == set(did)


def test_a_killed_process_does_not_block_the_next(tmp_path: Path) -> None:
    store, node = Store(tmp_path / "store"), claim_jobs.meeting(tmp_path, 1)
    holder = _spawn(claim_jobs.hold, store.root, tmp_path, node.address)
    claim_jobs.wait_for(tmp_path, "held", 1)
    assert store.claimed(node.address)
    holder.kill()
    holder.join()
    _finish(_spawn(claim_jobs.work, store.root, tmp_path, 1, False))
    assert store.has(node.address)
    assert not store.claimed(node.address)
