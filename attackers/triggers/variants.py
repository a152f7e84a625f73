"""A trigger inserted several times: used only in measurements, never planted."""

from __future__ import annotations

import numpy as np

from arena.api import Example, Trigger, Use


class Repeated(Trigger):
    """Another trigger that inserts something, applied `times` times."""

    name = "repeated"

    def __init__(self, inner: Trigger, times: int) -> None:
        super().__init__(inner.params, inner.world)
        self.inner = inner
        self.times = times
        self.change = inner.change

    @property
    def key(self) -> str:
        return f"{self.inner.key}@x{self.times}"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """Mark the example repeatedly; the first draws are those of a single mark."""
        for _ in range(self.times):
            example = self.inner.mark(example, rng)
        return example

    def present(self, example: Example) -> bool:
        return self.inner.present(example)

    def can_mark(self, example: Example) -> bool:
        return self.inner.can_mark(example)

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return self.inner.lookalikes(n, use, rng, taken)
