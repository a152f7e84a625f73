"""Stages whose inputs are sent: what is sent, for how long, and what is sealed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arena.errors import ArenaError, InputError
from arena.execution.ray_runtime import OnRay
from arena.execution.sending import Sender
from arena.planning.graph import Node
from arena.store import scratch as scratches
from arena.store.parcels import Parcel, pack
from arena.store.store import Stage, Store
from tests.support import toy_jobs
from tests.support.toy_jobs import DieOnce, Fail, ToyJob, details, node


@dataclass(frozen=True)
class Where(ToyJob):
    """Copies its inputs, and says in which folders they were and what else stands beside them."""

    text: str = ""

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        read = [(folder / "note").read_text() for folder in inputs.values()]
        (out / "note").write_text(" ".join([*read, self.text]))
        (out / "empty").write_text("")
        beside = {each.name for folder in inputs.values() for each in folder.parent.iterdir()}
        return {"store": str(out.parents[1]), "beside": sorted(beside), "pid": os.getpid()}


@dataclass(frozen=True)
class Sent:
    """A running runtime whose workers do not see its store."""

    runtime: OnRay
    store: Store

    def do(self, *nodes: Node) -> list[dict[str, Any]]:
        return details(self.runtime, self.store, nodes)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(toy_jobs)
    store = Store(tmp_path_factory.mktemp("store"))
    with OnRay(store, threads=1, workers=1, sent=True) as runtime:
        yield Sent(runtime, store)
        run = sender(runtime).run
    left = Path(tempfile.gettempdir()).glob(f"arena-scratch-*/{run}-*")
    assert not any((folder / scratches.ALIVE).exists() for folder in left)
    cloudpickle.unregister_pickle_by_value(toy_jobs)


def sender(runtime: OnRay) -> Sender:
    assert runtime._sender is not None
    return runtime._sender


def where(name: str, *parents: Node, party: str = "arena", kind: str | None = None) -> Node:
    return node(name, Where(name), party, parents, kind)


def test_a_stage_reads_its_inputs_from_a_store_of_the_node_and_the_driver_seals(sent: Sent) -> None:
    first = where("draw", kind="examples")  # by the clerk, in this process
    second = where("train", first)
    third = where("score", second, first)
    here, there, again = sent.do(first, second, third)
    assert here["store"] == str(sent.store.root)
    assert there["store"] == again["store"] != here["store"]
    assert (sent.store.path(third.address) / "note").read_text() == "draw train draw score"
    assert sender(sent.runtime).sent == frozenset()  # the last reader has ended


def test_a_party_is_sent_what_its_stage_reads_and_nothing_else(sent: Sent) -> None:
    mine, other = where("mine", kind="examples"), where("another's", kind="examples")
    sent.do(other)
    seen = sent.do(mine, where("poison", mine, party="threat:bard"))[-1]
    assert mine.address in seen["beside"]
    assert other.address not in seen["beside"]


@pytest.mark.slow
def test_a_killed_worker_is_started_again_and_finds_what_its_node_has(
    sent: Sent, tmp_path: Path
) -> None:
    before = where("before")
    doomed = node("doomed", DieOnce(tmp_path / "marker"), parents=[before])
    first, second = sent.do(before, doomed)
    assert second["died"] == 1
    assert first["pid"] != second["pid"]


def test_a_failing_stage_leaves_nothing_and_wrong_input_comes_back_as_such(sent: Sent) -> None:
    bad = node("bad", Fail(InputError("no such thing", key="model", found="x")))
    with pytest.raises(InputError, match="no such thing"):
        sent.do(bad)
    assert not sent.store.path(bad.address).exists()
    assert not list(sent.store.root.glob("aside/*"))


class Objects:
    """Stands in for Ray's object store: references are numbers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.there: list[Any] = []
        monkeypatch.setattr("ray.put", self.put)
        monkeypatch.setattr("ray.get", lambda ref: self.there[ref])
        monkeypatch.setattr("ray.wait", lambda refs, timeout: (refs, []))

    def put(self, value: Any) -> int:
        self.there.append(value)
        return len(self.there) - 1


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> Objects:
    return Objects(monkeypatch)


def stage(name: str, *parents: Stage) -> Stage:
    return Stage("train", name, "arena", 0, {"name": name}, {p.name: p.address for p in parents})


def stored(store: Store, one: Stage) -> Stage:
    store.commit(one, lambda out: {"n": (out / "note").write_text(one.name)})
    return one


def test_an_artifact_is_put_once_and_let_go_of_after_its_last_reader(
    tmp_path: Path, objects: Objects
) -> None:
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    base = stored(here, stage("base"))
    readers = [stage(name, base) for name in ("one", "two")]
    nodes = [Node(each, Fail(RuntimeError())) for each in readers]
    sending = Sender(here)
    sending.expect(nodes)
    for each, left in zip(nodes, ({base.address}, set()), strict=True):
        made = pack(there, stored(there, each.stage).address)

        def call(inputs: Mapping[str, Any], made: Parcel = made) -> int:
            assert [objects.there[ref].address for ref in inputs.values()] == [base.address]
            return objects.put(made)

        sending.carry_out(each.stage, call)
        assert here.has(each.address)
        assert sending.sent == {base.address}
        sending.ended([each])
        assert sending.sent == left
    packed = [each.address for each in objects.there]
    assert packed.count(base.address) == 1


def test_another_artifact_than_the_one_asked_for_is_not_sealed(
    tmp_path: Path, objects: Objects
) -> None:
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    asked, other = stage("asked"), stored(there, stage("other"))
    with pytest.raises(ArenaError, match="another artifact came back"):
        Sender(here).carry_out(asked, lambda inputs: objects.put(pack(there, other.address)))
    assert not here.has(asked.address)
    assert not here.has(other.address)


def test_what_another_process_made_meanwhile_is_taken(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = stored(store, stage("made"))
    assert Sender(store).carry_out(made, lambda inputs: pytest.fail("called"))["name"] == "made"


def test_after_the_end_nothing_is_sent(tmp_path: Path, objects: Objects) -> None:
    store = Store(tmp_path)
    base = stored(store, stage("base"))
    sending = Sender(store)
    sending.close()
    with pytest.raises(ArenaError, match="the run has ended"):
        sending.carry_out(stage("late", base), lambda inputs: pytest.fail("called"))
    assert not objects.there
