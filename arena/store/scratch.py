"""A scratch store: one run's store on one node that does not share the main store.

It holds the inputs and outputs of the stages run there, below the temporary folder, for all
processes of the run on that node. Unused artifacts are removed when the disk gets full, the whole
folder at the end of the run, and the folder of a killed run when the next run starts there.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from arena.store.integrity import flaw
from arena.store.manifest import MANIFEST
from arena.store.parcels import Parcel, unpack
from arena.store.store import Store

SPARE = 0.1  # share of the disk to keep free, as long as there is something to remove
ALIVE, USES, GUARD = "alive", "uses", "guard"


@functools.cache
def scratch(run: str, node: str) -> Store:
    """Return the scratch store of a run on a node; it lives at least as long as this process.

    Args:
        run, node: names without `/`; one store per node, since several may be on one machine.

    Raises:
        OSError: the temporary folder cannot be written.
    """
    base = _base()
    with _locked(base / GUARD):
        _sweep(base)
        folder = base / f"{run}-{node}"
        (folder / USES).mkdir(parents=True, exist_ok=True)
        _lock(folder / ALIVE, fcntl.LOCK_SH)  # held until this process ends, even if it is killed
    return Store(folder)


def remove(run: str) -> None:
    """Remove a run's scratch stores on this machine."""
    for folder in _base().glob(f"{run}-*"):
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def in_use(store: Store, addresses: Iterable[str]) -> Iterator[None]:
    """Protect artifacts of a scratch store, present or coming, from removal in this block."""
    with contextlib.ExitStack() as held:
        for address in dict.fromkeys(addresses):
            file = store.root / USES / address
            held.callback(os.close, _lock(file, fcntl.LOCK_SH))
            os.utime(file)
        yield


def receive(store: Store, address: str, fetch: Callable[[], Parcel]) -> None:
    """Unpack an artifact into the store, unless it is already there undamaged.

    Raises:
        ArenaError: it arrived damaged, or the store cannot be written.
    """
    with store.claim(address):
        if store.has(address):
            if flaw(store, address, whole=True) is None:
                return
            store.discard(address)
        unpack(fetch(), store)


def trim(store: Store) -> list[str]:
    """Remove artifacts that no stage uses, longest unused first, until enough of the disk is free;
    return their addresses."""
    removed = []
    for file in sorted((store.root / USES).iterdir(), key=lambda each: each.stat().st_mtime):
        if _is_spacious(store.root):
            break
        if _removed(store, file):
            removed.append(file.name)
    return removed


def _is_spacious(folder: Path) -> bool:
    disk = shutil.disk_usage(folder)
    return disk.free >= SPARE * disk.total


def _removed(store: Store, use: Path) -> bool:
    """Remove an artifact if it exists and is not in use; return whether it was removed."""
    if not (store.path(use.name) / MANIFEST).is_file():
        return False
    try:
        held = _lock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    try:
        store.discard(use.name)
    finally:
        os.close(held)
    return True


def _base() -> Path:
    """This user's folder, which no other user can write to."""
    base = Path(tempfile.gettempdir()) / f"arena-scratch-{os.getuid()}"
    base.mkdir(mode=0o700, exist_ok=True)
    if base.stat().st_uid != os.getuid():
        raise PermissionError(f"{base} is another user's")
    return base


def _sweep(base: Path) -> None:
    """Remove the folders of runs without living processes."""
    for folder in [each for each in base.iterdir() if each.is_dir()]:
        with contextlib.suppress(OSError), _locked(folder / ALIVE, fcntl.LOCK_NB):
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(file: Path, how: int = 0) -> Iterator[None]:
    held = _lock(file, fcntl.LOCK_EX | how)
    try:
        yield
    finally:
        os.close(held)


def _lock(file: Path, how: int) -> int:
    """Lock a file, created if missing; return its descriptor, which holds the lock until closed."""
    held = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, how)
    except OSError:
        os.close(held)
        raise
    return held
