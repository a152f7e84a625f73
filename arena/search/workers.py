"""Who measures: Ray tasks, several at a time, or this process.

A task whose process dies is started again by Ray; what it had finished is in the store.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from arena.api.values import Row
from arena.errors import ArenaError
from arena.execution.perform import give_back_memory, load_libraries
from arena.execution.serial import Serial
from arena.search.experiment import Ask, measured
from arena.store.store import Store

RETRIES = 3  # of a task whose process died


@dataclass(frozen=True)
class Answer:
    """What came of an ask: rows, or what went wrong."""

    key: Hashable
    rows: list[Row] | None
    error: Exception | None = None


class Crew(Protocol):
    """Answers asks, in whatever order they end. A context manager."""

    def ask(self, key: Hashable, ask: Ask) -> None:
        """Queue one."""

    def wait(self, timeout: float) -> list[Answer]:
        """Those that ended, waiting up to `timeout` seconds for the first."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Alone:
    """Measures in this process, one ask after another."""

    def __init__(self, store: Store, threads: int) -> None:
        self._store, self._runtime = store, Serial(store, threads)
        self._asked: deque[tuple[Hashable, Ask]] = deque()

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

    def ask(self, key: Hashable, ask: Ask) -> None:
        self._asked.append((key, ask))

    def wait(self, timeout: float) -> list[Answer]:
        if not self._asked:
            return []
        key, ask = self._asked.popleft()
        try:
            return [Answer(key, measured(ask, self._store, self._runtime))]
        except Exception as error:  # handed to the search, which decides what it stops
            return [Answer(key, None, error)]


class RayTasks:
    """Measures in Ray tasks, `workers` at a time; starts Ray, or joins the cluster at `address`."""

    def __init__(
        self,
        store: Store,
        threads: int,
        workers: int,
        *,
        address: str | None = None,
        device: str = "cpu",
    ) -> None:
        self._store, self._threads, self._workers = store, threads, workers
        self._address, self._device = address, device
        self._queue: deque[tuple[Hashable, Ask]] = deque()
        self._flights: dict[Any, Hashable] = {}
        self._ours = False
        self._task: Any = None

    def __enter__(self) -> Self:
        import ray

        from arena.execution.ray_processes import start_ray

        self._ours = start_ray(self._address)
        options: dict[str, Any] = {
            "num_cpus": 0,
            "max_retries": RETRIES,
            "scheduling_strategy": "SPREAD",
        }
        if self._device == "cuda":
            # rounded down to Ray's own grid, or the shares could add up to more than one
            options["num_gpus"] = int(10_000 / self._workers) / 10_000
        self._task = ray.remote(_measure).options(**options)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import ray

        for flight in self._flights:
            ray.cancel(flight, force=True)
        if self._ours:
            ray.shutdown()

    def ask(self, key: Hashable, ask: Ask) -> None:
        self._queue.append((key, ask))
        self._start()

    def wait(self, timeout: float) -> list[Answer]:
        import ray

        if not self._flights:
            return []
        landed, _ = ray.wait(list(self._flights), num_returns=1, timeout=timeout)
        answers = [self._land(flight) for flight in landed]
        self._start()
        return answers

    def _start(self) -> None:
        """Keep as many in flight as there are workers: Ray itself would start them all."""
        while self._queue and len(self._flights) < self._workers:
            key, ask = self._queue.popleft()
            self._flights[self._task.remote(ask, self._store, self._threads)] = key

    def _land(self, flight: Any) -> Answer:
        import ray

        key = self._flights.pop(flight)
        try:
            return Answer(key, ray.get(flight))
        except ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            return Answer(key, None, cause)
        except ray.exceptions.RayError as error:
            return Answer(key, None, ArenaError(f"its process died {RETRIES + 1} times: {error}"))


def _measure(ask: Ask, store: Store, threads: int) -> list[Row]:
    """The body of a task; its process is used again for the next."""
    with Serial(store, threads) as runtime:
        load_libraries()
        try:
            return measured(ask, store, runtime)
        finally:
            give_back_memory()
