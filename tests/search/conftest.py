"""Storage for studies, in memory where there is some."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.duel_fakes import Start, duel_of

MEMORY = Path("/dev/shm")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the system has some to lend: SQLite waits for the disk at every
    write."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture
def storage(memory: Path) -> str:
    """A storage where its kind does not matter: a journal takes a tenth of a database's time."""
    return f"journal://{memory}/studies.log"


@pytest.fixture
def database(memory: Path) -> str:
    """What a search uses unless told otherwise."""
    return f"sqlite:///{memory}/studies.db"


@pytest.fixture
def start(storage: str, tmp_path: Path) -> Start:
    """A duel before its first turn, with rules for its evaluators and settings."""
    return partial(duel_of, storage, tmp_path)
