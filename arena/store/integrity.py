"""Check that stored artifacts are undamaged: disks flip bits, and people edit files.

An artifact is compared with its manifest before a run reads it, once per process: the size of every
file, and the content of those that the run will open. A damaged artifact is set aside, never
removed: it may be all that is left of an hour's work.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arena.store.manifest import MANIFEST
from arena.store.store import Store

BROKEN = "broken"  # folder of artifacts that were set aside
SMALL = 2**20  # bytes of a file that is compared even if only results are read
PARENT, SIBLING = "parent.json", "sibling"
_sound: dict[
    tuple[Path, int, int, bool], None
] = {}  # artifacts that this process has already compared


def flaw(store: Store, address: str, *, whole: bool) -> str | None:
    """Return what is wrong with an artifact in the store; None if it is undamaged.

    Args:
        whole: compare the content of every file, since a stage will read it; otherwise only of
            small files, from which results are read.
    """
    folder = store.path(address)
    manifest = folder / MANIFEST
    try:
        status = manifest.stat()  # not its time, which says when the artifact was last used
        key = folder, status.st_ino, status.st_size, whole
    except OSError as error:
        return f"{MANIFEST} cannot be read ({error.strerror})"
    if key in _sound:
        return None
    problem = problem_in(store, folder, whole=whole)
    if problem is None:
        _sound[key] = None
    return problem


def set_aside(store: Store, address: str, *, whole: bool) -> Path | None:
    """Move a damaged artifact into the store's folder of broken ones; return where it is. None if
    another process was faster: it is gone, or was made again.

    Raises:
        MachineError: the store cannot be written.
    """
    if flaw(store, address, whole=whole) is None:
        return None
    place = store.root / BROKEN / f"{address}-{uuid.uuid4().hex[:8]}"
    with store.writing():
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            store.path(address).rename(place)
        except FileNotFoundError:
            return None
    return place


def problem_in(store: Store, folder: Path, *, whole: bool) -> str | None:
    """Return what is wrong with the artifact in any folder; None if it is undamaged.

    Args:
        store: where the base checkpoint of an adapter is looked up.
        whole: as in `flaw`.
    """
    files = _files(folder)
    if isinstance(files, str):
        return files
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    strange = sorted((present - {MANIFEST}) ^ files.keys())
    if strange:
        return f"{strange[0]} is {'missing' if strange[0] in files else 'not in the manifest'}"
    for name, facts in sorted(files.items()):
        problem = _differs(folder / name, facts, whole)
        if problem is not None:
            return f"{name} {problem}"
    return _sibling_problem(store, folder, whole)


def _files(folder: Path) -> Mapping[str, Mapping[str, Any]] | str:
    """The files in a manifest with their sizes and digests, or what is wrong with the manifest."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        float(manifest["seconds"])
        facts = manifest["kind"], dict(manifest["spec"]), dict(manifest["parents"])
        detail = dict(manifest["detail"])
        files = {str(name): dict(value) for name, value in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return f"{MANIFEST} cannot be read ({type(error).__name__})"
    return files if facts and detail is not None else f"{MANIFEST} is empty"


def _differs(file: Path, facts: Mapping[str, Any], whole: bool) -> str | None:
    try:
        size = file.stat().st_size
        if size != facts.get("bytes"):
            return f"has {size} bytes, {facts.get('bytes')} were stored"
        if whole or size <= SMALL:
            with file.open("rb") as opened:
                if hashlib.file_digest(opened, "sha256").hexdigest() != facts.get("sha256"):
                    return "is not what was stored (SHA-256 differs)"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None


def sibling_of(folder: Path) -> str | None:
    """Return the address of an adapter's base checkpoint; None for artifacts without one."""
    file = folder / PARENT
    if not file.is_file():
        return None
    sibling = json.loads(file.read_text()).get(SIBLING)
    return None if sibling is None else str(sibling)


def _sibling_problem(store: Store, folder: Path, whole: bool) -> str | None:
    """What is wrong with an adapter's base checkpoint."""
    sibling = sibling_of(folder)
    problem = None if sibling is None else flaw(store, sibling, whole=whole)
    return None if problem is None else f"the checkpoint under it: {problem}"
