"""The Ray runtime: threat actors, the defender, a clerk and workers as Ray actors.

Each is a thin shell around `perform`. No actor reserves a CPU for life (eight threat actors
on one core would deadlock); the engine itself keeps no more training stages in flight than
there are cores for. Threat actors and the clerk, who does the arena's own work on text, never
import torch. Processes start no more at a time than there are cores: what the first stages need
first, the rest while those run.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Collection, Iterable
from types import TracebackType
from typing import Any, Self

from arena.engine.jobs import Job
from arena.engine.plan import Node
from arena.engine.store import Stage, Store
from arena.errors import ArenaError
from arena.runtime.base import Done
from arena.runtime.perform import load_libraries, perform, set_threads

OBJECT_STORE = 100 * 2**20  # bytes; models travel by path, so little goes through it
THREAT, WORKER = "threat:", "worker:"
ARENA, DEFENDER, CLERK = "arena", "defender", "clerk"
TEXT_KINDS = ("examples", "tokenizer", "pointer")  # stages that need no torch
RESTARTS = 2  # of a process that died; its stage is pure, so it just runs again


class ThreatActor:
    """An independent attacker in its own process; it gets its own brief and nothing else."""

    def __init__(self, store: Store) -> None:
        self._store = store
        os.environ["TOKENIZERS_PARALLELISM"] = "false"

    def run(self, stage: Stage, job: Job, replace: bool) -> dict[str, Any]:
        return perform(stage, job, self._store, replace=replace)


class Trainer(ThreatActor):
    """A long-lived process with torch loaded: a worker of the arena, or the defender, which
    sees the briefs it is sent and nothing else."""

    def __init__(self, store: Store, threads: int) -> None:
        super().__init__(store)
        set_threads(threads)
        load_libraries()


class OnRay:
    """Starts Ray (or joins the cluster at `address`), and stops what it started.

    Args:
        workers: processes that train and score; at most so many stages of that kind run at once.
        parties: who has a stage to do; the defender's process then starts before it is needed.
    """

    def __init__(
        self,
        store: Store,
        threads: int,
        workers: int,
        *,
        parties: Collection[str] = (),
        address: str | None = None,
        device: str = "cpu",
        replace: bool = False,
    ) -> None:
        self._store, self._threads, self._replace = store, threads, replace
        self._address, self._device = address, device
        self._workers = workers
        self._cores = os.cpu_count() or 1
        defender = [DEFENDER] if DEFENDER in parties else []
        staff = [f"{WORKER}{k}" for k in range(workers)]
        self._to_start = [CLERK, staff[0], *defender, *staff[1:]]
        self._starting: dict[Any, str] = {}
        self._actors: dict[str, Any] = {}
        self._ours = False
        self._idle: list[str] = []
        self._flights: dict[Any, tuple[Node, str]] = {}

    def __enter__(self) -> Self:
        self._ours = _start_ray(self._address)
        self._start_processes()
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
        """Each party takes one stage at a time; of training stages, the defender's among them,
        there are as many in flight as there are workers. Threat actors' processes start when
        no more urgent one is starting."""
        holder = self._holder(node)
        busy = [who for _, who in self._flights.values()]
        if holder is None or holder in busy:
            return False
        if holder.startswith(THREAT):
            return holder in self._actors or len(self._starting) < self._cores
        if holder == CLERK:
            return True
        return sum(_trains(who) for who in busy) < self._workers

    def _holder(self, node: Node) -> str | None:
        """Who would do it: the party itself; of the arena's stages the clerk does those on
        text, unless it is busy and a worker is not."""
        if node.stage.party != ARENA:
            return node.stage.party
        clerk_busy = any(who == CLERK for _, who in self._flights.values())
        if node.stage.kind in TEXT_KINDS and not (clerk_busy and self._idle):
            return CLERK
        return self._idle[0] if self._idle else None

    def start(self, node: Node) -> None:
        holder = self._holder(node)
        assert holder is not None  # the engine asked for room first
        if holder in self._idle:
            self._idle.remove(holder)
        flight = self._actor(holder).run.remote(node.stage, node.job, self._replace)
        self._flights[flight] = (node, holder)

    def wait(self, timeout: float) -> list[Done]:
        import ray

        watched = [*self._flights, *self._starting]
        if not watched:
            return []
        landed, _ = ray.wait(watched, num_returns=1, timeout=timeout)
        self._have_started([ref for ref in landed if ref in self._starting])
        return [self._land(flight) for flight in landed if flight in self._flights]

    def _have_started(self, ready: Iterable[Any]) -> None:
        import ray

        for ref in ready:
            holder = self._starting.pop(ref)
            try:
                ray.get(ref)
            except ray.exceptions.RayError as error:
                raise ArenaError(f"the process of {holder} could not start: {error}") from error
            if holder.startswith(WORKER):
                self._idle.append(holder)
        self._start_processes()

    def _start_processes(self) -> None:
        while self._to_start and len(self._starting) < self._cores:
            self._actor(self._to_start.pop(0))

    def _land(self, flight: Any) -> Done:
        import ray

        node, holder = self._flights.pop(flight)
        if holder.startswith(WORKER):
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
            actor = self._actors[holder] = self._make(holder)
            self._starting[actor.__ray_ready__.remote()] = holder
        return self._actors[holder]

    def _make(self, holder: str) -> Any:
        import ray

        options: dict[str, Any] = {
            "num_cpus": 0,
            "max_restarts": RESTARTS,
            "max_task_retries": RESTARTS,
        }
        if not _trains(holder):
            return ray.remote(ThreatActor).options(**options).remote(self._store)
        if self._device == "cuda":
            # rounded down to Ray's own grid, or the shares could add up to more than one
            options["num_gpus"] = int(10_000 / (self._workers + 1)) / 10_000
        return ray.remote(Trainer).options(**options).remote(self._store, self._threads)


def _trains(holder: str) -> bool:
    return holder != CLERK and not holder.startswith(THREAT)


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
