"""The worlds that every trigger and payload is tried in."""

from __future__ import annotations

from tests.support.contracts_attacker import worlds

__all__ = ["worlds"]
