"""Digests of data files, so that an address changes with a file's content, not its location; and
hard links."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from arena.api.world import DataRoot
from arena.errors import InputError

MAX_NAME = 255  # characters of the longest file name


def fingerprint(path: Path) -> str:
    """Return the SHA-256 (hex) of a file's content, cached until the file changes."""
    status = path.stat()
    return _digest(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=1024)
def _digest(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def link_or_copy(file: Path, place: Path) -> None:
    """Make a hard link, which does not reveal its other name; a copy where links are impossible."""
    try:
        os.link(file, place)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(file, place)


def data_files(values: object, root: DataRoot) -> dict[str, str]:
    """Return the SHA-256 of every file that a part's parameters (plain JSON values) name."""
    paths = {text: path for text in _texts(values) if (path := _file(text, root)) is not None}
    return {text: fingerprint(path) for text, path in paths.items()}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _file(text: str, root: DataRoot) -> Path | None:
    if not text or "\n" in text or len(text) > MAX_NAME:
        return None
    try:
        path = root.find(text)
    except (InputError, OSError):
        return None
    return path if path.is_file() else None
