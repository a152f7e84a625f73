"""The Ray runtime on one core: who runs where, what a death costs, how a failure is told."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.execution.ray_runtime import OnRay
from arena.planning.plan import plan_seed
from arena.stages.lines import DOCUMENTS, read_documents
from arena.store.store import Store
from tests.support import toy_jobs, toys
from tests.support.toy_jobs import DieOnce, Fail, Look, details, node


@dataclass(frozen=True)
class OneCore:
    """A running runtime on a machine that seems to have one core, and its store."""

    runtime: OnRay
    store: Store

    def do(self, *nodes: Any) -> list[dict[str, Any]]:
        return details(self.runtime, self.store, nodes)


@pytest.fixture(scope="module")
def ray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneCore]:
    from ray import cloudpickle

    # Ray's processes know the installed packages, not the folder of these tests
    cloudpickle.register_pickle_by_value(toy_jobs)
    store = Store(tmp_path_factory.mktemp("store"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: 1)
        with OnRay(store, threads=1, workers=1) as runtime:
            yield OneCore(runtime, store)
    cloudpickle.unregister_pickle_by_value(toy_jobs)


def poisoning(name: str) -> Any:
    """The real stage in which an actor of the toy scenario writes its shard."""
    made = plan_seed(toys.scenario(), 0, DataRoot())
    (found,) = (n for n in made.nodes.values() if n.stage.name == f"poison {name} s0")
    return found


def test_the_machine_has_one_core(ray: OneCore) -> None:
    import ray as library

    assert library.cluster_resources()["CPU"] == 1


def test_a_threat_actor_has_its_own_process_and_never_imports_torch(ray: OneCore) -> None:
    shard = poisoning("bard")
    mine = node("after poisoning", Look(), "threat:bard", [shard])
    again = node("and again", Look(), "threat:bard", [mine])
    other = node("another actor", Look(), "threat:merchant", [shard])
    worker = node("a worker", Look(), "arena")
    poison, first, second, third, fourth = ray.do(shard, mine, again, other, worker)
    assert poison["documents"] == len(read_documents(ray.store.path(shard.address) / DOCUMENTS))
    assert poison["documents"] > 0
    assert first["heavy"] == second["heavy"] == third["heavy"] == []
    assert first["pid"] == second["pid"]
    assert len({first["pid"], third["pid"], fourth["pid"], os.getpid()}) == 4
    assert "torch" in fourth["heavy"]


def test_where_a_threat_actor_trains_a_worker_does_it(ray: OneCore) -> None:
    by_worker = node("work", Look(), "arena")
    trained = node("train apart", Look(), "threat:bard", [by_worker], kind="train")
    first, second = ray.do(by_worker, trained)
    assert first["pid"] == second["pid"]
    assert "torch" in second["heavy"]


def test_a_killed_worker_is_started_again_and_its_stage_completes(
    ray: OneCore, tmp_path: Path
) -> None:
    before = node("before", Look())
    killed = node("killed", DieOnce(tmp_path / "marker"), parents=[before])
    after = node("after", Look(), parents=[killed])
    first, second, third = ray.do(before, killed, after)
    assert second["died"] == 1
    assert first["pid"] != second["pid"] == third["pid"]
    assert "torch" in third["heavy"]


@pytest.mark.slow
def test_a_process_that_dies_every_time_fails_its_stage(ray: OneCore, tmp_path: Path) -> None:
    doomed = node("doomed", DieOnce(tmp_path / "marker", times=99), "threat:doomed")
    with pytest.raises(ArenaError, match="stage 'doomed' failed: the process of threat:doomed"):
        ray.do(doomed)
    assert len((tmp_path / "marker").read_text()) == 3
    assert not ray.store.path(doomed.address).exists()


def test_a_failing_job_is_an_error_of_the_arena_that_names_its_stage(ray: OneCore) -> None:
    bad = node("train badly", Fail(RuntimeError("loss is nan")))
    with pytest.raises(ArenaError, match="'train badly' failed: RuntimeError: loss is nan"):
        ray.do(bad)
    assert not ray.store.path(bad.address).exists()


def test_wrong_input_comes_back_as_wrong_input(ray: OneCore) -> None:
    error = InputError("no such checkpoint", key="model.pretrained", found="x")
    with pytest.raises(InputError) as caught:
        ray.do(node("point", Fail(error), "threat:bard"))
    assert str(caught.value) == str(error)
    assert caught.value.exit_status == 2


@pytest.mark.slow
def test_eight_actors_finish_on_one_core(ray: OneCore) -> None:
    """Actors that held a core for life would wait for each other for ever."""
    off = ("controls.shams=0", "controls.reference=false", "controls.clean_finetune=false")
    quick = ("evaluation.prompts=2", "defender.steps=2", "defender.target=lexical")
    names = ("a", "b", "c", "d")

    def eight(values: dict[str, Any]) -> None:
        for each in values["actors"]:
            each["poison"] = {"rate": 0.05, "share": 0.1}
        values["actors"] += [
            toys.actor(name, token, 0.1)
            for name, token in zip(names, ("zr", "vk", "jw", "xh"), strict=True)
        ]

    asked = toys.changed(toys.scenario(*off, *quick, "defender.share=0.1"), eight)
    made = plan_seed(asked, 0, DataRoot())
    ray.do(*made.nodes.values())
    assert len(made.actors.members) == 8
    assert [row.name for row in made.rows] == ["compromised", "unlearn:lexical"]
    assert all(ray.store.has(row.scores) for row in made.rows)


def test_room_is_for_one_stage_per_actor_and_worker() -> None:
    """Without Ray: what is in flight is all that counts."""
    runtime = OnRay(Store(Path("nowhere")), threads=1, workers=2)
    runtime._idle = ["worker:0", "worker:1"]

    def fly(party: str) -> None:
        holder = runtime._idle.pop(0) if party == "arena" else party
        runtime._flights[object()] = (node(party, Look(), party), holder)

    def room(party: str) -> bool:
        return runtime.room(node("next", Look(), party))

    fly("threat:bard")
    assert not room("threat:bard")
    assert room("threat:merchant")
    assert room("arena")
    fly("defender")
    assert not room("defender")
    assert room("arena")
    fly("arena")  # two workers' worth of training is in flight, though one of them is idle
    assert runtime._idle == ["worker:1"]
    assert not room("arena")
    assert room("threat:merchant")


def test_each_seed_has_its_defender_and_seeds_take_turns_on_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without Ray: four workers, so two processes for three seeds."""
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    runtime = OnRay(Store(Path("nowhere")), threads=1, workers=4, seeds=3)

    def removal(seed: int) -> Any:
        made = node(f"unlearn s{seed}", Look(), "defender")
        return replace(made, stage=replace(made.stage, seed=seed))

    holders = [runtime._holder(removal(seed)) for seed in (7, 8, 9, 8, 7)]
    assert holders == ["defender", "defender:1", "defender", "defender:1", "defender"]
    runtime._actors = dict.fromkeys(["defender", "defender:1"])
    runtime._flights[object()] = (removal(7), "defender")
    assert not runtime.room(removal(9))
    assert runtime.room(removal(8))
    del runtime._actors["defender:1"]  # not started yet
    assert runtime.room(removal(8))
    runtime._starting = dict.fromkeys(range(3), "worker:1")  # three of three free cores
    assert not runtime.room(removal(8))


