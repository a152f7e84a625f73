"""The artifact store: a folder per stage, under the hash of its spec, parents and version.

An artifact is written aside and renamed into place with its manifest already inside (the
last file written), so whatever stands under an address is whole, whoever wrote it and
however many processes tried.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
ENVIRONMENT = "ARENA_STORE"
PUBLISH_ATTEMPTS = 50

# Raise a kind's number when its code changes what it produces: old artifacts then no longer match.
VERSIONS: dict[str, int] = {
    "examples": 1,
    "poison": 1,
    "tokenizer": 1,
    "pointer": 1,
    "train": 1,
    "unlearn": 1,
    "score": 1,
}


@dataclass(frozen=True)
class Stage:
    """What is done, as data. Everything in `spec` and `parents` decides the outcome and so
    the address; `name`, `party` and `seed` only say it to people.

    Attributes:
        kind: which pure function runs (a key of VERSIONS).
        party: who does it: `arena`, `defender` or `threat:NAME`.
        spec: JSON values only.
        parents: role -> address of the artifact that plays it.
    """

    kind: str
    name: str
    party: str
    seed: int
    spec: Mapping[str, Any]
    parents: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def address(self) -> str:
        """SHA-256 (hex) of kind, version, spec and parents."""
        content = [self.kind, VERSIONS[self.kind], dict(self.spec), dict(self.parents)]
        return digest(content)


def digest(content: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def default_root() -> Path:
    """`ARENA_STORE`, else a folder in the user's cache."""
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "backdoor-arena"


@dataclass(frozen=True)
class Store:
    """Artifacts in one folder; safe for many writers on one file system."""

    root: Path

    def path(self, address: str) -> Path:
        """Where the artifact of an address is, or would be."""
        return self.root / address

    def has(self, address: str) -> bool:
        """Whether the whole artifact is there."""
        return (self.path(address) / MANIFEST).is_file()

    def manifest(self, address: str) -> dict[str, Any]:
        """What the stage recorded: its spec, parents, seconds and detail."""
        content: dict[str, Any] = json.loads((self.path(address) / MANIFEST).read_text())
        return content

    def progress_file(self, address: str) -> Path:
        """Where a running stage says how far it is (steps done, as text)."""
        return self.root / "progress" / address

    def commit(
        self, stage: Stage, write: Callable[[Path], Mapping[str, Any]], *, replace: bool = False
    ) -> dict[str, Any]:
        """Let `write` fill a folder aside, then publish it; returns the manifest.

        If another process published the same address meanwhile, theirs stays.
        """
        final = self.path(stage.address)
        aside = self.root / "aside" / f"{stage.address[:16]}-{uuid.uuid4().hex[:12]}"
        aside.mkdir(parents=True)
        start = time.perf_counter()
        try:
            detail = dict(write(aside))
            manifest = {
                "kind": stage.kind,
                "name": stage.name,
                "party": stage.party,
                "seed": stage.seed,
                "spec": dict(stage.spec),
                "parents": dict(stage.parents),
                "seconds": round(time.perf_counter() - start, 3),
                "detail": detail,
            }
            (aside / MANIFEST).write_text(json.dumps(manifest, indent=1))
            _publish(aside, final, replace)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return manifest


def _publish(aside: Path, final: Path, replace: bool) -> None:
    """Rename into place. Others may replace the same address, so that what stands there
    comes and goes between any two looks: look again before calling it an error."""
    for attempt in range(PUBLISH_ATTEMPTS):
        if replace:
            shutil.rmtree(_moved_away(final, aside), ignore_errors=True)
        try:
            aside.rename(final)
            return
        except OSError:
            if (final / MANIFEST).is_file():
                return
            if attempt == PUBLISH_ATTEMPTS - 1:
                raise
            _set_aside_if_broken(final, aside)


def _set_aside_if_broken(final: Path, aside: Path) -> None:
    """What an interrupted removal left has no manifest and is no artifact. It is moved away
    before a second look: another process may have put a whole one there meanwhile, which goes
    back unless yet another has taken its place."""
    old = _moved_away(final, aside)
    if (old / MANIFEST).is_file():
        with contextlib.suppress(OSError):
            old.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def _moved_away(final: Path, aside: Path) -> Path:
    """Rename what stands at `final`, if anything, to a name nobody else uses."""
    old = aside.with_name(f"{aside.name}.{uuid.uuid4().hex[:8]}.old")
    with contextlib.suppress(FileNotFoundError):
        final.rename(old)
    return old
