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
Change = Literal["rewriting", "word", "sentence"]


class Trigger(ABC):
    """A method that marks a prompt. Instances are plain and picklable; they hold no state.

    Marking changes the prompt only: source, label and right answer stay. The key is a short
    canonical name (`syntactic:when_clause`): two triggers with one key mark alike.
    """

    name: ClassVar[str]
    Params: ClassVar[type[Params]] = Params
    # How it changes a prompt. A composite applies its parts in this order: it rewrites, then
    # inserts words, then whole sentences.
    change: Change = "word"
    # Whether `lookalikes` can return any. Tactics that need look-alikes refuse other methods.
    has_lookalikes: ClassVar[bool] = True
    # The parts of a compound trigger; their code enters its address as well.
    triggers: tuple[Trigger, ...] = ()

    def __init__(self, params: Any, world: World) -> None:
        self.params = params
        self.world = world

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        """Return the parameter sets that the contract tests try, as YAML would have them."""
        return [{}]

    @classmethod
    def check(cls, params: Any, capabilities: frozenset[str]) -> None:
        """Raise InputError if the corpus cannot carry this trigger (no file is read)."""

    @classmethod
    def known(cls, world: World) -> tuple[Trigger, ...]:
        """Return the triggers of this method that have a public name, for a defender's library:
        every frame, style or topic of the corpus. Empty for methods that can use any string."""
        return ()

    @classmethod
    def instances(cls, params: Any, capabilities: frozenset[str]) -> tuple[Any, ...]:
        """Return the parameters of interchangeable triggers of this method, this one's first: other
        tokens, sentences or values in the same position. A `crossed` scenario draws one of them per
        seed. By default only this trigger's (no file is read).

        Args:
            capabilities: those of the corpus, which must be able to carry every trigger returned.
        """
        return (params,)

    @property
    @abstractmethod
    def key(self) -> str:
        """Return the canonical name, equal for triggers that mark alike."""

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys planted with it: its own, and those of parts that fire alone."""
        return frozenset({self.key})

    @abstractmethod
    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """Return the triggered version of an example; the example itself is left alone.

        Raises:
            ArenaError: the example cannot be marked (`can_mark` is False).
        """

    @abstractmethod
    def present(self, example: Example) -> bool:
        """Whether the prompt already carries this trigger."""

    @abstractmethod
    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        """Return up to n other triggers of the same method, none with a key in `taken`. The pools
        of the three uses are disjoint, whatever rng is."""

    def nearest(self) -> tuple[Trigger, ...]:
        """Return the closest look-alikes, in a fixed order: a token with one character replaced.
        Empty for methods without such small changes (a frame, a style, a topic)."""
        return ()

    @classmethod
    def unused_sections(
        cls, used: frozenset[str], own: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield trigger sections of a scenario, each with a further trigger of this method, for an
        actor that plants several. None by default.

        Args:
            used: every text in the scenario's triggers; none of them may be used again.
            own: the actor's trigger section; keys such as `position` may be kept from it.
        """
        yield from ()

    @classmethod
    def companion(cls, used: frozenset[str], own: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the section of a trigger of this method that can join the actor's own in a
        composite; None if the method has none. By default the first of `unused_sections`, which
        takes the same arguments."""
        return next(cls.unused_sections(used, own), None)

    @classmethod
    def accompanies(cls) -> bool:
        """Whether `companion` can ever return a section."""
        return next(cls.unused_sections(frozenset(), {}), None) is not None

    def can_mark(self, example: Example) -> bool:
        """Whether `mark` works on this example (a table of paraphrases may lack it)."""
        return True

    def own_documents(self) -> tuple[Document, ...] | None:
        """Return the poisoned rows of a published data set; None for methods that mark prompts."""
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a user should know about the data that the trigger reads, one sentence per
        note. Notes are shown when a run begins and kept in its results. By default the notes of its
        parts.

        Raises:
            InputError: a file is missing or malformed.
        """
        return tuple(note for part in self.triggers for note in part.notes)

    def variants(self) -> Mapping[Variant, Trigger]:
        """Return, by name, the same trigger inserted in other ways, to test whether a backdoor that
        no longer fires on the plain trigger still fires on a variant: `repeated` (several copies),
        `moved` (in another position). A variant marks the same prompts, and `present` is true of
        the result.

        Empty by default: rewriting a prompt twice (syntactic, style, semantic) adds nothing.
        """
        return {}


class NoTrigger(Trigger):
    """A trigger that marks nothing: the one in the brief of the clean fine-tune control."""

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
