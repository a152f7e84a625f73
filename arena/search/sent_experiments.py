"""Experiments of a search on nodes that do not share the store: each in a thread of this process,
its stages in Ray tasks that are sent their inputs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from concurrent import futures
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from arena.execution.ray_nodes import refuse_without_scratch, remove_scratch
from arena.execution.sending import Sender
from arena.execution.sent_stages import SentStages, one_stage
from arena.execution.threads import in_thread
from arena.search.evaluators import Evaluated, RayTasks
from arena.search.experiment import Experiment, Measured, run_experiment
from arena.store.store import Store


class SentExperiments(RayTasks):
    """Like RayTasks, but each stage's artifact is stored here as soon as it is made, so that the
    death of a node costs one stage."""

    def __init__(self, store: Store, *given: Any, **settings: Any) -> None:
        super().__init__(store, *given, **settings)
        self._sender = Sender(store)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import ray

        from arena.execution.ray_life import lost_process

        self._sender.close()
        if lost_process() is None:
            for flight in self._sender.flights:
                with contextlib.suppress(ray.exceptions.RayError, ValueError):
                    ray.cancel(flight, force=True)
            remove_scratch(self._sender.run)
        self._running.clear()
        super().__exit__(kind, error, trace)

    def _body(self) -> Callable[..., Any]:
        return one_stage

    def _check_nodes(self) -> None:
        refuse_without_scratch(self._sender.run)

    def _ended(self, timeout: float) -> Iterable[Future[Measured]]:
        return futures.wait(self._running, timeout, futures.FIRST_COMPLETED).done

    def _begun(self, experiment: Experiment) -> Future[Measured]:
        return in_thread(self._work(experiment), "experiment")

    def _work(self, experiment: Experiment) -> Callable[[], Measured]:
        def work() -> Measured:
            stages = SentStages(self._store, self._threads, self._sender, self._task.remote)
            with stages as runtime:
                return run_experiment(experiment, self._store, runtime)

        return work

    def _result(self, ended: Future[Measured]) -> Evaluated:
        key = self._running.pop(ended)
        try:
            return Evaluated(key, ended.result())
        except Exception as error:  # the driver decides whether the search stops
            return Evaluated(key, None, error)
