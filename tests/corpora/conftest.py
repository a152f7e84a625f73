"""Where the contract suite and the real data are."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
NAME = "contracts_corpus"

# By its file, not by a path entry: tests/attackers on the path would hide the real package.
pytest.register_assert_rewrite(NAME)
if NAME not in sys.modules:
    spec = importlib.util.spec_from_file_location(NAME, TESTS / f"{NAME}.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[NAME])


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    default = TESTS.parent.parent / "shared" / "data"
    folder = Path(os.environ.get("ARENA_DATA") or default)
    if not (folder / "sst2").is_dir():
        pytest.skip(f"no real data at {folder}; set ARENA_DATA to the data folder")
    return folder
