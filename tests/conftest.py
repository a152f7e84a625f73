"""Keeps every test away from the user's own store; its folder makes `toys` importable."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A slow machine is not a failure: no property is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_STORE", str(tmp_path_factory.getbasetemp() / "default-store"))
