"""The processes that Ray runs for the arena: thin shells around `perform`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from arena import plugins
from arena.api.job import Job
from arena.execution.perform import give_back_memory, load_libraries, perform
from arena.execution.ray_nodes import refuse_unshared_here
from arena.execution.sending import Refs, perform_sent
from arena.ml.process import set_threads
from arena.store.parcels import Parcel
from arena.store.probe import Probe
from arena.store.store import Stage, Store


class ThreatActor:
    """An independent attacker in its own process; it receives its own brief and nothing else.

    Args:
        shipped: `arena.plugins.loaded()` of the driver; jobs that use them are unpickled later.
        probe: of the store, on a cluster, since a node may join after the others were checked. None
            if nodes have their own stores.
    """

    def __init__(
        self, store: Store, shipped: Sequence[plugins.Plugin] = (), probe: Probe | None = None
    ) -> None:
        self._store, self._probe = store, probe
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        plugins.install(shipped)

    def run(self, stage: Stage, job: Job, replace: bool) -> dict[str, Any]:
        refuse_unshared_here(self._probe)
        return perform(stage, job, self._store, replace=replace)

    def run_sent(self, stage: Stage, job: Job, run: str, inputs: Refs, replace: bool) -> Parcel:
        """Do the same as `run`, on a node that does not see the store."""
        return perform_sent(stage, job, run, inputs, replace)


class Trainer(ThreatActor):
    """A long-lived process with torch loaded: a worker of the arena, or the defender, which sees
    its briefs and nothing else."""

    def __init__(
        self,
        store: Store,
        threads: int,
        shipped: Sequence[plugins.Plugin] = (),
        probe: Probe | None = None,
    ) -> None:
        super().__init__(store, shipped, probe)
        set_threads(threads)
        load_libraries()

    def run(self, stage: Stage, job: Job, replace: bool) -> dict[str, Any]:
        try:
            return super().run(stage, job, replace)
        finally:
            give_back_memory()

    def run_sent(self, stage: Stage, job: Job, run: str, inputs: Refs, replace: bool) -> Parcel:
        try:
            return super().run_sent(stage, job, run, inputs, replace)
        finally:
            give_back_memory()
