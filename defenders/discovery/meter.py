"""Counts what discovery spends, in documents forwarded, and stops it before it overspends."""

from __future__ import annotations

from arena.api import ArenaError

GRADIENT = 3  # passes of a forward pass with its backward pass (arena.api.Objective.cost)


class Meter:
    """A budget of passes. Decoding a document is one: with a cache each token is seen once."""

    def __init__(self, passes: int) -> None:
        self.total = passes
        self.spent = 0

    @property
    def left(self) -> int:
        return self.total - self.spent

    def spend(self, passes: int) -> None:
        """Raises ArenaError where that is more than is left: callers ask first."""
        if passes > self.left:
            raise ArenaError(f"discovery would spend {passes} passes and has {self.left} left")
        self.spent += passes
