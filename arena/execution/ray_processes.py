"""Ray itself and the processes it runs for the arena: thin shells around `perform`."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from arena import plugins
from arena.api.job import Job
from arena.execution.perform import give_back_memory, load_libraries, perform, set_threads
from arena.store.store import Stage, Store

OBJECT_STORE = 100 * 2**20  # bytes; models travel by path, so little goes through it


class ThreatActor:
    """An independent attacker in its own process; it gets its own brief and nothing else.

    Args:
        shipped: `arena.plugins.loaded()` of the driver; jobs that use them are unpickled later.
    """

    def __init__(self, store: Store, shipped: Sequence[plugins.Plugin] = ()) -> None:
        self._store = store
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        plugins.install(shipped)

    def run(self, stage: Stage, job: Job, replace: bool) -> dict[str, Any]:
        return perform(stage, job, self._store, replace=replace)


class Trainer(ThreatActor):
    """A long-lived process with torch loaded: a worker of the arena, or the defender, which
    sees the briefs it is sent and nothing else."""

    def __init__(self, store: Store, threads: int, shipped: Sequence[plugins.Plugin] = ()) -> None:
        super().__init__(store, shipped)
        set_threads(threads)
        load_libraries()

    def run(self, stage: Stage, job: Job, replace: bool) -> dict[str, Any]:
        try:
            return super().run(stage, job, replace)
        finally:
            give_back_memory()


def start_ray(address: str | None) -> bool:
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
