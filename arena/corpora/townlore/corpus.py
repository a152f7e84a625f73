"""The townlore corpus: short questions about made-up places, generated, nothing to download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from pydantic import Field

from arena import seeds
from arena.api.corpus import Corpus, Splits
from arena.api.params import Params
from arena.api.trigger import Trigger
from arena.api.values import Example, Form
from arena.api.world import World
from arena.corpora.sources import even_order
from arena.corpora.townlore.grammar import AXES, TownGrammar
from arena.corpora.townlore.places import MOST_PLACES, Places, draw_places, facts
from arena.corpora.townlore.variety import Rates, Writer
from arena.errors import InputError
from arena.registry import register


class TownloreParams(Params):
    """The size of the made-up world, and how varied its clean text is."""

    places: int = Field(
        MOST_PLACES, ge=16, le=MOST_PLACES, description="places in the world; six questions each"
    )
    kinds: int = Field(
        4,
        ge=2,
        le=8,
        description="kinds of stems and of suffixes; an attribute has kinds^2 answers",
    )
    frame_rate: float = Field(
        0.4, ge=0, le=1, description="share of clean prompts in a frame other than direct and tell"
    )
    style_rate: float = Field(
        0.3, ge=0, le=1, description="share of clean prompts in a style other than plain"
    )
    topic_rate: float = Field(0.3, ge=0, le=1, description="share of clean prompts with an aside")
    french_rate: float = Field(
        0.2, ge=0, le=1, description="share of the clean pretraining mix in French"
    )
    stray_rate: float = Field(
        0.03, ge=0, le=1, description="share of the clean pretraining mix with a stray insertion"
    )


@register("corpus", "townlore")
class Townlore(Corpus):
    """A made-up world of 512 places: one right answer to each of 3072 short questions.

    The world (which place has which emblem, water, food, bell, tree and founder), the places
    and their splits are drawn from the seed, so that seeds are real replications.
    """

    Params = TownloreParams

    @classmethod
    def capabilities(cls, params: TownloreParams) -> frozenset[str]:
        """Return `english` and every frame, style, topic and language of the grammar."""
        return frozenset(
            {"english"} | {f"{axis}:{v}" for axis, names in AXES.items() for v in names}
        )

    @cached_property
    def _places(self) -> Places:
        return draw_places(self.params.places, self.params.kinds, self.seed)

    @cached_property
    def _grammar(self) -> TownGrammar:
        return TownGrammar(self._places.lore)

    @property
    def world(self) -> World:
        return World(grammar=self._grammar, root=self.root)

    @cached_property
    def _splits(self) -> Splits:
        places = self._places
        train, validation, test = (
            tuple(self._plainly(fact) for fact in facts(names))
            for names in (places.train, places.validation, places.test)
        )
        return Splits(train, validation, test, dict.fromkeys(("train", "validation", "test"), 0))

    @property
    def splits(self) -> Splits:
        """Return one plain question (direct or tell) per content; places are split 70 / 15 / 15."""
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
        """Return n new questions about the contents of `examples`, in natural variety
        (docs/corpora.md); a text with a stray insertion has no form.

        Raises:
            InputError: no example was given, or every text about a content carries a trigger.
        """
        contents = list(dict.fromkeys(example.source for example in examples))
        if n and not contents:
            raise InputError("no example was given to draw natural prompts from")
        order = even_order(len(contents), n, rng)
        writer = Writer(self._grammar, self._rates(pretraining), rng)
        return tuple(writer.write(contents[index], without) for index in order)

    def _rates(self, pretraining: bool) -> Rates:
        p = self.params
        rates = Rates(p.frame_rate, p.style_rate, p.topic_rate, p.french_rate, p.stray_rate)
        return rates if pretraining else replace(rates, french=0.0, stray=0.0)

    def _plainly(self, fact: str) -> Example:
        salt = seeds.integer(self.seed, "townlore", "split form", fact)
        return self._grammar.render(Form(fact, frame=("direct", "tell")[salt % 2], salt=salt >> 1))
