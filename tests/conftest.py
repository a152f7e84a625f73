"""Keeps every test away from the user's own store; its folder makes `toys` importable."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A slow machine is not a failure: no property is timed. The suite takes the same examples every
# time, so that one commit cannot pass and then fail; `make test-all` goes looking for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("searching", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_STORE", str(tmp_path_factory.getbasetemp() / "default-store"))
