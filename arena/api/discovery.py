"""The role of trigger discovery: a suspect model and clean prompts in, a named trigger out.

A discovery method never imports a trigger method. It receives a library: objects for the frames,
styles and topics that have a public name, and one that inserts any string into a prompt.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from arena.api.params import Params
from arena.api.trigger import Trigger
from arena.api.values import Example


class Inserted(Protocol):
    """A factory of triggers that insert a string."""

    def of(self, text: str) -> Trigger:
        """Return a trigger that inserts the string into a prompt at a random gap."""
        ...


@dataclass(frozen=True)
class Library:
    """What a defender can try: the `named` triggers, and any string through `inserted`."""

    named: tuple[Trigger, ...]
    inserted: Inserted


class SearchOutcome(Protocol):
    """Reads what a finished search found (arena.stages.discover)."""

    def triggers_in(self, folder: Path) -> tuple[Trigger, ...]:
        """Return every trigger that the search counts as found, best first."""
        ...


class Discoverer(ABC):
    """A method of trigger discovery. Its findings are JSON values, which are stored and shown."""

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params

    def __init__(self, params: Any) -> None:
        self.params = params

    @classmethod
    @abstractmethod
    def cost(cls, params: Any) -> float:
        """Return the maximum cost of a search, in training passes over one document (a forward pass
        counts as a third of one)."""

    @classmethod
    def check(cls, params: Any, clean: Sequence[Example], library: Library) -> None:
        """Refuse settings that do not suit the prompts or the library. Called for every search
        before anything starts; by default all suit.

        Raises:
            InputError: there are too few examples, or the budget is too small; the key begins with
                `defender.discovery`, wherever in the scenario the defence is.
        """

    @abstractmethod
    def discover(
        self,
        model: Any,
        tokenizer: Any,
        clean: Sequence[Example],
        library: Library,
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        """Search for a trigger; the model is not changed.

        Args:
            clean: clean examples with their right answers. library: what can be tried.

        Returns:
            Candidates with their scores, best first. The key `found` is the name of the best one,
            or None if it does not count as a trigger.

        Raises:
            InputError: there are too few examples, or the budget is too small.
        """

    @abstractmethod
    def trigger(
        self, findings: Mapping[str, Any], library: Library, clean: Sequence[Example]
    ) -> Trigger | None:
        """Return the trigger in the findings as an object that marks prompts, or None.

        Args:
            findings: what `discover` returned. library, clean: the arguments of that call.
        """

    def triggers(
        self, findings: Mapping[str, Any], library: Library, clean: Sequence[Example]
    ) -> tuple[Trigger, ...]:
        """Return every trigger that the findings count as found, the best first: by default only
        the best. The arguments are those of `trigger`."""
        best = self.trigger(findings, library, clean)
        return () if best is None else (best,)
