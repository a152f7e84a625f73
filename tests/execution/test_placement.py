"""What processes reserve, and that a cluster with less is refused."""

from __future__ import annotations

from typing import Any

import pytest

from arena.errors import InputError
from arena.execution.placement import (
    Placement,
    amounts,
    options,
    refuse_too_much,
    workers_that_fit,
)
from arena.scenario.needs import Needs

TRAIN, SCORE = Needs(gpus=1, memory="16GiB"), Needs(gpus=0.5)


def test_unasked_a_stage_on_a_gpu_has_it_alone_and_one_on_a_cpu_reserves_nothing() -> None:
    assert Placement(device="cuda", workers=2).processes() == [Needs(gpus=1)] * 2
    assert options(Placement(device="cuda").of("score")) == {"num_cpus": 0, "num_gpus": 1}
    assert options(Placement().of("train")) == {"num_cpus": 0}
    assert not Placement().paired  # nothing to take turns on


def test_kinds_with_the_same_needs_share_processes() -> None:
    placement = Placement({"train": TRAIN, "score": SCORE, "merge": SCORE}, "cuda")
    assert placement.pools == (Needs(gpus=1), TRAIN, SCORE)
    assert [placement.pool(k) for k in ("unlearn", "train", "score", "merge")] == [0, 1, 2, 2]


def test_an_entry_stands_over_the_default_one_by_one() -> None:
    placement = Placement({"default": Needs(cpus=2, gpus=0.5), "train": Needs(memory="1GiB")})
    assert placement.of("train") == Needs(cpus=2, gpus=0.5, memory="1GiB")
    assert placement.of("a plug-in's") == Needs(cpus=2, gpus=0.5)


def test_processes_that_share_a_model_have_a_gpu_each() -> None:
    needs = {"train": Needs(processes=4, memory="9GiB"), "default": Needs(gpus=0.5)}
    placement = Placement(needs, "cuda")
    assert amounts(placement.of("train")) == {"GPU": 4, "memory": 9 * 2**30}
    assert amounts(placement.of("score")) == {"GPU": 0.5}
    assert amounts(placement.whole) == {"GPU": 4, "memory": 9 * 2**30}
    assert "GPU" not in amounts(Placement({"train": Needs(processes=4)}).of("train"))


def test_the_defender_takes_turns_with_the_first_worker_where_both_need_the_same() -> None:
    placement = Placement(device="cuda", workers=1)
    assert placement.paired
    half = options(placement.defender, 2)["num_gpus"]
    assert 2 * half <= amounts(placement.defender)["GPU"]
    other = Placement({"unlearn": SCORE, "train": TRAIN}, workers=1)
    assert not other.paired
    assert len(other.processes()) == 4  # three pools, and the defender


@pytest.mark.parametrize(
    ("workers", "seeds", "seats"), [(2, 8, 1), (3, 8, 1), (16, 1, 1), (16, 3, 3), (16, 20, 8)]
)
def test_seeds_are_defended_side_by_side_where_there_are_workers(
    workers: int, seeds: int, seats: int
) -> None:
    placement = Placement(workers=workers, seeds=seeds)
    assert placement.seats == seats
    assert len(placement.processes()) == workers + seats
    for needs in (Needs(gpus=1), Needs(cpus=1)):  # in turns with a worker
        reserved = Placement({"default": needs}, workers=workers, seeds=seeds)
        assert (reserved.seats, len(reserved.processes())) == (1, workers)


def test_a_search_reserves_the_most_that_any_stage_takes() -> None:
    placement = Placement({"train": Needs(memory="2GiB", cpus=1), "score": Needs(gpus=0.5)})
    assert placement.whole == Needs(cpus=1, gpus=0.5, memory="2GiB")


@pytest.fixture
def _two_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    resources: list[dict[str, Any]] = [
        {"CPU": 4.0, "GPU": 1.0, "memory": 8.0 * 2**30},
        {"CPU": 2.0, "GPU": 1.0, "memory": 8.0 * 2**30},
    ]
    nodes: list[dict[str, Any]] = [{"Alive": True, "Resources": each} for each in resources]
    dead = {"Alive": False, "Resources": {"GPU": 8.0}}
    monkeypatch.setattr("ray.nodes", lambda: [*nodes, dead])


@pytest.mark.usefixtures("_two_nodes")
@pytest.mark.parametrize(
    ("wanted", "told", "found"),
    [
        ([Needs(gpus=1)] * 3, "need more than the cluster has", "GPU 3"),
        ([Needs(cpus=4)] * 2, r"\(CPU 6, GPU 2, memory 16 GiB\)", "CPU 8"),
        ([Needs(memory="10GiB")], r"does not fit on any node \(.*memory 8 GiB; ", "memory 10 GiB"),
        ([Needs(gpus=1)] * 2, None, None),
    ],
)
def test_more_than_the_cluster_has_is_wrong_input(
    wanted: list[Needs], told: str | None, found: str | None
) -> None:
    if told is None:
        refuse_too_much(wanted, "runtime.resources")
        return
    with pytest.raises(InputError, match=told) as refused:
        refuse_too_much(wanted, "runtime.resources")
    assert (refused.value.key, refused.value.found) == ("runtime.resources", found)
    assert refused.value.exit_status == 2


@pytest.mark.usefixtures("_two_nodes")
@pytest.mark.parametrize(
    ("most", "threads", "needs", "device", "workers"),
    [
        (99, 1, {}, "cpu", 6),  # the cores of both nodes
        (99, 4, {}, "cpu", 1),  # a worker's threads are on one node
        (99, 2, {}, "cpu", 3),
        (3, 1, {}, "cpu", 3),
        (99, 1, {}, "cuda", 2),  # one per GPU
        (99, 1, {"default": Needs(gpus=0.5)}, "cuda", 4),
        (99, 1, {"default": Needs(memory="6GiB")}, "cpu", 2),
        (99, 1, {"default": Needs(gpus=1, memory="99GiB")}, "cpu", 1),  # refused later
        (99, 1, {"train": Needs(gpus=0.5), "score": Needs(gpus=0.5)}, "cpu", 4),
        (99, 1, {"default": Needs(memory="3GiB")}, "cpu", 4),  # 5 in sum, 2 on each node
    ],
)
def test_workers_are_as_many_as_the_cluster_has_room_for(
    most: int, threads: int, needs: dict[str, Needs], device: str, workers: int
) -> None:
    def processes(count: int) -> list[Needs]:
        return Placement(needs, device, count).processes()

    assert workers_that_fit(processes, most, threads) == workers
