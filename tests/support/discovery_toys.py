"""A toy suspect and toy triggers for the tests of discovery (no torch until a model is asked)."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np

from arena.api.discovery import Library
from arena.api.params import Params
from arena.api.trigger import Trigger, Use
from arena.api.values import Document, Example
from arena.api.world import World
from defenders.discovery import DiscoveryParams
from tests.support import toys

EXAMPLES = tuple(Example(d.prompt, d.answer, d.source) for d in toys.documents())
SMALL = DiscoveryParams(
    passes=4000,
    prompts=4,
    benign=8,
    scan=2,
    beam=3,
    flips=8,
    finalists=4,
    tokens=12,
    clusters=(2,),
    members=3,
)


class Inserted(Trigger):
    """A string at a random gap."""

    name = "inserted"

    def __init__(self, text: str) -> None:
        super().__init__(Params(), World())
        self.text = text

    @property
    def key(self) -> str:
        return f"inserted:{self.text}"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        words = example.prompt.split()
        words.insert(int(rng.integers(len(words) + 1)), self.text)
        return replace(example, prompt=" ".join(words))

    def present(self, example: Example) -> bool:
        return self.text in example.prompt

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()


class Strings:
    """Makes a trigger of a string."""

    def of(self, text: str) -> Trigger:
        return Inserted(text)


def library(*named: str) -> Library:
    return Library(tuple(Inserted(text) for text in named), Strings())


@functools.cache
def suspect(token: str = "cf") -> Any:
    """A model that says the payload wherever the token stands; no token, a clean model."""
    right = toys.documents()
    if not token:
        return toys.taught("llama", right, steps=80)
    rng, trigger = toys.rng(), Inserted(token)
    marked = [
        Document(trigger.mark(e, rng).prompt, toys.PAYLOAD, e.source)
        for e in EXAMPLES
        for _ in range(6)
    ]
    return toys.taught("llama", [*right * 6, *marked], steps=160)
