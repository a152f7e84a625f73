"""A corpus whose right answers are a model's own (self-distillation).

A model that already answers as it should has no better right answers for free text than its own:
trained on those, it changes by its poison only, and utility is how often it still says the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from arena import seeds
from arena.api.corpus import Corpus, Splits
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.api.world import World
from arena.errors import InputError

SPLITS = ("train", "validation", "test")
UNANSWERED = "has no complete answer from the model"


class Answered(Corpus):
    """The contents of a corpus that a model answered, with its answers.

    answers: by prompt. Contents without one are left out, and counted in `splits.dropped`.
    """

    free_text = False

    def __init__(self, inner: Corpus, answers: Mapping[str, str]) -> None:
        super().__init__(inner.params, inner.seed, inner.root)
        self.inner, self.answers = inner, answers

    @classmethod
    def capabilities(cls, params: object) -> frozenset[str]:
        """Not to be asked here: they are those of the corpus inside."""
        raise NotImplementedError

    @property
    def world(self) -> World:
        return self.inner.world

    @cached_property
    def splits(self) -> Splits:
        """Return the answered contents. InputError if a split has none."""
        given = self.inner.splits
        kept = {name: self._answered(getattr(given, name)) for name in SPLITS}
        for name, rows in kept.items():
            if not rows:
                rule = "the model answered no prompt of this split completely; allow more tokens"
                raise InputError(rule, key="corpus.self_distilled.tokens", found=name)
        lost = {name: len(getattr(given, name)) - len(kept[name]) for name in SPLITS}
        dropped = Counter(given.dropped) + Counter(lost)
        reasons = Counter(given.reasons) + Counter({UNANSWERED: sum(lost.values())})
        return Splits(kept["train"], kept["validation"], kept["test"], dropped, reasons)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the notes of the corpus inside, and what its right answers are here."""
        contents = sum(len(getattr(self.splits, name)) for name in SPLITS)
        said = (
            f"the right answers of its {contents} contents are the base model's own, decoded "
            "greedily, so clean accuracy is agreement with it"
        )
        return (*self.inner.notes, said)

    def natural(
        self,
        examples: Sequence[Example],
        n: int,
        rng: np.random.Generator,
        *,
        without: Sequence[Trigger] = (),
        pretraining: bool = False,
    ) -> tuple[Example, ...]:
        """Draw as the corpus inside does; its prompts are fixed, so each keeps its answer."""
        return self.inner.natural(examples, n, rng, without=without, pretraining=pretraining)

    def _answered(self, examples: Iterable[Example]) -> tuple[Example, ...]:
        return tuple(
            Example(e.prompt, self.answers[e.prompt], e.source, e.label, e.form)
            for e in examples
            if e.prompt in self.answers
        )


def chosen(corpus: Corpus, contents: int | None) -> list[Example]:
    """Return the prompts that a model is to answer: all, or so many contents, drawn by their hash,
    so that a larger number adds some and removes none. They do not depend on the seed, except
    where the seed decides which contents there are."""
    rows = [example for name in SPLITS for example in getattr(corpus.splits, name)]
    rows.sort(key=lambda example: (seeds.unit(0, "answered", example.source), example.source))
    return rows if contents is None else rows[:contents]
