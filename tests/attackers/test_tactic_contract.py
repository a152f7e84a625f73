"""The contract of tactics, on all that are registered with each of their examples."""

from __future__ import annotations

from arena.testing.cases import every
from arena.testing.tactics import TacticContract


class TestTactics(TacticContract):
    parts = every("tactic")
