"""Any string inserted into a prompt: what a defender tries in trigger discovery."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from arena.api.params import Params
from arena.api.trigger import Trigger, Use
from arena.api.values import Example
from arena.api.world import World
from arena.marking.text import insert


class InsertedString(Trigger):
    """Any string, inserted at a random gap between two words. It is not a registered method, so an
    actor cannot plant it."""

    name = "inserted_string"
    has_lookalikes = False

    def __init__(self, text: str, world: World) -> None:
        super().__init__(Params(), world)
        self.text = text

    @property
    def key(self) -> str:
        return f"{self.name}:{self.text}"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        prompt = insert(example.prompt, self.text, "random", rng)
        return replace(example, prompt=prompt, form=None)

    def present(self, example: Example) -> bool:
        return self.text in example.prompt

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()


@dataclass(frozen=True)
class Insertion:
    """A picklable factory of these triggers (arena.api.Inserted)."""

    world: World

    def of(self, text: str) -> Trigger:
        """Return the trigger that inserts this string."""
        return InsertedString(text, self.world)
