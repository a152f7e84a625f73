"""Check whether another process sees the same store: it must read a file that was just written
here."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arena.store.store import Store

FOLDER = "probes"
PATIENCE = 5.0  # seconds until a file system must show what another machine wrote
GLANCE = 0.1


@dataclass(frozen=True)
class Probe:
    """A file in the store, and its random content."""

    file: Path
    content: str

    def seen(self, patience: float = PATIENCE) -> bool:
        """Return whether this process can read the probe's content in its file."""
        end = time.monotonic() + patience
        while not self._read():
            if time.monotonic() > end:
                return False
            time.sleep(GLANCE)
        return True

    def _read(self) -> bool:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return self.file.read_text() == self.content
        return False


@contextlib.contextmanager
def probe(store: Store) -> Iterator[Probe]:
    """Yield a probe of the store; its file exists during this block.

    Raises:
        ArenaError: the store cannot be written.
    """
    content = secrets.token_hex(32)
    file = store.root / FOLDER / secrets.token_hex(8)
    with store.writing():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    try:
        yield Probe(file, content)
    finally:
        with contextlib.suppress(OSError):
            file.unlink()
