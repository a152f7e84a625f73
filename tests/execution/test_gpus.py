"""GPUs as Ray counts them: no two stages are on one at a time unless they ask for a part."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from arena.errors import InputError
from arena.execution.ray_runtime import OnRay
from arena.scenario.needs import Needs
from arena.store.store import Store
from tests.support import toy_jobs
from tests.support.toy_jobs import ToyJob, details, node

pytestmark = pytest.mark.slow
SECONDS = 0.3


@dataclass(frozen=True)
class OnGpu(ToyJob):
    """Says which GPUs its process has, and when it ran."""

    def run(self, inputs: Mapping[str, Path], out: Path, progress: Any) -> dict[str, Any]:
        import ray

        began = time.time()
        time.sleep(SECONDS)
        return {"gpus": ray.get_gpu_ids(), "pid": os.getpid(), "began": began, "ended": time.time()}


@pytest.fixture(scope="module", autouse=True)
def _two_gpus() -> Iterator[None]:
    import ray
    from ray import cloudpickle

    from arena.execution import ray_cluster

    ray_cluster._stay_on_loopback()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(address="local", num_cpus=2, num_gpus=2, include_dashboard=False,
                 object_store_memory=ray_cluster.OBJECT_STORE, log_to_driver=False)  # fmt: skip
        cloudpickle.register_pickle_by_value(toy_jobs)
        cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))
        yield
        ray.shutdown()


def ran(runtime: OnRay, store: Store, kinds: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Do stages of these kinds and parties, once all processes are there; what each saw."""
    while runtime._to_start or runtime._starting:
        runtime.wait(0.2)
    stages = [node(f"{k} {n}", OnGpu(), party, kind=k) for n, (k, party) in enumerate(kinds)]
    return details(runtime, store, stages)


def overlapping(seen: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs that ran on the same GPU at the same time."""
    return [
        (one, other)
        for one, other in combinations(seen, 2)
        if set(one["gpus"]) & set(other["gpus"])
        and one["began"] < other["ended"]
        and other["began"] < one["ended"]
    ]


def test_unasked_no_two_stages_are_on_one_gpu_and_both_gpus_work(tmp_path: Path) -> None:
    with OnRay(Store(tmp_path), 1, 2, parties=("defender",), device="cuda") as runtime:
        kinds = [("train", "arena"), ("unlearn", "defender"), ("score", "arena")] * 4
        seen = ran(runtime, Store(tmp_path), kinds)
    assert all(len(each["gpus"]) == 1 for each in seen)
    assert len({each["gpus"][0] for each in seen}) == 2
    assert len({each["pid"] for each in seen}) == 3  # two workers and the defender
    assert not overlapping(seen)


def test_stages_that_ask_for_a_part_share_a_gpu_and_the_rest_do_not(tmp_path: Path) -> None:
    needs = {"score": Needs(gpus=0.5), "unlearn": Needs(gpus=0.5)}
    with OnRay(Store(tmp_path), 1, 1, device="cuda", needs=needs) as runtime:
        kinds = [("train", "arena"), ("score", "arena"), ("train", "arena")]
        train, score, again = ran(runtime, Store(tmp_path), kinds)
    assert train["pid"] == again["pid"] != score["pid"]
    assert train["gpus"] == again["gpus"] != score["gpus"]


def test_more_gpus_than_there_are_is_wrong_input_at_the_start(tmp_path: Path) -> None:
    runtime = OnRay(Store(tmp_path), 1, 3, device="cuda")
    with pytest.raises(InputError, match=r"more than the cluster has \(CPU 2, GPU 2") as refused:
        runtime.__enter__()
    assert (refused.value.key, refused.value.found) == ("runtime.workers", "GPU 3")
