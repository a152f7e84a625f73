"""The serial runtime: every stage in this process, one after another, without Ray."""

from __future__ import annotations

from collections.abc import Collection
from types import TracebackType
from typing import Any, Self

from arena.api.job import Progress
from arena.execution.perform import nowhere, perform
from arena.execution.runtime import Done
from arena.ml.process import set_threads
from arena.planning.graph import Node
from arena.store.store import Store


class Serial:
    """Runs each stage when it is started; `wait` returns it."""

    def __init__(self, store: Store, threads: int, *, replace: bool = False) -> None:
        self._store, self._threads, self._replace = store, threads, replace
        self._done: list[Done] = []

    def __enter__(self) -> Self:
        set_threads(self._threads)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def expect(self, nodes: Collection[Node]) -> None:
        return None

    def skip(self, node: Node) -> None:
        return None

    def room(self, node: Node) -> bool:
        return not self._done

    def waits_for(self) -> str:
        return ""

    def start(self, node: Node, tell: Progress = nowhere) -> None:
        try:
            self._done.append(Done(node, self._perform(node, tell)))
        except Exception as error:  # passed to the engine, which decides what to stop
            self._done.append(Done(node, None, error))

    def _perform(self, node: Node, tell: Progress) -> dict[str, Any]:
        return perform(node.stage, node.job, self._store, replace=self._replace, tell=tell)

    def wait(self, timeout: float) -> list[Done]:
        done, self._done = self._done, []
        return done
