"""The artifact store: a folder per stage, named by the hash of its spec and parents.

An artifact is written to a temporary folder and renamed into place with its manifest inside (the
last file written), so whatever is under an address is complete, whichever process wrote it and
however many tried. A claim keeps two processes from doing the same work at the same time.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.arguments import a_path
from arena.errors import ArenaError, InputError, MachineError
from arena.store.identity import digest
from arena.store.manifest import MANIFEST

if TYPE_CHECKING:
    from filelock import BaseFileLock

ENVIRONMENT = "ARENA_STORE"
PUBLISH_ATTEMPTS = 50
FULL = (errno.ENOSPC, errno.EDQUOT)
CLAIM_POLL = 0.1  # seconds between attempts to get a claim that another process holds


@dataclass(frozen=True)
class Stage:
    """A stage as data. `kind`, `spec` and `parents` determine the outcome and so the address;
    `name`, `party` and `seed` are for people.

    Attributes:
        kind: which job ran (arena.stages.job.Job.kind).
        party: who runs it: `arena`, `defender` or `threat:NAME`.
        spec: the job's identity: JSON values only.
        parents: role -> address of the artifact in that role.
    """

    kind: str
    name: str
    party: str
    seed: int
    spec: Mapping[str, Any]
    parents: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def address(self) -> str:
        """Return the SHA-256 (hex) of kind, spec and parents."""
        return address_of(self.kind, self.spec, self.parents)


def address_of(kind: str, spec: Mapping[str, Any], parents: Mapping[str, str]) -> str:
    """Return the address of the artifact of a stage of that kind."""
    return digest([kind, dict(spec), dict(parents)])


def default_root() -> Path:
    """Return `ARENA_STORE`, else a folder in the user's cache."""
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "backdoor-arena"


def opened_store(chosen: str | Path | None = None, *, make: bool = True) -> Store:
    """Return the store in the chosen folder, or in the default one; `make` it if there is none.

    Raises:
        InputError: there is no such folder, and none can be made.
    """
    try:
        root = a_path(chosen or default_root(), "store").expanduser().resolve()
        there = next(place for place in (root, *root.parents) if place.exists())
    except (OSError, RuntimeError, ValueError) as error:  # no home, a loop of links, a NUL
        raise _no_store(f"cannot be found: {error}", chosen) from error
    if not there.is_dir():
        raise _no_store("must be a folder", there)
    if make:
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _no_store(f"cannot be made: {error.strerror}", root) from error
    return Store(root)


def _no_store(rule: str, found: str | Path | None) -> InputError:
    text = str(found if found is not None else os.environ.get(ENVIRONMENT) or "~/.cache")
    allowed = ("a folder that can be written, or made",)
    return InputError(f"the artifact store {rule}", key=ENVIRONMENT, found=text, allowed=allowed)


