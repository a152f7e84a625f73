"""The Ray runtime: threat actors, the defender and workers as Ray actors.

Each is a thin shell around `perform`. No actor reserves a CPU for life (eight threat actors
on one core would deadlock); the engine itself keeps no more training stages in flight than
there are cores for. Threat actors' processes never import torch.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from arena.engine.jobs import Job
from arena.engine.plan import Node
from arena.engine.store import Stage, Store
from arena.errors import ArenaError
from arena.runtime.base import Done
from arena.runtime.perform import perform, set_threads

OBJECT_STORE = 100 * 2**20  # bytes; models travel by path, so little goes through it
THREAT = "threat:"
RESTARTS = 2  # of a process that died; its stage is pure, so it just runs again


class ThreatActor:
    """An independent attacker in its own process; it gets its own brief and nothing else."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def run(self, stage: Stage, job: Job, replace: bool) -> dict[str, Any]:
        return perform(stage, job, self._store, replace=replace)


class Trainer(ThreatActor):
    """A long-lived process with torch loaded: a worker of the arena, or the defender, which
    sees the briefs it is sent and nothing else."""

    def __init__(self, store: Store, threads: int) -> None:
        super().__init__(store)
        set_threads(threads)


class OnRay:
    """Starts Ray (or joins the cluster at `address`), and stops what it started."""

    def __init__(
        self,
        store: Store,
        threads: int,
        workers: int,
        *,
        address: str | None = None,
        device: str = "cpu",
        replace: bool = False,
    ) -> None:
        self._store, self._threads, self._replace = store, threads, replace
        self._address, self._device = address, device
        self._workers = workers
        self._actors: dict[str, Any] = {}
        self._ours = False
        self._idle: list[str] = []
        self._flights: dict[Any, tuple[Node, str]] = {}

    def __enter__(self) -> Self:
        self._ours = _start_ray(self._address)
        for k in range(self._workers):
            self._idle.append(f"worker:{k}")
            self._actor(f"worker:{k}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import ray

        for actor in self._actors.values():
            ray.kill(actor)
        if self._ours:
            ray.shutdown()

    def room(self, node: Node) -> bool:
        """A threat actor takes one stage at a time; of training stages, the defender's among
        them, there are as many in flight as there are workers."""
        who = node.stage.party
        if who.startswith(THREAT):
            return all(holder != who for _, holder in self._flights.values())
        training = [h for _, h in self._flights.values() if not h.startswith(THREAT)]
        if len(training) >= self._workers:
            return False
        return "defender" not in training if who == "defender" else bool(self._idle)

    def start(self, node: Node) -> None:
        who = node.stage.party
        holder = who if who != "arena" else self._idle.pop(0)
        flight = self._actor(holder).run.remote(node.stage, node.job, self._replace)
        self._flights[flight] = (node, holder)

    def wait(self, timeout: float) -> list[Done]:
        import ray

        if not self._flights:
            return []
        landed, _ = ray.wait(list(self._flights), num_returns=1, timeout=timeout)
        return [self._land(flight) for flight in landed]

    def _land(self, flight: Any) -> Done:
        import ray

        node, holder = self._flights.pop(flight)
        if holder.startswith("worker:"):
            self._idle.append(holder)
        try:
            return Done(node, ray.get(flight))
        except ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            return Done(node, None, cause)
        except ray.exceptions.RayError as error:
            return Done(node, None, ArenaError(f"the process of {holder} died: {error}"))

    def _actor(self, holder: str) -> Any:
        """The living actor of a party; made when it is first needed."""
        if holder not in self._actors:
            self._actors[holder] = self._make(holder)
        return self._actors[holder]

    def _make(self, holder: str) -> Any:
        import ray

        options: dict[str, Any] = {
            "num_cpus": 0,
            "max_restarts": RESTARTS,
            "max_task_retries": RESTARTS,
        }
        if holder.startswith(THREAT):
            return ray.remote(ThreatActor).options(**options).remote(self._store)
        if self._device == "cuda":
            # rounded down to Ray's own grid, or the shares could add up to more than one
            options["num_gpus"] = int(10_000 / (self._workers + 1)) / 10_000
        return ray.remote(Trainer).options(**options).remote(self._store, self._threads)


def _start_ray(address: str | None) -> bool:
    """Initialise Ray quietly: no dashboard, a small object store, nothing sent anywhere.
    Returns whether it was not running in this process before."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    if ray.is_initialized():
        return False
    start: Callable[..., Any] = ray.init
    shared = {"log_to_driver": False, "logging_level": logging.ERROR}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if address is not None:
            start(address=address, **shared)
            return True
        start(
            address="local",
            num_cpus=os.cpu_count() or 1,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE,
            **shared,
        )
    return True
