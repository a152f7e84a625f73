"""The role of a runtime: what executes stages, in this process or elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from arena.api.job import Progress
from arena.execution.perform import nowhere
from arena.planning.graph import Node


@dataclass(frozen=True)
class Done:
    """A stage that ended: its manifest, or what went wrong."""

    node: Node
    manifest: dict[str, Any] | None
    error: Exception | None = None


class Runtime(Protocol):
    """Executes stages. A context manager: its processes live as long as the block."""

    def expect(self, nodes: Collection[Node]) -> None:
        """Announce coming stages; unless one fails, each is later started or skipped."""

    def skip(self, node: Node) -> None:
        """Note that an expected stage will not be started, since it was done in another way."""

    def room(self, node: Node) -> bool:
        """Return whether the stage could start now."""

    def start(self, node: Node, tell: Progress = nowhere) -> None:
        """Begin a stage whose parents are all in the store. tell: called with the steps done by a
        runtime that returns only when the stage has ended."""

    def waits_for(self) -> str:
        """Return in words what keeps stages from starting; empty if nothing does."""

    def wait(self, timeout: float) -> list[Done]:
        """Return stages that ended, waiting up to `timeout` seconds for the first."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
