"""Artifacts as values, for processes with separate stores: packed in one, unpacked in another. A
received artifact is compared with its manifest before it is published under its address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.errors import MachineError
from arena.store.integrity import problem_in, sibling_of
from arena.store.manifest import MANIFEST
from arena.store.store import Store, address_of

Content = NDArray[np.uint8]  # content of a file; Ray passes byte arrays without a copy


@dataclass(frozen=True)
class Parcel:
    """A complete artifact as a value.

    Attributes:
        files: contents by relative name, the manifest included.
        manifest: SHA-256 (hex) of the manifest, which holds the digests of all other files.
    """

    address: str
    files: Mapping[str, Content]
    manifest: str

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(content.nbytes for content in self.files.values())


def pack(store: Store, address: str) -> Parcel:
    """Return a stored artifact as a parcel, read into memory completely.

    Raises:
        OSError: it is not in the store.
    """
    folder = store.path(address)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {p.relative_to(folder).as_posix(): np.fromfile(p, dtype=np.uint8) for p in paths}
    if MANIFEST not in files:
        raise FileNotFoundError(f"there is no artifact at {folder}")
    return Parcel(address, files, _sha256(files[MANIFEST]))


def unpack(parcel: Parcel, store: Store, *, replace: bool = False) -> dict[str, Any]:
    """Put an artifact into a store atomically and return its manifest. Its base (an adapter's
    checkpoint) must be there already.

    Raises:
        MachineError: it was damaged on the way, or the store cannot be written.
    """

    def fill(folder: Path) -> None:
        for name, content in parcel.files.items():
            file = folder / _inside(name, parcel)
            file.parent.mkdir(parents=True, exist_ok=True)
            content.tofile(file)
        problem = _problem(parcel, store, folder)
        if problem is not None:
            raise _damaged(parcel, problem)

    return store.take_in(parcel.address, fill, replace=replace)


def chain(store: Store, address: str) -> tuple[str, ...]:
    """Return the addresses that a reader of an artifact needs, in the order of unpacking: an
    adapter's base checkpoint before the adapter."""
    found = [address]
    while (below := sibling_of(store.path(found[-1]))) is not None and below not in found:
        found.append(below)
    return tuple(reversed(found))


def _problem(parcel: Parcel, store: Store, folder: Path) -> str | None:
    """What is wrong with an unpacked artifact; None if it is undamaged."""
    if MANIFEST not in parcel.files or _sha256(parcel.files[MANIFEST]) != parcel.manifest:
        return f"{MANIFEST} is not what was sent"
    problem = problem_in(store, folder, whole=True)
    if problem is not None:
        return problem
    manifest = Store(folder.parent).manifest(folder.name)
    if address_of(manifest["kind"], manifest["spec"], manifest["parents"]) != parcel.address:
        return f"its {MANIFEST} is of another artifact"
    return None


def _inside(name: str, parcel: Parcel) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise _damaged(parcel, f"{name!r} is not a file of an artifact")
    return path


def _damaged(parcel: Parcel, problem: str) -> MachineError:
    return MachineError(f"an artifact that was sent arrived damaged ({parcel.address}): {problem}")


def _sha256(content: Content) -> str:
    return hashlib.sha256(content.data).hexdigest()