@dataclass(frozen=True)
class Store:
    """Artifacts in one folder; safe for concurrent writers on one file system."""

    root: Path

    def path(self, address: str) -> Path:
        """Return the path at which the artifact of an address is, or would be."""
        return self.root / address

    def has(self, address: str) -> bool:
        """Return whether the complete artifact is there."""
        return (self.path(address) / MANIFEST).is_file()

    def manifest(self, address: str) -> dict[str, Any]:
        """Return what the stage recorded: its spec, parents, seconds and detail."""
        content: dict[str, Any] = json.loads((self.path(address) / MANIFEST).read_text())
        return content

    def progress_file(self, address: str) -> Path:
        """Return the file in which a running stage reports its progress (steps done, as text)."""
        return self.root / "progress" / address

    def used(self, address: str) -> None:
        """Record that the artifact was used now; pruning goes by this time."""
        with contextlib.suppress(OSError):  # a read-only store keeps no such records
            os.utime(self.path(address) / MANIFEST)

    @contextlib.contextmanager
    def claim(self, address: str) -> Iterator[None]:
        """Hold a stage's claim exclusively during this block, waiting while another process has it.
        The kernel releases the claim of a process that dies, however it dies.

        Raises:
            ArenaError: the store cannot be written, or its file system has no locks.
        """
        lock = self._locked(address)
        try:
            yield
        finally:
            lock.release()

    def claimed(self, address: str) -> bool:
        """Return whether a process holds the stage's claim now; also True if that cannot be
        determined."""
        if not self._lock_file(address).exists():
            return False
        try:
            self._locked(address, timeout=0).release()
        except ArenaError:
            return True
        return False

    def commit(
        self, stage: Stage, write: Callable[[Path], Mapping[str, Any]], *, replace: bool = False
    ) -> dict[str, Any]:
        """Let `write` fill a temporary folder, publish it and return the manifest.

        If another process published the same address meanwhile, its artifact is kept.

        Raises:
            ArenaError: the store cannot be written.
        """
        aside = self._aside(stage.address)
        with self.writing():
            aside.mkdir(parents=True)
        start = time.perf_counter()
        try:
            with self._room():
                detail = dict(write(aside))
                _respect_umask(aside)
                manifest = _manifest(stage, detail, time.perf_counter() - start, files_of(aside))
                (aside / MANIFEST).write_text(json.dumps(manifest, indent=1))
                _publish(aside, self.path(stage.address), replace)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return manifest

    def take_in(
        self, address: str, fill: Callable[[Path], object], *, replace: bool = False
    ) -> dict[str, Any]:
        """Let `fill` fill a temporary folder with an artifact made elsewhere, manifest included,
        publish it and return the manifest. Nothing is published if `fill` raises.

        Raises:
            ArenaError: the store cannot be written.
        """
        aside = self._aside(address)
        with self.writing():
            aside.mkdir(parents=True)
        try:
            with self._room():
                fill(aside)
                _publish(aside, self.path(address), replace)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return self.manifest(address)

    def discard(self, address: str) -> None:
        """Remove an artifact; at no time is a part of it visible under its address.

        Raises:
            ArenaError: the store cannot be written.
        """
        aside = self._aside(address)
        with self.writing():
            aside.parent.mkdir(parents=True, exist_ok=True)
            old = _moved_away(self.path(address), aside)
        shutil.rmtree(old, ignore_errors=True)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Turn system errors in this block into an error about a store that cannot be written."""
        try:
            yield
        except (OSError, NotImplementedError) as error:
            why = getattr(error, "strerror", None) or error
            message = f"the artifact store cannot be written: {self.root} ({why})"
            raise MachineError(f"{message}; {ENVIRONMENT} chooses another folder") from error

    @contextlib.contextmanager
    def _room(self) -> Iterator[None]:
        """Report a full disk as such, apart from other failures of a stage. (Libraries wrap it in
        their own exceptions.)"""
        try:
            yield
        except Exception as error:
            if not is_full(error):
                raise
            message = f"no space is left for the artifact store: {self.root}"
            raise MachineError(f"{message}; `arena cache prune` makes some") from error

    def _aside(self, address: str) -> Path:
        return self.root / "aside" / f"{address}-{uuid.uuid4().hex[:12]}"

    def _lock_file(self, address: str) -> Path:
        """The lock file of a stage, which is never deleted, not even by pruning. Otherwise a
        process that has opened the file and waits for it would end up holding an unlinked file,
        while the next creates a new one of the same name and holds that: both would train. Deleting
        it under its own lock, with every waiter checking that its file still has a name, is safe on
        a local disk but not on NFS, where a file removed while open keeps a name. An empty file
        costs little."""
        return self.root / "locks" / f"{address}.lock"

    def _locked(self, address: str, timeout: float = -1) -> BaseFileLock:
        from filelock import FileLock, SoftFileLock

        file = self._lock_file(address)
        with self.writing():
            file.parent.mkdir(parents=True, exist_ok=True)
            lock: BaseFileLock = FileLock(file)
            lock.acquire(timeout=timeout, poll_interval=CLAIM_POLL)
            if isinstance(lock, SoftFileLock):
                # the library's fallback without kernel locks: such a lock outlives its holder
                lock.release()
                raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        return lock


def is_full(error: BaseException) -> bool:
    """Return whether the error means that a disk is full or a quota is used up."""
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    return any(os.strerror(number) in str(error) for number in FULL)


def _respect_umask(folder: Path) -> None:
    """Give files the permissions of the umask: some libraries write files that only their owner can
    read, which would make them unusable for other users of a shared store."""
    allowed = 0o666 & ~_umask()
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode | allowed)


@functools.cache
def _umask() -> int:
    """This process's umask, which can only be read by setting it."""
    umask = os.umask(0)
    os.umask(umask)
    return umask


def write_note(file: Path, content: Any) -> None:
    """Write a note (JSON) that is kept beside the artifacts, atomically; a read-only store keeps no
    notes."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(f".{uuid.uuid4().hex[:8]}.part")
        aside.write_text(json.dumps(content, indent=1))
        aside.rename(file)


def files_of(folder: Path) -> dict[str, dict[str, Any]]:
    """Return every file of an artifact except its manifest: relative name -> its bytes and
    SHA-256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: _facts(path) for name, path in names.items() if name != MANIFEST}


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": os.fstat(file.fileno()).st_size, "sha256": sha256}


def _manifest(
    stage: Stage, detail: Mapping[str, Any], seconds: float, files: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "kind": stage.kind,
        "name": stage.name,
        "party": stage.party,
        "seed": stage.seed,
        "spec": dict(stage.spec),
        "parents": dict(stage.parents),
        "seconds": round(seconds, 3),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "detail": dict(detail),
        "files": dict(files),
    }


def _publish(aside: Path, final: Path, replace: bool) -> None:
    """Rename into place. Other processes may replace the same address, so its folder can come and
    go between two checks: check again before raising an error."""
    for attempt in range(PUBLISH_ATTEMPTS):
        old = _moved_away(final, aside) if replace else None
        try:
            aside.rename(final)
            return
        except OSError:
            if (final / MANIFEST).is_file():
                return
            if attempt == PUBLISH_ATTEMPTS - 1:
                raise
            _set_aside_if_broken(final, aside)
        finally:
            if old is not None:  # only now, since removing a checkpoint takes a while
                shutil.rmtree(old, ignore_errors=True)


def _set_aside_if_broken(final: Path, aside: Path) -> None:
    """Move a folder without a manifest, the remains of an interrupted removal, out of the way. It
    is checked again once moved: if another process had published a complete artifact there
    meanwhile, it is moved back, unless yet another has taken its place."""
    old = _moved_away(final, aside)
    if (old / MANIFEST).is_file():
        with contextlib.suppress(OSError):
            old.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def _moved_away(final: Path, aside: Path) -> Path:
    """Rename what is at `final`, if anything, to an unused name."""
    old = aside.with_name(f"{aside.name}.{uuid.uuid4().hex[:8]}.old")
    with contextlib.suppress(FileNotFoundError):
        final.rename(old)
    return old