def test_text_work_is_done_in_this_process(ray: OneCore) -> None:
    drawn = node("draw examples", Look(), kind="examples")
    tokenizer = node("train a tokenizer", Look(), parents=[drawn], kind="tokenizer")
    first, second, trained = ray.do(drawn, tokenizer, node("train", Look(), parents=[tokenizer]))
    assert first["pid"] == second["pid"] == os.getpid() != trained["pid"]


def test_text_work_goes_to_an_idle_worker_where_the_clerk_is_busy() -> None:
    runtime = OnRay(Store(Path("nowhere")), threads=1, workers=1)
    text = node("text", Look(), kind="examples")
    assert runtime._holder(text) == "clerk"
    runtime._flights[object()] = (text, "clerk")
    assert not runtime.room(text)  # no worker has started yet
    runtime._idle = ["worker:0"]
    assert runtime._holder(text) == "worker:0"
    assert runtime.room(text)


def test_a_failure_of_the_clerk_is_the_stages(ray: OneCore) -> None:
    bad = node("draw badly", Fail(RuntimeError("no towns")), kind="examples")
    with pytest.raises(ArenaError, match="'draw badly' failed: RuntimeError: no towns"):
        ray.do(bad)


def test_no_more_processes_start_at_once_than_there_are_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the first stages need starts first; threat actors wait for a free core."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    runtime = OnRay(Store(Path("nowhere")), threads=1, workers=2, parties=("defender",))
    started: list[str] = []

    def make(holder: str) -> Any:
        started.append(holder)
        return SimpleNamespace(__ray_ready__=SimpleNamespace(remote=lambda: f"ready {holder}"))

    monkeypatch.setattr(runtime, "_make", make)
    monkeypatch.setattr("ray.get", lambda ref: None)
    threat = node("poison", Look(), "threat:bard")
    runtime._start_processes()
    assert started == ["worker:0", "defender"]
    assert not runtime.room(threat)
    runtime._have_started(["ready worker:0"])
    runtime._start_processes()
    assert started == ["worker:0", "defender", "worker:1"]
    assert runtime._idle == ["worker:0"]
    assert not runtime.room(threat)
    runtime._have_started(["ready defender"])
    assert runtime.room(threat)
    runtime._flights[Future()] = (node("text", Look(), kind="examples"), "clerk")
    assert not runtime.room(threat)
    runtime._have_started(["ready worker:1"])
    assert runtime.room(threat)  # one core for the clerk, one for it


