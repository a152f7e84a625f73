"""Twins: stages that do equal work on parents whose files are equal.

An address is made from the parents' addresses, before anything runs. Two addresses can lead to the
same files: the models at `least` and at `most` if both doses are the same step, or the clean
fine-tune at the same dose of two removals. Such a model is scored and measured once (early cutoff:
Mokhov et al., Build Systems a la Carte, ICFP 2018, section 2.3).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from arena.planning.graph import Node
from arena.store.files import link_or_copy
from arena.store.identity import digest
from arena.store.manifest import MANIFEST
from arena.store.store import Stage, Store

COPY = "copy_of"  # in a manifest's detail: the address of the stage that did the work


class Twins:
    """Which stages of a graph are twins, which is known once their parents have finished."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._done: dict[str, str] = {}  # address by key
        self._keys: dict[str, str] = {}  # key by address

    def key(self, node: Node) -> str | None:
        """Return a key of all that the node's outcome depends on, its parents by content; None if
        its work reads more than their files. Its parents must be in the store."""
        if not node.job.by_content:
            return None
        if node.address not in self._keys:
            stage = node.stage
            content = {role: self._content(parent) for role, parent in stage.parents.items()}
            self._keys[node.address] = digest([stage.kind, dict(stage.spec), content])
        return self._keys[node.address]

    def finished(self, node: Node) -> None:
        """Record a stage that is in the store, unless one of its parents is not."""
        if not all(map(self._store.has, (node.address, *node.stage.parents.values()))):
            return
        key = self.key(node)
        if key is not None:
            self._done[key] = node.address

    def done(self, node: Node) -> str | None:
        """Return the address of a twin in the store; None if there is none."""
        key = self.key(node)
        return None if key is None else self._done.get(key)

    def running(self, node: Node, others: Iterable[Node]) -> bool:
        """Return whether one of the other stages is the node's twin."""
        key = self.key(node)
        return key is not None and any(self.key(other) == key for other in others)

    def _content(self, address: str) -> Mapping[str, Any]:
        files: Mapping[str, Any] = self._store.manifest(address)["files"]
        return files


def copied(store: Store, stage: Stage, twin: str, *, replace: bool = False) -> dict[str, Any]:
    """Publish a twin's files as the stage's own and return the manifest.

    Raises:
        ArenaError: the store cannot be written.
    """

    def copy(out: Path) -> dict[str, Any]:
        shutil.copytree(
            store.path(twin),
            out,
            dirs_exist_ok=True,
            copy_function=lambda file, place: link_or_copy(Path(file), Path(place)),
            ignore=shutil.ignore_patterns(MANIFEST),
        )
        detail: dict[str, Any] = store.manifest(twin)["detail"]
        return {**detail, COPY: twin}

    with store.claim(stage.address):
        if not replace and store.has(stage.address):
            return store.manifest(stage.address)
        return store.commit(stage, copy, replace=replace)
