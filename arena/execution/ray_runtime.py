"""The Ray runtime: threat actors, the defender and workers as Ray actors.

Each is a thin shell around `perform`. No actor reserves a CPU for its lifetime (eight threat actors
on one core would deadlock); instead the engine runs no more training stages at once than there are
cores for. Threat actors' processes never import torch. Workers take seconds to start; meanwhile the
clerk, a thread of this process, does the arena's own work on text. No more processes start at the
same time than there are free cores, those that the first stages need first.

If nodes do not share the store, a thread of this process waits for each stage and publishes the
artifact that comes back (arena.execution.sending).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent import futures
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from arena import plugins
from arena.api.job import Progress
from arena.errors import MachineError
from arena.execution.perform import nowhere, perform
from arena.execution.placement import (
    NONE,
    Placement,
    amounts,
    cores_of_cluster,
    options,
    refuse_too_much,
    workers_that_fit,
)
from arena.execution.ray_cluster import start_ray
from arena.execution.ray_life import lost_process, refuse_lost, stop_ray, without_reports
from arena.execution.ray_nodes import refuse_unshared, refuse_without_scratch, remove_scratch
from arena.execution.ray_processes import ThreatActor, Trainer
from arena.execution.runtime import Done
from arena.execution.sending import Refs, Sender
from arena.execution.threads import in_thread
from arena.planning.graph import Node
from arena.scenario.needs import Needs
from arena.store.probe import Probe, probe
from arena.store.store import Store

THREAT, WORKER = "threat:", "worker:"
FIRST = f"{WORKER}0"  # takes turns with the defender if both reserve the same
ARENA, DEFENDER, CLERK = "arena", "defender", "clerk"
GLANCE = 0.02  # seconds
START_LIMIT = 300.0  # seconds to wait for a process to start
RESTARTS = 2  # attempts after a process died; stages are pure, so they can run again
UNLIMITED = -1  # attempts while a process cannot be reached: a node died, and Ray does not know yet


class OnRay:
    """Starts Ray (or joins the cluster at `address`), and stops what it started.

    Args:
        workers: processes that train and score; at most this many such stages run at once.
        most: on a cluster, in place of `workers`: as many as it has room for, up to this number.
        sent: whether nodes are sent their stages' inputs instead of sharing the store.
        needs: resources of stages, by kind; kinds with different needs get the same number of
            separate processes, which start when first needed.
        parties: the parties that have stages; the defender's process is then started in advance.
        seeds: that are defended; with many workers the defender has more than one process, each for
            its own seeds.
    """

    def __init__(
        self,
        store: Store,
        threads: int,
        workers: int,
        *,
        parties: Collection[str] = (),
        seeds: int = 1,
        address: str | None = None,
        device: str = "cpu",
        replace: bool = False,
        needs: Mapping[str, Needs] | None = None,
        most: int | None = None,
        sent: bool = False,
    ) -> None:
        self._store, self._threads, self._replace = store, threads, replace
        self._address, self._device = address, device
        self._needs, self._most = needs or {}, None if address is None else most
        self._sender = Sender(store) if sent else None
        self._seats: dict[int, str] = {}  # the defender's process of each seed
        self._staffed = {0}  # pools whose workers have started, or are waiting to
        self._group: Any = None  # the reservation that the defender and the first worker share
        self._probe: Probe | None = None
        self._until_exit = contextlib.ExitStack()
        self._cores = os.cpu_count() or 1
        self._parties, self._count = parties, seeds
        self._hire(workers)
        self._starting: dict[Any, str] = {}
        self._began: dict[str, float] = {}
        self._actors: dict[str, Any] = {}
        self._idle: list[str] = []
        self._flights: dict[Any, tuple[Node, str]] = {}
        self._ours = False

    def _hire(self, workers: int) -> None:
        """Decide the number of workers."""
        self._workers = workers
        self._placement = Placement(self._needs, self._device, workers, self._count)
        defender = [DEFENDER] if DEFENDER in self._parties else []
        staff = [f"{WORKER}{k}" for k in range(workers)]
        self._to_start = [staff[0], *defender, *staff[1:]]

    def __enter__(self) -> Self:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        self._ours = start_ray(self._address)  # not in a thread: Ray would end with it
        try:
            self._check_cluster()
            self._start_processes()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _check_cluster(self) -> None:
        """Refuse a cluster with too few resources, or whose nodes cannot use the store."""
        if self._most is not None:
            self._hire(self._fitting(self._most))
        asked = "runtime.resources" if self._placement.needs else "runtime.workers"
        refuse_too_much(self._placement.processes(), asked)
        if self._placement.paired:
            self._group = _reservation(self._placement.defender)
        if self._address is not None:
            self._cores = cores_of_cluster()
        if self._sender is not None:
            refuse_without_scratch(self._sender.run)
        elif self._address is not None:
            self._probe = self._until_exit.enter_context(probe(self._store))
            refuse_unshared(self._probe)

    def _fitting(self, most: int) -> int:
        def processes(workers: int) -> Sequence[Needs]:
            return Placement(self._needs, self._device, workers, self._count).processes()

        return workers_that_fit(processes, most, self._threads)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with without_reports():
            if lost_process() is None:  # otherwise there is no cluster to ask
                self._dismiss()
            self._until_exit.close()
            if self._ours:
                stop_ray()

    def _dismiss(self) -> None:
        """End the processes, and release what they reserved and kept."""
        import ray

        for actor in self._actors.values():
            ray.kill(actor)
        if self._sender is not None:
            self._sender.close()
            remove_scratch(self._sender.run)
        if self._group is not None:
            ray.util.remove_placement_group(self._group)

    def expect(self, nodes: Collection[Node]) -> None:
        if self._sender is not None:
            self._sender.expect(nodes)

    def skip(self, node: Node) -> None:
        if self._sender is not None:
            self._sender.ended([node])

    def room(self, node: Node) -> bool:
        """Whether a party can take a stage now. Each takes one at a time; at most as many training
        stages run as there are workers, the defender's included. Threat actors' processes start
        when no more urgent one is starting."""
        holder = self._holder(node)
        busy = [who for _, who in self._flights.values()]
        if holder is None:
            self._staff(self._placement.pool(node.stage.kind))
            return False
        if holder in busy or (holder == DEFENDER and self._taken(FIRST)):
            return False
        if holder == CLERK:
            return True
        if not holder.startswith(WORKER) and holder not in self._actors and not self._can_start():
            return False
        return holder.startswith(THREAT) or sum(map(_trains, busy)) < self._workers

    def _holder(self, node: Node) -> str | None:
        """Which process would run it: the party itself, except that a worker trains for a threat
        actor (whose process has no torch). Of the arena's stages the clerk runs those on text,
        unless it is busy and a worker is idle."""
        party, on_text = node.stage.party, not node.job.resources.model
        if party == DEFENDER:
            return self._seat(node.stage.seed)
        if party.startswith(THREAT) and on_text:
            return party
        clerk_busy = any(who == CLERK for _, who in self._flights.values())
        if on_text and not (clerk_busy and self._idle):
            return CLERK
        return self._idle_worker(None if on_text else self._placement.pool(node.stage.kind))

    def _seat(self, seed: int) -> str:
        """The defender's process of a seed; seeds take turns on the processes that there may be."""
        free = _seat_name(len(self._seats) % self._placement.seats)
        return self._seats.setdefault(seed, free)

    def _idle_worker(self, pool: int | None) -> str | None:
        """An idle worker of a pool, or of any pool. The one that takes turns with the defender
        comes last, and is not idle while the defender works."""
        able = [who for who in self._idle if pool is None or _pool(who) == pool]
        if self._group is not None and FIRST in able:
            able.remove(FIRST)
            able += [] if self._taken(DEFENDER) else [FIRST]
        return able[0] if able else None

    def _taken(self, holder: str) -> bool:
        """Whether the other of the two that take turns is busy."""
        return self._group is not None and any(who == holder for _, who in self._flights.values())

    def _staff(self, pool: int) -> None:
        """Start a pool's workers, now that a stage needs one."""
        if pool not in self._staffed:
            self._staffed.add(pool)
            self._to_start += [f"{WORKER}{k}/{pool}" for k in range(self._workers)]

    def waits_for(self) -> str:
        starting = [*self._starting.values(), *self._to_start]
        trainers = sum(map(_trains, starting))
        actors = [who.removeprefix(THREAT) for who in starting if not _trains(who)]
        processes = "1 process" if trainers == 1 else f"{trainers} processes"
        loading = f"loading torch in {processes}" if trainers else ""
        return loading or (f"starting the process of {', '.join(actors)}" if actors else "")

    def start(self, node: Node, tell: Progress = nowhere) -> None:
        """Begin a stage; its progress is read from the store's progress file."""
        holder = self._holder(node)
        assert holder is not None  # the engine checked `room` first
        if holder in self._idle:
            self._idle.remove(holder)
        if holder == CLERK:
            flight: Any = in_thread(
                lambda: perform(node.stage, node.job, self._store, replace=self._replace), CLERK
            )
        elif self._sender is not None:
            flight = in_thread(self._through(self._sender, node, self._actor(holder)), holder)
        else:
            flight = self._actor(holder).run.remote(node.stage, node.job, self._replace)
        self._flights[flight] = (node, holder)

    def _through(self, sender: Sender, node: Node, actor: Any) -> Callable[[], dict[str, Any]]:
        """A function that submits a stage to an actor, with all inputs sent along."""

        def call(inputs: Refs) -> Any:
            return actor.run_sent.remote(node.stage, node.job, sender.run, inputs, self._replace)

        return lambda: sender.carry_out(node.stage, call, replace=self._replace)

    def wait(self, timeout: float) -> list[Done]:
        import ray

        here = [flight for flight in self._flights if isinstance(flight, Future)]
        there = [ref for ref in (*self._flights, *self._starting) if ref not in here]
        # both Ray tasks and threads to wait for: poll each in turn
        patience = min(timeout, GLANCE) if here else timeout
        landed, _ = ray.wait(there, num_returns=1, timeout=patience) if there else ([], [])
        refuse_lost()
        self._have_started([ref for ref in landed if ref in self._starting])
        self._refuse_to_wait_forever()
        ended = futures.wait(here, 0 if there else timeout, futures.FIRST_COMPLETED).done
        done = [self._land(f) for f in (*landed, *ended) if f in self._flights]
        self._start_processes()
        return done

    def _have_started(self, ready: Iterable[Any]) -> None:
        import ray

        for ref in ready:
            holder = self._starting.pop(ref)
            try:
                ray.get(ref)
            except ray.exceptions.RayError as error:
                raise MachineError(f"the process of {holder} could not start: {error}") from error
            if holder.startswith(WORKER):
                self._idle.append(holder)

    def _refuse_to_wait_forever(self) -> None:
        for holder in self._starting.values():
            if time.monotonic() - self._began[holder] > START_LIMIT:
                gpu = self._device == "cuda" and _trains(holder)
                raise MachineError(_not_started(holder, gpu))

    def _start_processes(self) -> None:
        while self._to_start and self._can_start():
            self._actor(self._to_start.pop(0))

    def _can_start(self) -> bool:
        """Whether a core is free for another process to start; the first may always start."""
        working = sum(not who.startswith(THREAT) for _, who in self._flights.values())
        return len(self._starting) < max(1, self._cores - working)

    def _land(self, flight: Any) -> Done:
        import ray

        node, holder = self._flights.pop(flight)
        if self._sender is not None:
            self._sender.ended([node])
        if holder.startswith(WORKER):
            self._idle.append(holder)
        try:
            return Done(node, flight.result() if isinstance(flight, Future) else ray.get(flight))
        except ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            return Done(node, None, cause)
        except ray.exceptions.RayError as error:
            return Done(node, None, MachineError(f"the process of {holder} died: {error}"))
        except Exception as error:  # of our own thread: for the engine to handle
            return Done(node, None, error)

    def _actor(self, holder: str) -> Any:
        """The living actor of a party; created when first needed."""
        if holder not in self._actors:
            actor = self._actors[holder] = self._make(holder)
            self._starting[actor.__ray_ready__.remote()] = holder
            self._began[holder] = time.monotonic()
        return self._actors[holder]

    def _make(self, holder: str) -> Any:
        import ray

        chosen = {"max_restarts": RESTARTS, "max_task_retries": UNLIMITED, **self._place(holder)}
        shipped = plugins.loaded()
        if not _trains(holder):
            threat = ray.remote(ThreatActor).options(**chosen)
            return threat.remote(self._store, shipped, self._probe)
        trainer = ray.remote(Trainer).options(**chosen)
        return trainer.remote(self._store, self._threads, shipped, self._probe)

    def _place(self, holder: str) -> dict[str, Any]:
        """The resources that a process reserves, and where it may run."""
        spread: dict[str, Any] = {"scheduling_strategy": "SPREAD"}
        if not _trains(holder):
            return {**options(NONE), **spread}
        if self._group is not None and holder in (FIRST, DEFENDER):
            from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

            there = PlacementGroupSchedulingStrategy(self._group)
            return {**options(self._placement.defender, 2), "scheduling_strategy": there}
        placement = self._placement
        worker = holder.startswith(WORKER)
        needs = placement.pools[_pool(holder)] if worker else placement.defender
        return {**options(needs), **spread}


def _reservation(needs: Needs) -> Any:
    """The placement group that two processes take turns on: without it, Ray would give them
    different GPUs."""
    from ray.util import placement_group

    return placement_group([amounts(needs)])


def _pool(worker: str) -> int:
    """The pool of a worker, `worker:K/POOL`; workers of the first pool have no number."""
    return int(worker.partition("/")[2] or 0)


def _seat_name(index: int) -> str:
    return f"{DEFENDER}:{index}" if index else DEFENDER


def _trains(holder: str) -> bool:
    return holder != CLERK and not holder.startswith(THREAT)


def _not_started(holder: str, gpu: bool) -> str:
    """What to say of a process that Ray did not start in time, and what helps."""
    waited = f"Ray did not start the process of {holder} within {START_LIMIT:.0f} s"
    if gpu:
        return f"{waited}: it waits for a GPU that Ray does not provide"
    return (
        f"{waited}: Ray has no core left for it, or this machine is overloaded (load "
        f"{os.getloadavg()[0]:.0f} on {os.cpu_count()} cores). Run it again when the machine is "
        "free, or without Ray: --set runtime.backend=serial"
    )
