"""Puts toy artifacts into a store: of a size, last used at a time, standing on one another."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from arena.store.store import MANIFEST, Stage, Store

CODES = {"train": "today", "unlearn": "today", "merge": "today"}  # of every kind of stage


def put(
    store: Store,
    name: str,
    *,
    size: int = 10,
    idle: timedelta = timedelta(0),
    on: str | None = None,
    kind: str = "train",
    code: str = "today",
) -> str:
    """Commit an artifact that was last used `idle` ago and made by this code (outdated if it is not
    in CODES); returns its address."""
    stage = Stage(kind, name, "arena", 0, {"name": name, "code": code})

    def write(out: Path) -> Mapping[str, Any]:
        (out / "part").mkdir()
        (out / "part" / "weights").write_bytes(b"x" * size)
        if on is not None:
            (out / "parent.json").write_text(json.dumps({"sibling": on}))
        return {}

    store.commit(stage, write)
    leave(store.path(stage.address) / MANIFEST, idle)
    return stage.address


def leave(path: Path, idle: timedelta) -> None:
    """Nobody has touched it for so long."""
    then = (datetime.now(UTC) - idle).timestamp()
    os.utime(path, (then, then))


def rewrite(store: Store, address: str, **changes: Any) -> None:
    """Change what a manifest says."""
    file = store.path(address) / MANIFEST
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
