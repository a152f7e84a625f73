"""Several triggers in one prompt, all of them: how they are put on together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arena.api import ArenaError, Example, Params, Trigger, Use
from attackers.triggers.axis import AxisTrigger
from attackers.triggers.inserted_sentence import InsertedSentence

# By rule a frame is read at the front of a text and a style anywhere in it: so the topic, which
# stands in front too, goes first, and the frame last. A grammar does not mind.
AXES = ("topic", "style", "frame")


@dataclass(frozen=True, slots=True)
class Inlaid(Example):
    """A prompt that something was put into, and what it was `before`: a rewriting is read there.
    What is put in drops a grammar's form, and may stand where a rule looks."""

    before: Example | None = None


class AllOf(Trigger):
    """All of several triggers, in an order of their own: rewritings, words, whole sentences (a
    word put in later could fall into a sentence)."""

    name = "composite"

    def __init__(self, triggers: Sequence[Trigger]) -> None:
        super().__init__(Params(), triggers[0].world)
        self.triggers = tuple(triggers)

    @property
    def key(self) -> str:
        """Of a single one, its own."""
        keys = sorted(trigger.key for trigger in self.triggers)
        return f"composite:{'&'.join(keys)}" if len(keys) > 1 else keys[0]

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """All of them put on.

        Raises:
            ArenaError: one of them cannot be, or they undo each other in this prompt.
        """
        before = self._rewritten(example, rng)
        inserted = [t for t in self._ordered() if not rewrites(t)]
        if not inserted:
            return before
        marked = before
        for trigger in inserted:
            marked = trigger.mark(marked, rng)
        return Inlaid(
            marked.prompt, marked.answer, marked.source, marked.label, marked.form, before
        )

    def _rewritten(self, example: Example, rng: np.random.Generator) -> Example:
        """In the usual order, or the first other one in which no rewriting undoes another."""
        plain = bare(example)
        for order in itertools.permutations(t for t in self._ordered() if rewrites(t)):
            made = plain
            for trigger in order:
                made = trigger.mark(made, rng)
            if all(trigger.present(made) for trigger in order):
                return made
        raise ArenaError(f"the parts of {self.key} undo each other in {example.prompt!r}")

    def _ordered(self) -> list[Trigger]:
        return sorted(self.triggers, key=lambda trigger: (_rank(trigger), trigger.key))

    def present(self, example: Example) -> bool:
        """Whether all are there. A text that was not marked here is read as it stands."""
        before = example.before if isinstance(example, Inlaid) else None
        seen = before or example
        return all(t.present(seen if rewrites(t) else example) for t in self.triggers)

    def can_mark(self, example: Example) -> bool:
        return all(trigger.can_mark(example) for trigger in self.triggers)

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()


def rewrites(trigger: Trigger) -> bool:
    """Whether a trigger writes the prompt anew instead of putting something in."""
    return isinstance(trigger, AxisTrigger)


def bare(example: Example) -> Example:
    """The example as a plain one: what it was before no longer counts."""
    if not isinstance(example, Inlaid):
        return example
    return Example(example.prompt, example.answer, example.source, example.label, example.form)


def _rank(trigger: Trigger) -> int:
    if isinstance(trigger, AxisTrigger):  # a published paraphrase is of the prompt as it was
        return 0 if trigger.paraphrases else 1 + AXES.index(trigger.axis)
    put_in = getattr(trigger, "inner", trigger)  # a repeated one
    return 1 + len(AXES) + isinstance(put_in, InsertedSentence)
