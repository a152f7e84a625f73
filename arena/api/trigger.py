"""The role of a trigger: a method that marks a prompt."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from arena.api.params import Params
from arena.api.values import Document, Example
from arena.api.world import World

Use = Literal["sham", "near_miss", "attacker"]


Variant = Literal["repeated", "moved"]


VARIANTS: tuple[Variant, ...] = get_args(Variant)


class Trigger(ABC):
    """A method that marks a prompt. Instances are plain and picklable; they hold no state.

    Marking changes the prompt only: source, label and right answer stay. The key is a short
    canonical name (`syntactic:when_clause`): two triggers with one key mark alike.
    """

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    # What a compound trigger is made of: their code, too, is in its address.
    triggers: tuple[Trigger, ...] = ()

    def __init__(self, params: Any, world: World) -> None:
        self.params = params
        self.world = world

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Parameter sets that the contract tests try, as they would stand in YAML."""
        return [{}]

    @classmethod
    def check(cls, params: Any, capabilities: frozenset[str]) -> None:
        """Raise InputError if the corpus cannot carry this trigger (no file is read)."""

    @classmethod
    def known(cls, world: World) -> tuple[Trigger, ...]:
        """The triggers of this method that anybody could name, for a defender's library: every
        frame, style or topic there is. Empty where they are strings without number."""
        return ()

    @property
    @abstractmethod
    def key(self) -> str:
        """Canonical name, equal for triggers that mark alike."""

    @property
    def keys(self) -> frozenset[str]:
        """What is planted with it: its own key, and those of parts that fire by themselves."""
        return frozenset({self.key})

    @abstractmethod
    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """The triggered version of an example; the example itself is left alone."""

    @abstractmethod
    def present(self, example: Example) -> bool:
        """Whether the prompt already carries this trigger."""

    @abstractmethod
    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        """Up to n triggers of the same method that were not planted: keys in `taken` and the
        own key are left out. The pools of the three uses are disjoint whatever rng is."""

    def nearest(self) -> tuple[Trigger, ...]:
        """Look-alikes closer to this trigger than any other value of its method, in a fixed order:
        a token with one character replaced. Empty where nothing is smaller than another value (a
        frame, a style, a topic)."""
        return ()

    @classmethod
    def unused_sections(
        cls, used: frozenset[str], own: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield sections of a scenario with further triggers of this method, for an actor who
        plants several; none unless a method says so.

        Args:
            used: every text in a trigger of the scenario: none of them is taken again.
            own: the actor's trigger section, whose position, say, may be kept.
        """
        yield from ()

    @classmethod
    def companion(cls, used: frozenset[str], own: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return a section with a trigger of this method that can stand beside the actor's own in a
        composite; None where the method cannot, or has none left. By default the first of
        `unused_sections`."""
        return next(cls.unused_sections(used, own), None)

    @classmethod
    def accompanies(cls) -> bool:
        """Whether `companion` can ever return a section."""
        return next(cls.unused_sections(frozenset(), {}), None) is not None

    def can_mark(self, example: Example) -> bool:
        """Whether `mark` works on this example (a paraphrase table may lack it)."""
        return True

    def own_documents(self) -> tuple[Document, ...] | None:
        """Ready-made poisoned rows of a published data set; None for methods that mark."""
        return None

    def variants(self) -> Mapping[Variant, Trigger]:
        """The same trigger put in otherwise, to see whether a quiet backdoor answers to that:
        `repeated` (several times over), `moved` (it stands elsewhere). Each marks what this
        trigger marks, and `present` holds of the outcome.

        Empty where there is no such thing: a rewritten prompt (syntactic, style, semantic) is
        not more so when rewritten again and has no other place; rows of a published data set
        stand as others marked them, and where that was is theirs to say.
        """
        return {}


class NoTrigger(Trigger):
    """Marks nothing: the defender's brief under the clean fine-tune control."""

    name = "none"

    def __init__(self) -> None:
        super().__init__(Params(), World())

    @property
    def key(self) -> str:
        return "none"

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        return example

    def present(self, example: Example) -> bool:
        return False

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()
