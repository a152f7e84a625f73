"""One stage after another, each in a Ray task on a node that is sent its inputs: for searches,
whose experiments run in parallel."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Any, Self

from arena import plugins
from arena.api.job import Progress
from arena.execution.perform import give_back_memory, load_libraries, perform
from arena.execution.sending import Refs, Sender, perform_sent
from arena.execution.serial import Serial
from arena.ml.process import set_threads
from arena.planning.graph import Node
from arena.store.parcels import Parcel
from arena.store.store import Store


class SentStages(Serial):
    """Runs each stage when it is started: text stages here, model stages in a Ray task.

    Args:
        submit: starts the task `one_stage` with the given arguments; returns its reference.
    """

    def __init__(
        self, store: Store, threads: int, sender: Sender, submit: Callable[..., Any]
    ) -> None:
        super().__init__(store, threads)
        self._sender, self._submit = sender, submit
        self._expected: dict[str, Node] = {}

    def __enter__(self) -> Self:
        return self  # torch is not needed here

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sender.ended(self._expected.values())  # those that will not be started

    def expect(self, nodes: Collection[Node]) -> None:
        self._expected.update({node.address: node for node in nodes})
        self._sender.expect(nodes)

    def skip(self, node: Node) -> None:
        self._expected.pop(node.address, None)
        self._sender.ended([node])

    def _perform(self, node: Node, tell: Progress) -> dict[str, Any]:
        try:
            if not node.job.resources.model:
                return perform(node.stage, node.job, self._store)
            return self._sender.carry_out(node.stage, lambda inputs: self._call(node, inputs))
        finally:
            self._expected.pop(node.address, None)
            self._sender.ended([node])

    def _call(self, node: Node, inputs: Refs) -> Any:
        # pickled here, so that the process can load the plug-ins before it unpickles
        packed = pickle.dumps((node.stage, node.job))
        return self._submit(plugins.loaded(), packed, self._sender.run, inputs, self._threads)


def one_stage(
    shipped: Sequence[plugins.Plugin], packed: bytes, run: str, inputs: Refs, threads: int
) -> Parcel:
    """The body of a task; Ray reuses its process for the next one."""
    plugins.install(shipped)
    stage, job = pickle.loads(packed)
    set_threads(threads)
    load_libraries()
    try:
        return perform_sent(stage, job, run, inputs, replace=False)
    finally:
        give_back_memory()
