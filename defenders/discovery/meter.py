"""The budget of a discovery, counted in documents forwarded."""

from __future__ import annotations

from arena.api import ArenaError

GRADIENT = 3  # cost of a forward and a backward pass, in forward passes


class Meter:
    """A budget of passes. Decoding a document counts as one: with a cache, each token is processed
    once."""

    def __init__(self, passes: int) -> None:
        self.total = passes
        self.spent = 0

    @property
    def left(self) -> int:
        """Return the passes that are left."""
        return self.total - self.spent

    def spend(self, passes: int) -> None:
        """Count passes as spent.

        Raises:
            ArenaError: fewer passes are left; callers check `left` first.
        """
        if passes > self.left:
            raise ArenaError(f"discovery would spend {passes} passes and has {self.left} left")
        self.spent += passes
