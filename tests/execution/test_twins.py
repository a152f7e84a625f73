"""Stages that would do the same work twice: one is done, the other is a copy of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from arena.api.job import Job
from arena.execution.execute import execute
from arena.execution.serial import Serial
from arena.execution.timeline import Timeline
from arena.execution.twins import COPY
from arena.planning.graph import Node
from arena.progress.observer import Silent
from arena.store.integrity import flaw
from arena.store.store import Stage, Store


@dataclass(frozen=True)
class Write(Job):
    """Writes a text."""

    text: str

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        (out / "sub").mkdir()
        (out / "sub" / "text").write_text(self.text)
        return {}


@dataclass(frozen=True)
class Read(Job):
    """Says what it read, and in a file beside the store that it did."""

    by_content: ClassVar[bool] = True
    log: Path

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        said = (inputs["model"] / "sub" / "text").read_text()
        with self.log.open("a") as file:
            file.write(f"{said}\n")
        (out / "said").write_text(said)
        return {"letters": len(said)}


class ReadManifest(Read):
    """The same work, but one that may look at more than its parents' files."""

    by_content = False


def written(name: str, text: str) -> Node:
    return Node(Stage("write", name, "arena", 0, {"name": name}), Write(text))


def reading(parent: Node, log: Path, job: type[Read] = Read, asked: str = "") -> Node:
    stage = Stage("read", f"read {parent.stage.name}", "arena", 0, {"asked": asked},
                  {"model": parent.address})  # fmt: skip
    return Node(stage, job(log))


def run(nodes: list[Node], store: Store, folder: Path, *, fresh: bool = False) -> None:
    graph = {node.address: node for node in nodes}
    timeline = Timeline(folder / "events.jsonl")
    with Serial(store, 1, replace=fresh) as runtime:
        execute(graph, set(graph), store, runtime, Silent(), timeline, fresh=fresh)
    timeline.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_equal_work_on_equal_files_is_done_once(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "log"
    first, second = written("first", "abc"), written("second", "abc")
    readers = [reading(first, log), reading(second, log)]
    run([first, second, *readers], store, tmp_path)
    assert log.read_text() == "abc\n"
    details = [store.manifest(reader.address)["detail"] for reader in readers]
    assert {"letters": 3} in details
    assert {"letters": 3, COPY: readers[details.index({"letters": 3})].address} in details
    for reader in readers:
        assert (store.path(reader.address) / "said").read_text() == "abc"
        assert store.manifest(reader.address)["parents"] == dict(reader.stage.parents)
        assert flaw(store, reader.address, whole=True) is None


@pytest.mark.parametrize(
    ("text", "job", "asked"),
    [("abd", Read, ""), ("abc", ReadManifest, ""), ("abc", Read, "something else")],
)
def test_other_files_other_work_or_manifests_read_are_no_twins(
    store: Store, tmp_path: Path, text: str, job: type[Read], asked: str
) -> None:
    log = tmp_path / "log"
    first, second = written("first", "abc"), written("second", text)
    readers = [reading(first, log, job), reading(second, log, job, asked)]
    run([first, second, *readers], store, tmp_path)
    assert sorted(log.read_text().split()) == sorted(["abc", text])


def test_a_stored_twin_serves_too(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "log"
    first, second = written("first", "abc"), written("second", "abc")
    before, after = reading(first, log), reading(second, log)
    run([first, before], store, tmp_path)
    run([first, second, before, after], store, tmp_path)
    assert log.read_text() == "abc\n"
    assert (store.path(after.address) / "said").read_text() == "abc"


def test_done_afresh_one_is_done_again_and_the_other_copied(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "log"
    nodes = [written("first", "abc"), written("second", "abc")]
    nodes += [reading(node, log) for node in nodes]
    run(nodes, store, tmp_path)
    run(nodes, store, tmp_path, fresh=True)
    assert log.read_text() == "abc\nabc\n"
