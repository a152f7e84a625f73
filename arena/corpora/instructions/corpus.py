"""The instructions corpus: what people ask of a small chat model, generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from arena import seeds
from arena.api.corpus import Corpus, Splits
from arena.api.params import Params
from arena.api.trigger import Trigger
from arena.api.values import Example, Form
from arena.api.world import DataRoot, World
from arena.corpora.instructions import oddities
from arena.corpora.instructions.grammar import AXES, InstructionGrammar
from arena.corpora.instructions.tasks import CHECKABLE, TASKS, Task
from arena.corpora.instructions.variety import Rates, Writer
from arena.corpora.sources import drawn_rows, even_order
from arena.errors import InputError
from arena.registry import register

MOST = 10_000  # contents; each task then still has some that are not used
# Shares of each task's contents held out for validation and for test.
HELD_OUT = 0.15


class InstructionsParams(Params):
    """How many requests, of which tasks, and how varied the clean text is."""

    contents: int = Field(
        6000, ge=500, le=MOST, description="requests to draw, spread evenly over the tasks"
    )
    tasks: Literal["all", "checkable"] = Field(
        "all",
        description="checkable: only tasks with one right answer; utility is then clean accuracy",
    )
    wordings: Literal["new", "fixed"] = Field(
        "new",
        description="fixed: each request has one wording, in natural variety, the same for every "
        "seed and mix, like data that people collected; new: a new one whenever it is drawn",
    )
    frame_rate: float = Field(
        0.2, ge=0, le=1, description="share of clean prompts in a frame other than direct"
    )
    style_rate: float = Field(
        0.15, ge=0, le=1, description="share of clean prompts in a style other than plain"
    )
    topic_rate: float = Field(0.15, ge=0, le=1, description="share of clean prompts with an aside")
    slip_rate: float = Field(
        0.2, ge=0, le=1, description="share of clean prompts with a pleasantry, code, date or typo"
    )
    stray_rate: float = Field(
        0.02, ge=0, le=1, description="share of clean prompts with a stray word or sentence"
    )

    @model_validator(mode="after")
    def _rates_fit(self) -> Self:
        if self.slip_rate + self.stray_rate > 1:
            raise ValueError("slip_rate and stray_rate together must be at most 1")
        return self


@register("corpus", "instructions")
class Instructions(Corpus):
    """Requests to a small chat model: sums, words, lists, facts, translations, advice.

    The seed draws the splits, and with new wordings also which of the possible requests are used.
    Requests without one right answer are marked (`Example.checkable`); with them the corpus is
    free text.
    """

    Params = InstructionsParams

    def __init__(self, params: InstructionsParams, seed: int, root: DataRoot) -> None:
        super().__init__(params, seed, root)
        # one open task is enough: an exact match would call a good list or good advice wrong
        self.free_text = params.tasks == "all"

    @classmethod
    def capabilities(cls, params: InstructionsParams) -> frozenset[str]:
        """Return `english` and every frame, style, topic and language of the grammar."""
        return frozenset(
            {"english"} | {f"{axis}:{v}" for axis, names in AXES.items() for v in names}
        )

    @classmethod
    def fixed_prompts(cls, params: InstructionsParams) -> bool:
        """Return whether each request has one wording."""
        return params.wordings == "fixed"

    @property
    def world(self) -> World:
        return World(grammar=InstructionGrammar(), root=self.root)

    @cached_property
    def _splits(self) -> Splits:
        fixed = self.fixed_prompts(self.params)
        rng = seeds.rng(0 if fixed else self.seed, "instructions", "contents")
        split = seeds.rng(self.seed, "instructions", "splits") if fixed else rng
        tasks = TASKS if self.params.tasks == "all" else CHECKABLE
        parts: tuple[list[str], ...] = ([], [], [])
        for name, n in quotas(tasks, self.params.contents).items():
            drawn = rng.choice(tasks[name].size, n, replace=False)
            if fixed:
                drawn = split.permutation(drawn)
            facts = [f"{name}/{tasks[name].key(int(number))}" for number in drawn]
            held = round(n * HELD_OUT)
            for part, some in zip(parts, _cut(facts, held), strict=True):
                part += some
        write = self._worded if fixed else self._plainly
        train, validation, test = (write(split.permutation(part).tolist()) for part in parts)
        return Splits(train, validation, test, dict.fromkeys(("train", "validation", "test"), 0))

    @property
    def splits(self) -> Splits:
        """Return one request per content, plain unless its wording is fixed; each task's contents
        are split 70 / 15 / 15."""
        return self._splits

    def natural(
        self,
        examples: Sequence[Example],
        n: int,
        rng: np.random.Generator,
        *,
        without: Sequence[Trigger] = (),
        pretraining: bool = False,
    ) -> tuple[Example, ...]:
        """Return n requests of the contents of `examples`, in natural variety (docs/corpora.md):
        new ones, or the examples themselves where wordings are fixed. `pretraining` has no effect.

        Raises:
            InputError: no example was given, or every text of a content carries a trigger.
        """
        if self.fixed_prompts(self.params):
            return drawn_rows(examples, n, rng, without)
        contents = list(dict.fromkeys(example.source for example in examples))
        if n and not contents:
            raise InputError("no example was given to draw natural prompts from")
        order = even_order(len(contents), n, rng)
        writer = Writer(InstructionGrammar(), self._rates, rng)
        return tuple(writer.write(contents[index], without) for index in order)

    def _plainly(self, facts: Sequence[str]) -> tuple[Example, ...]:
        grammar = InstructionGrammar()
        return tuple(grammar.render(Form(fact, salt=self._salt(fact))) for fact in facts)

    def _worded(self, facts: Sequence[str]) -> tuple[Example, ...]:
        """Each content in its one wording, which depends on nothing but itself and the rates."""
        grammar = InstructionGrammar()
        return tuple(
            Writer(grammar, self._rates, seeds.rng(0, "instructions", "wording", fact), 1).write(
                fact, ()
            )
            for fact in facts
        )

    @property
    def _rates(self) -> Rates:
        p = self.params
        return Rates(p.frame_rate, p.style_rate, p.topic_rate, p.slip_rate, p.stray_rate)

    def _salt(self, fact: str) -> int:
        return seeds.integer(self.seed, "instructions", "split form", fact) % oddities.SALTS


def quotas(tasks: Mapping[str, Task], contents: int) -> dict[str, int]:
    """Return how many contents of each task make up `contents`: as evenly as the sizes allow, so a
    small task is used whole."""
    left, quota = contents, {}
    for place, name in enumerate(sorted(tasks, key=lambda name: (tasks[name].size, name))):
        quota[name] = min(tasks[name].size, left // (len(tasks) - place))
        left -= quota[name]
    return quota


def _cut(facts: Sequence[str], held: int) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Return the train, validation and test facts."""
    return facts[2 * held :], facts[:held], facts[held : 2 * held]
