"""Evaluators run the experiments of a search: in Ray tasks, several at a time, or in this process.

Ray restarts a task whose process dies; its finished stages are in the store.
"""

from __future__ import annotations

import contextlib
import pickle
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from arena import plugins
from arena.api import limits
from arena.errors import MachineError
from arena.execution.perform import give_back_memory, load_libraries
from arena.execution.placement import Placement, options, refuse_too_much, workers_that_fit
from arena.execution.ray_nodes import UnsharedStoreError, refuse_unshared, refuse_unshared_here
from arena.execution.serial import Serial
from arena.results.rows import Row
from arena.scenario.needs import Needs
from arena.search.experiment import Experiment, Measured, run_experiment
from arena.store.probe import Probe, probe
from arena.store.store import Store

RETRIES = 3  # retries of a task whose process died


@dataclass(frozen=True)
class Evaluated:
    """What an experiment measured, or the error that it raised. key: as submitted."""

    key: Hashable
    measured: Measured | None
    error: Exception | None = None

    @property
    def rows(self) -> list[Row] | None:
        """Return the rows; None if it raised an error."""
        return None if self.measured is None else list(self.measured.rows)


class Evaluators(Protocol):
    """Run experiments and return them in the order in which they end."""

    def submit(self, key: Hashable, experiment: Experiment) -> None:
        """Queue an experiment."""

    def wait(self, timeout: float) -> list[Evaluated]:
        """Return those that ended, waiting up to `timeout` seconds for the first."""


class InProcess:
    """Runs experiments in this process, one after another."""

    workers = 1

    def __init__(self, store: Store, threads: int) -> None:
        self._store, self._runtime = store, Serial(store, threads)
        self._queue: deque[tuple[Hashable, Experiment]] = deque()

    def __enter__(self) -> Self:
        self._runtime.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def submit(self, key: Hashable, experiment: Experiment) -> None:
        self._queue.append((key, experiment))

    def wait(self, timeout: float) -> list[Evaluated]:
        if not self._queue:
            return []
        key, experiment = self._queue.popleft()
        try:
            return [Evaluated(key, run_experiment(experiment, self._store, self._runtime))]
        except Exception as error:  # the driver decides whether the search stops
            return [Evaluated(key, None, error)]


class RayTasks:
    """Runs experiments in Ray tasks, `workers` at a time; starts Ray, or joins `address`.

    Args:
        workers: None for as many as the cluster has room for.
    """

    def __init__(
        self,
        store: Store,
        threads: int,
        workers: int | None,
        *,
        address: str | None = None,
        device: str = "cpu",
        needs: Mapping[str, Needs] | None = None,
    ) -> None:
        self._store, self._threads, self._address = store, threads, address
        self._placement, self._given = Placement(needs or {}, device), workers
        self.workers = workers or 1
        self._probe: Probe | None = None
        self._until_exit = contextlib.ExitStack()
        self._queue: deque[tuple[Hashable, Experiment]] = deque()
        self._running: dict[Any, Hashable] = {}
        self._started_ray = False
        self._task: Any = None

    def __enter__(self) -> Self:
        import ray

        from arena.execution.ray_cluster import start_ray

        self._started_ray = start_ray(self._address)
        try:
            self._check_cluster()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        chosen: dict[str, Any] = {
            **options(self._placement.whole),
            "max_retries": RETRIES,
            "scheduling_strategy": "SPREAD",
        }
        self._task = ray.remote(self._body()).options(**chosen)
        return self

    def _body(self) -> Callable[..., Any]:
        """The function that a task runs."""
        return _measure

    def _check_cluster(self) -> None:
        """Refuse a cluster with too few resources, or whose nodes cannot use the store."""
        self.workers = self._given or workers_that_fit(self._beside, limits.WORKERS, self._threads)
        asked = "runtime.resources" if self._placement.needs else "runtime.workers"
        refuse_too_much(self._beside(self.workers), asked)
        self._check_nodes()

    def _beside(self, workers: int) -> list[Needs]:
        return [self._placement.whole] * workers

    def _check_nodes(self) -> None:
        if self._address is not None:
            self._probe = self._until_exit.enter_context(probe(self._store))
            refuse_unshared(self._probe)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import ray

        from arena.execution.ray_life import lost_process, stop_ray, without_reports

        with without_reports():
            if lost_process() is None:  # otherwise there is no cluster to ask
                for task in self._running:
                    ray.cancel(task, force=True)
            self._until_exit.close()
            if self._started_ray:
                stop_ray()

    def submit(self, key: Hashable, experiment: Experiment) -> None:
        self._queue.append((key, experiment))
        self._start()

    def wait(self, timeout: float) -> list[Evaluated]:
        from arena.execution.ray_life import refuse_lost

        if not self._running:
            return []
        ended = self._ended(timeout)
        refuse_lost()
        answers = [self._result(each) for each in ended]
        self._start()
        return answers

    def _ended(self, timeout: float) -> Iterable[Any]:
        """The running experiments that ended, waiting up to `timeout` seconds for the first."""
        import ray

        ended, _ = ray.wait(list(self._running), num_returns=1, timeout=timeout)
        return list(ended)

    def _start(self) -> None:
        """Keep one experiment running per worker: Ray itself would start them all."""
        while self._queue and len(self._running) < self.workers:
            key, experiment = self._queue.popleft()
            self._running[self._begun(experiment)] = key

    def _begun(self, experiment: Experiment) -> Any:
        """Start an experiment, and return what its result comes from."""
        # pickled here, so that the process can load the plug-ins before it unpickles
        packed = pickle.dumps(experiment)
        return self._task.remote(plugins.loaded(), packed, self._store, self._threads, self._probe)

    def _result(self, task: Any) -> Evaluated:
        import ray

        key = self._running.pop(task)
        try:
            return Evaluated(key, ray.get(task))
        except ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            if isinstance(cause, UnsharedStoreError):
                raise cause from error  # not the trial's fault
            return Evaluated(key, None, cause)
        except ray.exceptions.RayError as error:
            died = f"its process died {RETRIES + 1} times: {error}"
            return Evaluated(key, None, MachineError(died))


def _measure(
    shipped: Sequence[plugins.Plugin],
    packed: bytes,
    store: Store,
    threads: int,
    probe: Probe | None,
) -> Measured:
    """The body of a task; Ray reuses its process for the next one."""
    refuse_unshared_here(probe)
    plugins.install(shipped)
    experiment: Experiment = pickle.loads(packed)
    with Serial(store, threads) as runtime:
        load_libraries()
        try:
            return run_experiment(experiment, store, runtime)
        finally:
            give_back_memory()
