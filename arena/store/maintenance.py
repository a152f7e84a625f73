"""Maintenance of the artifact store: list, prune and verify artifacts.

Only folders named like an address, and remains of killed processes in the store's own working
folders, are ever read or removed; anything else beside them is not ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from arena.store.manifest import MANIFEST
from arena.store.store import Store, address_of, files_of

# The file in which a LoRA checkpoint keeps the address of its base artifact.
PARENT, SIBLING = "parent.json", "sibling"
ABANDONED = timedelta(days=1)  # age of untouched, unclaimed remains that may be removed

ADDRESS = re.compile(r"[0-9a-f]{64}")
ASIDE = re.compile(r"([0-9a-f]{16,64})-[0-9a-f]{12}(\.[0-9a-f]{8}\.old)?")

State = Literal["whole", "outdated", "broken", "left over"]
Codes = Mapping[str, str]  # digest of the code of every kind of stage (arena.stages.kinds.codes)


@dataclass(frozen=True)
class Bytes:
    """How much a folder's files take: those that are its own, and by inode those that several
    folders share (hard links), with the number of links."""

    own: int = 0
    shared: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def share(self) -> int:
        """The folder's part of the whole: a file with several links counts in equal parts."""
        return self.own + sum(size // links for size, links in self.shared.values())


@dataclass(frozen=True)
class Entry:
    """A folder of the store.

    Attributes:
        address: its name; for remains, the name below `aside/`.
        kind, name, seconds: from its manifest; empty if there is none.
        taken: what its files take.
        used: when it was made or last used by a run, in UTC.
        state: `outdated`: made by an older version of its kind's code, so that nothing needs it;
            `broken`: without a readable manifest; `left over`: remains of what a killed process was
            writing or removing.
        sibling: the address of its base artifact, if it is useless without it.
    """

    address: str
    kind: str
    name: str
    seconds: float
    taken: Bytes
    used: datetime
    state: State
    sibling: str | None = None

    @property
    def bytes(self) -> int:
        """Bytes of its files, with its part of those that it shares."""
        return self.taken.share


@dataclass(frozen=True)
class Pruned:
    """What pruning removed (or would remove), in that order, and what is kept; `progress` counts
    removed progress files of processes that have ended."""

    removed: tuple[Entry, ...]
    kept: tuple[Entry, ...]
    progress: int


@dataclass(frozen=True)
class Problem:
    """A problem of an artifact."""

    address: str
    state: State
    what: str


def inventory(store: Store, codes: Codes) -> tuple[Entry, ...]:
    """Return every artifact and all remains, least recently used first.

    Artifacts that other processes are writing are not included; ones that they remove meanwhile may
    be.
    """
    entries = [_entry(folder, codes) for folder in _artifacts(store)]
    entries += [_left_over(folder) for folder in _abandoned(store, "aside", ASIDE)]
    present = [entry for entry in entries if entry is not None]
    return tuple(sorted(present, key=lambda entry: (entry.used, entry.address)))


def prune(
    store: Store,
    codes: Codes,
    *,
    older_than: timedelta | None = None,
    max_bytes: int | None = None,
    outdated: bool = False,
    dry_run: bool = False,
) -> Pruned:
    """Remove artifacts unused for longer than a given age, then the least recently used until the
    rest is small enough. Remains of killed processes are always removed.

    The base artifact of a kept one is kept: it counts as used whenever that one was.

    Args:
        outdated: also remove outdated and broken artifacts, whenever they were used.
        dry_run: only say what would be removed.

    Raises:
        ArenaError: the store cannot be written.
    """
    entries = inventory(store, codes)
    artifacts = [entry for entry in entries if entry.state != "left over"]
    doomed = [entry for entry in entries if entry.state == "left over"]
    doomed += _doomed(artifacts, older_than, max_bytes, outdated)
    gone = doomed if dry_run else _remove_all(store, doomed, artifacts)
    names = {entry.address for entry in gone}
    kept = tuple(entry for entry in entries if entry.address not in names)
    return Pruned(tuple(gone), kept, _sweep_progress(store, dry_run))


def verify(store: Store, codes: Codes) -> tuple[Problem, ...]:
    """Compare every artifact with its manifest, and the manifest with its address; return the
    problems."""
    return tuple(
        problem for folder in _artifacts(store) for problem in _problems(store, folder, codes)
    )


def _artifacts(store: Store) -> list[Path]:
    return _folders(store.root, ADDRESS)


def _folders(parent: Path, pattern: re.Pattern[str]) -> list[Path]:
    if not parent.is_dir():
        return []
    folders = (path for path in parent.iterdir() if pattern.fullmatch(path.name))
    return sorted(path for path in folders if path.is_dir() and not path.is_symlink())


def _entry(folder: Path, codes: Codes) -> Entry | None:
    """The entry of a folder; None if it was removed meanwhile."""
    used, record = _last_use(folder), _record(folder)
    if used is None:
        return None
    size = _bytes(folder)
    if record is None:
        return Entry(folder.name, "", "", 0.0, size, used, "broken")
    state: State = "outdated" if _is_outdated(record, codes) else "whole"
    said = (record["kind"], record["name"], record["seconds"])
    return Entry(folder.name, *said, size, used, state, _sibling(folder))


def _left_over(folder: Path) -> Entry | None:
    used = _touched(folder)
    if used is None:
        return None
    return Entry(folder.name, "", "", 0.0, _bytes(folder), used, "left over")


def _record(folder: Path) -> dict[str, Any] | None:
    """The manifest, or None if it cannot be read."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        said = {"kind": str(content["kind"]), "name": str(content["name"])}
        decides = {"spec": dict(content["spec"]), "parents": dict(content["parents"])}
        files = {"files": dict(content.get("files") or {})}
        return {**said, **decides, **files, "seconds": float(content["seconds"])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _is_outdated(record: Mapping[str, Any], codes: Codes) -> bool:
    code = codes.get(record["kind"])  # none for the kinds of a plug-in, which is not loaded here
    return code is not None and record["spec"].get("code") != code


def _sibling(folder: Path) -> str | None:
    try:
        content = json.loads((folder / PARENT).read_bytes())
        return str(content[SIBLING]) if SIBLING in content else None
    except (OSError, ValueError, TypeError):
        return None


def _last_use(folder: Path) -> datetime | None:
    return _touched(folder / MANIFEST) or _touched(folder)


def _touched(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _bytes(folder: Path) -> Bytes:
    """Bytes of all files in a folder. Uses os.walk rather than rglob, since files that disappear
    meanwhile are no error."""
    own, shared = 0, {}
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                status = os.lstat(os.path.join(where, name))
                if status.st_nlink == 1:
                    own += status.st_size
                else:
                    shared[status.st_ino] = (status.st_size, status.st_nlink)
    return Bytes(own, shared)


def _abandoned(store: Store, place: str, pattern: re.Pattern[str]) -> Iterator[Path]:
    """Paths of old remains whose stage has no claim: one may train for days without touching a
    file, so age is not enough."""
    parent, now = store.root / place, datetime.now(UTC)
    for path in sorted(parent.iterdir()) if parent.is_dir() else ():
        match, touched = pattern.fullmatch(path.name), _touched(path)
        if match is None or touched is None or now - touched < ABANDONED:
            continue
        if not store.claimed(path.name.partition("-")[0]):
            yield path


def _doomed(
    artifacts: Sequence[Entry],
    older_than: timedelta | None,
    max_bytes: int | None,
    outdated: bool,
) -> list[Entry]:
    now, order = datetime.now(UTC), _in_order(artifacts)
    standing = Counter(entry.sibling for entry in artifacts)
    doomed: list[Entry] = []
    for entry in order:
        old = older_than is not None and now - entry.used > older_than
        if (old or (outdated and entry.state != "whole")) and not standing[entry.address]:
            doomed.append(entry)
            standing[entry.sibling] -= 1
    gone = {entry.address for entry in doomed}
    return doomed + _surplus([e for e in order if e.address not in gone], max_bytes)


def _surplus(order: Iterable[Entry], max_bytes: int | None) -> list[Entry]:
    """The first entries, as many as must be removed for the rest to be small enough."""
    order = list(order)
    holders = Counter(inode for entry in order for inode in entry.taken.shared)
    sizes = {i: size for entry in order for i, (size, _) in entry.taken.shared.items()}
    total, surplus = sum(entry.taken.own for entry in order) + sum(sizes.values()), []
    for entry in order:
        if max_bytes is None or total <= max_bytes:
            break
        surplus.append(entry)
        holders.subtract(entry.taken.shared.keys())
        total -= entry.taken.own
        total -= sum(sizes[inode] for inode in entry.taken.shared if not holders[inode])
    return surplus


def _in_order(artifacts: Sequence[Entry]) -> list[Entry]:
    """Entries with the least recently used first, and base artifacts after those that need them."""
    below = _below(artifacts)
    last = {entry.address: entry.used for entry in artifacts}
    for entry in artifacts:
        for address in below[entry.address]:
            last[address] = max(last[address], entry.used)
    key = {a: (used, -len(below[a]), a) for a, used in last.items()}
    return sorted(artifacts, key=lambda entry: key[entry.address])


def _below(artifacts: Iterable[Entry]) -> dict[str, list[str]]:
    """For each address its base artifacts, nearest first. A damaged file could create a cycle,
    which is followed once."""
    under = {entry.address: entry.sibling for entry in artifacts}
    chains: dict[str, list[str]] = {}
    for address in under:
        chain: list[str] = []
        on = under[address]
        while on in under and on not in chain and on != address:
            chain.append(on)
            on = under[on]
        chains[address] = chain
    return chains


def _remove_all(store: Store, doomed: Iterable[Entry], artifacts: Iterable[Entry]) -> list[Entry]:
    """Remove entries that were not used meanwhile; those that were keep their base artifacts."""
    below, spared, removed = _below(artifacts), set[str](), []
    for entry in doomed:
        if entry.state == "left over":
            shutil.rmtree(store.root / "aside" / entry.address, ignore_errors=True)
        elif entry.address in spared or _last_use(store.path(entry.address)) != entry.used:
            spared.update(below[entry.address])
            continue
        else:
            store.discard(entry.address)
        removed.append(entry)
    return removed


def _sweep_progress(store: Store, dry_run: bool) -> int:
    files = list(_abandoned(store, "progress", ADDRESS))
    for path in files if not dry_run else ():
        with contextlib.suppress(OSError):
            path.unlink()
    return len(files)


def _problems(store: Store, folder: Path, codes: Codes) -> list[Problem]:
    record = _record(folder)
    state: State = "outdated" if record is not None and _is_outdated(record, codes) else "broken"
    problems = [
        Problem(folder.name, state, what) for what in _complaints(store, folder, record, codes)
    ]
    if not folder.is_dir():
        return []
    if problems and record != _record(folder):
        return _problems(store, folder, codes)  # another process replaced it meanwhile
    return problems


def _complaints(
    store: Store, folder: Path, record: Mapping[str, Any] | None, codes: Codes
) -> Iterator[str]:
    if record is None:
        yield f"no {MANIFEST} that can be read"
        return
    kind = record["kind"]
    if _is_outdated(record, codes):
        yield f"made by other code of {kind!r} than today's"
        return
    if address_of(kind, record["spec"], record["parents"]) != folder.name:
        yield f"{MANIFEST} describes another stage than its address"
    sibling = _sibling(folder)
    if sibling is not None and not store.has(sibling):
        yield f"its parent is missing: {sibling}"
    try:
        yield from _differences(record["files"], files_of(folder))
    except OSError as error:
        yield f"cannot be read: {error.strerror or error}"


def _differences(named: Mapping[str, Any], present: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(named.keys() | present.keys()):
        if name not in present:
            yield f"{name}: missing"
        elif name not in named:
            yield f"{name}: not in {MANIFEST}"
        elif present[name] != named[name]:
            yield f"{name}: not what was stored (size or SHA-256 differ)"
