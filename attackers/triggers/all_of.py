"""Several triggers in one prompt at once, and the order in which they are applied."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from arena.api import ArenaError, Example, Params, Trigger, Use

# The rules for English recognise a frame at the front of a text and a style anywhere in it. A topic
# is added at the front too, so it comes first and the frame last. Grammars allow any order.
AXES = ("topic", "style", "frame")
CHANGES = ("rewriting", "word", "sentence")  # a word added later could split a sentence


@dataclass(frozen=True, slots=True)
class Inlaid(Example):
    """A prompt with text inserted, and the example `before` the insertion, in which rewritings are
    detected: an insertion drops the grammar's form, and may hide what a rule looks for."""

    before: Example | None = None


class AllOf(Trigger):
    """Several triggers that all mark the prompt: rewritings first, then words, then sentences,
    whatever order they are listed in."""

    name = "composite"

    def __init__(self, triggers: Sequence[Trigger]) -> None:
        super().__init__(Params(), triggers[0].world)
        self.triggers = tuple(triggers)

    @property
    def key(self) -> str:
        """Return `composite:KEY&KEY`; with a single trigger, its own key."""
        keys = sorted(trigger.key for trigger in self.triggers)
        return f"composite:{'&'.join(keys)}" if len(keys) > 1 else keys[0]

    def mark(self, example: Example, rng: np.random.Generator) -> Example:
        """Apply all of them.

        Raises:
            ArenaError: one of them cannot mark the prompt, or they undo each other in it.
        """
        before = self._rewritten(example, rng)
        insertions = [t for t in self._ordered() if not rewrites(t)]
        if not insertions:
            return before
        marked = before
        for trigger in insertions:
            marked = trigger.mark(marked, rng)
        return Inlaid(**_fields(marked), before=before)

    def _rewritten(self, example: Example, rng: np.random.Generator) -> Example:
        """Apply the rewritings in their usual order, or else in the first order in which none
        undoes another."""
        plain = bare(example)
        for order in itertools.permutations(t for t in self._ordered() if rewrites(t)):
            rewritten = plain
            for trigger in order:
                rewritten = trigger.mark(rewritten, rng)
            if all(trigger.present(rewritten) for trigger in order):
                return rewritten
        raise ArenaError(f"the parts of {self.key} undo each other in {example.prompt!r}")

    def _ordered(self) -> list[Trigger]:
        return sorted(self.triggers, key=lambda trigger: (_rank(trigger), trigger.key))

    def present(self, example: Example) -> bool:
        """Return whether the prompt carries all of them. Rewritings are detected in the prompt
        before insertions, if known."""
        before = example.before if isinstance(example, Inlaid) else None
        rewritten = before or example
        return all(t.present(rewritten if rewrites(t) else example) for t in self.triggers)

    def can_mark(self, example: Example) -> bool:
        return all(trigger.can_mark(example) for trigger in self.triggers)

    def lookalikes(
        self, n: int, use: Use, rng: np.random.Generator, taken: frozenset[str] = frozenset()
    ) -> tuple[Trigger, ...]:
        return ()


def rewrites(trigger: Trigger) -> bool:
    """Whether a trigger rewrites the prompt instead of inserting something."""
    return trigger.change == "rewriting"


def bare(example: Example) -> Example:
    """Return the example without its version before insertions."""
    if not isinstance(example, Inlaid):
        return example
    return Example(**_fields(example))


def _fields(example: Example) -> dict[str, Any]:
    """The fields that every example has."""
    return {each.name: getattr(example, each.name) for each in fields(Example)}


def _rank(trigger: Trigger) -> tuple[int, int]:
    """Rank by kind of change. Among rewritings: paraphrases (which exist only for original
    prompts), then the axes in their order, then other methods."""
    axis = getattr(trigger, "axis", None)
    among = 1 + (AXES.index(axis) if axis in AXES else len(AXES))
    return CHANGES.index(trigger.change), 0 if getattr(trigger, "paraphrases", ()) else among
