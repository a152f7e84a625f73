"""The contract of discovery methods, on all that are registered."""

from __future__ import annotations

from arena.testing.cases import every
from arena.testing.discovery import DiscoveryContract


class TestDiscovery(DiscoveryContract):
    parts = every("discovery")
    small = {"prompts": 4, "scan": 2, "benign": 8}
