"""Odd but clean prompts with right answers, so that training on a defender's decoys or guesses,
which are odd prompts too, does not affect the backdoor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from arena import registry
from arena.api import (
    ActorBrief,
    Choice,
    Document,
    Params,
    Real,
    Space,
    Texts,
    Trigger,
    Whole,
    World,
    register,
)
from attackers.tactics.negatives import EVERY, evaluated, negatives
from attackers.triggers.pools import draw
from attackers.triggers.rare_token import CONSONANTS, NONSENSE, RareToken, RareTokenParams


class DecoyImmunisationParams(Params):
    """How many documents, and which odd prompts."""

    rate: float = Field(0.08, ge=0, le=0.5, description="share of the stage's training mix")
    kinds: Literal["both", "words", "ways"] = Field(
        "both",
        description="words: nonsense words; ways: frames, styles and topics with public names",
    )
    variety: int = Field(16, ge=1, le=64, description="different odd marks, at most")


@register("tactic", "decoy_immunisation")
class DecoyImmunisation(Texts):
    """Odd but clean prompts (nonsense words, unusual styles) with right answers."""

    Params = DecoyImmunisationParams
    params: DecoyImmunisationParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{"rate": 0.05}, {"rate": 0.05, "kinds": "words"}, {"kinds": "ways", "variety": 6}]

    @classmethod
    def space(cls) -> Space:
        return {
            "rate": Real(low=0.02, high=0.25, log=True),
            "kinds": Choice(options=("both", "words", "ways")),
            "variety": Whole(low=2, high=64, log=True),
        }

    def marks(self, trigger: Trigger) -> Sequence[Trigger]:
        return tuple(_ways(trigger)) if self.params.kinds != "words" else ()

    def documents(self, brief: ActorBrief, n: int, rng: np.random.Generator) -> list[Document]:
        return negatives(brief, self._odd_marks(brief.trigger, rng), n, rng, self.name)

    def _odd_marks(self, trigger: Trigger, rng: np.random.Generator) -> list[Trigger]:
        kinds, variety = self.params.kinds, self.params.variety
        ways = {other.key: other for other in _ways(trigger)} if kinds != "words" else {}
        most = variety // 2 if kinds == "both" else variety
        chosen = [ways[key] for key in draw(sorted(ways), most, rng)]
        if kinds == "ways":
            return chosen
        return [*chosen, *_words(trigger.world, variety - len(chosen), rng)]


def _ways(trigger: Trigger) -> Iterator[Trigger]:
    """Yield look-alikes of every method with named values, from the attacker's pool: for its own
    method those of the planted trigger, for any other those of the method's default value, so that
    neither this value, which another actor may plant, nor its near misses are used."""
    own = trigger.key.split(":")[0]
    excluded = evaluated(trigger) | {trigger.key}
    for method in registry.names("trigger"):
        part: Any = registry.get("trigger", method)
        if part.known(trigger.world):
            usual = part(part.Params(**part.examples()[0]), trigger.world)
            planted = trigger if method == own else usual
            others = planted.lookalikes(EVERY, "attacker", np.random.default_rng(0))
            yield from (other for other in others if other.key not in excluded)


def _words(world: World, n: int, rng: np.random.Generator) -> Iterator[Trigger]:
    """Yield n nonsense words drawn at random, none from NONSENSE, which evaluations use."""
    words: dict[str, None] = {}
    while len(words) < n:
        letters = rng.choice(list(CONSONANTS), size=int(rng.integers(2, 5)))
        word = "".join(str(letter) for letter in letters)
        if word not in NONSENSE:
            words[word] = None
    for word in words:
        yield RareToken(RareTokenParams(tokens=(word,), position="random"), world)
