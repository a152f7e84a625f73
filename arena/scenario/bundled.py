"""The scenarios that ship with the package, runnable by name."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from arena.errors import InputError
from arena.scenario.tree import parse

SUFFIXES = (".yaml", ".yml")


def folder() -> Path:
    """Return the folder of the bundled scenarios."""
    return Path(str(importlib.resources.files("scenarios")))


def names() -> tuple[str, ...]:
    """Return their names, sorted."""
    return tuple(sorted(path.stem for path in folder().iterdir() if path.suffix in SUFFIXES))


def path_of(name: str) -> Path | None:
    """Return a bundled scenario's file, or None if there is none of that name."""
    candidates = (folder() / f"{name}{suffix}" for suffix in SUFFIXES)
    return next((path for path in candidates if path.is_file()), None)


def text(name: str) -> str:
    """Return a bundled scenario as it was written.

    Raises:
        InputError: there is none of that name.
    """
    path = path_of(name)
    if path is None:
        raise InputError("no such bundled scenario", "arena show", found=name, allowed=names())
    return path.read_text("utf-8")


def summary(name: str) -> str:
    """Return the first line of its description, for `arena list`."""
    path = path_of(name)
    data = parse(path.read_text("utf-8"), path.name).data if path else None
    text = str(data.get("description") or "") if isinstance(data, dict) else ""
    return text.strip().split("\n")[0]
