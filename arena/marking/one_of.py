"""Several triggers for one payload: each prompt gets one of them at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arena.api.params import Params
from arena.api.trigger import Trigger, Use
from arena.api.values import Example


class OneOf(Trigger):
    """One of several triggers, drawn uniformly among those that can mark the prompt."""

    name = "one_of"
    has_lookalikes = False

    def __init__(self, triggers: Sequence[Trigger]) -> None:
        super().__init__(Params(), triggers[0].world)
        self.triggers = tuple(triggers)

    @property
    def key(self) -> str:
        return f"{self.name}:{'|'.join(sorted(trigger.key for trigger in self.triggers))}"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        able = [trigger for trigger in self.triggers if trigger.can_mark(example)]
        return able[int(rng.integers(len(able)))].mark(example, rng)

    def present(self, example: Example) -> bool:
        return any(trigger.present(example) for trigger in self.triggers)

    def can_mark(self, example: Example) -> bool:
        return any(trigger.can_mark(example) for trigger in self.triggers)

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()