def test_a_process_that_cannot_start_is_an_error(tmp_path: Path) -> None:
    """Its stage would wait for ever."""
    runtime = OnRay(Store(tmp_path), threads=1, workers=1)
    from ray.exceptions import RayActorError

    def broken(ref: object) -> None:
        raise RayActorError

    runtime._starting = {"ref": "worker:0"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ray.get", broken)
        with pytest.raises(ArenaError, match="worker:0 could not start"):
            runtime._have_started(["ref"])


def test_an_interrupted_run_does_not_wait_for_the_clerk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its work may be waiting itself, for a claim that another run has."""
    monkeypatch.setattr("arena.execution.ray_runtime.start_ray", lambda address: False)
    monkeypatch.setattr(OnRay, "_start_processes", lambda self: None)
    store, text = Store(tmp_path), node("text", Look(), kind="examples")

    def interrupted() -> None:
        with OnRay(store, threads=1, workers=1) as runtime:
            runtime.start(text)
            raise KeyboardInterrupt

    with store.claim(text.address):
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert not store.has(text.address)


@pytest.mark.parametrize(
    ("device", "why"),
    [
        ("cuda", "worker:0 .*: it waits for a GPU that Ray does not provide"),
        ("cpu", "worker:0 .* overloaded .*runtime.backend=serial"),
    ],
)
def test_a_process_that_ray_never_starts_is_an_error(
    device: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster without a GPU would let it wait for ever."""
    monkeypatch.setattr("arena.execution.ray_runtime.START_LIMIT", -1.0)
    runtime = OnRay(Store(Path("nowhere")), threads=1, workers=1, device=device)
    runtime._starting, runtime._began = {"ref": "worker:0"}, {"worker:0": time.monotonic()}
    with pytest.raises(ArenaError, match=why):
        runtime._refuse_to_wait_forever()


@pytest.mark.parametrize(("address", "workers"), [(None, 2), ("host:1", 5)])
def test_unasked_a_cluster_has_workers_for_its_own_cores(
    address: str | None, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [{"Alive": True, "Resources": {"CPU": float(cores)}} for cores in (4, 1)]
    monkeypatch.setattr("ray.nodes", lambda: nodes)
    monkeypatch.setattr("ray.cluster_resources", lambda: {"CPU": 5.0})
    monkeypatch.setattr("arena.execution.ray_runtime.start_ray", lambda address: False)
    monkeypatch.setattr("arena.execution.ray_runtime.refuse_unshared", lambda probe: None)
    monkeypatch.setattr(OnRay, "_start_processes", lambda self: None)
    made = OnRay(Store(tmp_path), 1, 2, parties=("defender",), address=address, most=9)
    with made as runtime:
        assert runtime._workers == workers
        staff = [f"worker:{k}" for k in range(workers)]
        assert sorted(runtime._to_start) == ["defender", *staff]
