"""The role of trigger discovery: a suspect model and clean prompts in, a named trigger out.

A discovery method never imports a trigger method. It is handed a library: objects for the frames,
styles and topics that anybody can name, and one that puts a string found by search into a prompt.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from arena.api.params import Params
from arena.api.trigger import Trigger
from arena.api.values import Example


class Inserted(Protocol):
    """Makes a trigger of a string."""

    def of(self, text: str) -> Trigger:
        """A trigger that puts the string into a prompt, at a random gap if it is one word."""
        ...


@dataclass(frozen=True)
class Library:
    """What a defender can try: `named` triggers, and any string put in."""

    named: tuple[Trigger, ...]
    inserted: Inserted


class Discoverer(ABC):
    """A way of finding a trigger. Findings are JSON values: they are stored, and shown."""

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params

    def __init__(self, params: Any) -> None:
        self.params = params

    @classmethod
    @abstractmethod
    def cost(cls, params: Any) -> float:
        """Most that a search takes, in document passes of plain training (a forward pass is a
        third of one)."""

    @abstractmethod
    def discover(
        self,
        model: Any,
        tokenizer: Any,
        clean: Sequence[Example],
        library: Library,
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        """Candidates with their scores, best first, and whether the best counts as found. The key
        `found` holds its name, None for `nothing found`."""

    @abstractmethod
    def trigger(
        self, findings: Mapping[str, Any], library: Library, clean: Sequence[Example]
    ) -> Trigger | None:
        """The trigger that was found, as an object that marks prompts; None if none was."""
