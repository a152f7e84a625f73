"""One stage, done here: its inputs, its progress file, its artifact."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import toy_jobs

from arena.engine.store import Store
from arena.runtime import perform as performing
from arena.runtime.perform import perform


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
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_replace_does_it_again(tmp_path: Path) -> None:
    store, one = Store(tmp_path), toy_jobs.node("look", toy_jobs.Look())
    perform(one.stage, one.job, store)
    (store.path(one.address) / "stale").write_text("old")
    perform(one.stage, one.job, store, replace=True)
    assert not (store.path(one.address) / "stale").exists()
