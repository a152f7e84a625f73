"""Makes the contract suite importable by name, wherever the tests are started from."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

# by path: with tests/ itself on the path, tests/attackers could shadow the package attackers
TESTS = Path(__file__).parents[1]
for name in ("samples_attacker", "contracts_attacker"):
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])

from contracts_attacker import worlds  # noqa: E402, F401  (a fixture for every test here)

PUBLISHED = Path(os.environ.get("ARENA_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="session")
def published_data() -> Path:
    """The folder of real data made by others; the test is skipped where it is absent."""
    if not (PUBLISHED / "sst2").is_dir():
        pytest.skip(f"no published data at {PUBLISHED}; set ARENA_DATA")
    return PUBLISHED
