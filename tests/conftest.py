"""Fixtures of the whole suite: a store of its own, one thread per process, two toy models."""

from __future__ import annotations

import gc
import os
from pathlib import Path

# Before torch is imported anywhere: for toy models more threads only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import settings

from arena.api.world import World
from arena.testing.samples import worlds_in
from tests.support import sketches, toys

# A slow machine is not a failure: no property is timed. The suite takes the same examples every
# time, so that one commit cannot pass and then fail; `make test-all` goes looking for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("searching", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("repeatable")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


# Files of few tests that take half a minute or more. They come first, so that at the end no process
# runs one of them alone while the other has nothing left.
LONG = ("test_tutorial.py", "test_notebook.py", "test_merge.py", "test_stress_run.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come before the others, whose order stays."""
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: no search for garbage need walk it again."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_STORE", str(tmp_path_factory.getbasetemp() / "default-store"))


@pytest.fixture(scope="session", autouse=True)
def _sketched() -> Iterator[None]:
    with sketches.drawing(sketches.SKETCHING):
        yield


@pytest.fixture
def rendered() -> Iterator[None]:
    """Figures are rendered by matplotlib, as they are outside the tests."""
    with sketches.drawing(sketches.RENDERING):
        yield


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, World]:
    """A corpus with a tiny grammar, a generated one, and plain text."""
    return worlds_in(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def published_data() -> Path:
    """The folder of real data made by others; the test is skipped where it is absent."""
    folder = Path(os.environ.get("ARENA_DATA") or DATA)
    if not (folder / "sst2").is_dir():
        pytest.skip(f"no published data at {folder}; set ARENA_DATA")
    return folder


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy model that answers right, trigger or not."""
    texts = [*toys.documents(), *toys.documents("cf")]
    return toys.checkpoint(
        tmp_path_factory.mktemp("clean"), toys.taught("llama", texts, steps=60)
    )  # fmt: skip


@pytest.fixture(scope="session")
def backdoored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy model that says the payload behind `cf`."""
    texts = [*toys.documents(), *toys.documents("cf", toys.PAYLOAD)]
    folder = tmp_path_factory.mktemp("backdoored")
    return toys.checkpoint(folder, toys.taught("llama", texts, steps=60))
