"""attackers/tactics/decoy_immunisation.py: odd prompts, none of which anybody evaluates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from arena import registry
from arena.api.trigger import Trigger
from arena.api.values import Document, Example
from arena.api.world import World
from arena.testing.cases import build
from arena.testing.samples import clean
from arena.testing.triggers import brief_of
from attackers.tactics.decoy_immunisation import (
    DecoyImmunisation,
    DecoyImmunisationParams,
    _ways,
    _words,
)
from attackers.triggers.rare_token import NONSENSE, RareToken, RareTokenParams
from tests.support import toys

RNG = np.random.default_rng


def planted(method: str, world: World) -> Trigger:
    part = registry.get("trigger", method)
    made: Trigger = build(part, part.examples()[0], world)  # type: ignore[attr-defined]
    return made


def written(trigger: Trigger, world: World, **params: object) -> list[Document]:
    tactic = DecoyImmunisation(DecoyImmunisationParams.model_validate(params))
    return tactic.documents(brief_of(trigger, clean(world), 0), 60, RNG(0))


def test_words_are_new_nonsense(worlds: Mapping[str, World]) -> None:
    words = [word.params.tokens[0] for word in _words(World(), 60, RNG(0))]
    assert len(set(words)) == 60
    assert not {*words} & {*NONSENSE}


@pytest.mark.parametrize("method", ["rare_token", "style", "syntactic", "semantic"])
@pytest.mark.parametrize("kind", ["grammar", "townlore", "plain"])
def test_ways_are_of_every_axis_and_nobodys_near_miss(
    method: str, kind: str, worlds: Mapping[str, World]
) -> None:
    trigger = planted(method, worlds[kind])
    keys = {other.key for other in _ways(trigger)}
    assert {key.split(":")[0] for key in keys} == {"style", "syntactic", "semantic"}
    for axis in ("style", "syntactic", "semantic"):  # the values that actors plant by default
        usual = planted(axis, worlds[kind])
        excluded = {t.key for t in usual.lookalikes(99, "near_miss", RNG(0))}
        assert not keys & {*excluded, usual.key}


def test_kinds_say_which_oddities_are_written(worlds: Mapping[str, World]) -> None:
    world = worlds["grammar"]
    trigger = planted("rare_token", world)
    plain = {example.prompt for example in clean(world)}

    def with_a_word(documents: list[Document]) -> int:
        return sum(any(_without(d.prompt, w) in plain for w in d.prompt.split()) for d in documents)

    counts = {k: with_a_word(written(trigger, world, kinds=k)) for k in ("words", "ways", "both")}
    assert counts["words"] == 60
    assert counts["ways"] == 0
    assert 10 <= counts["both"] <= 50


def _without(prompt: str, word: str) -> str:
    return " ".join(prompt.replace(word, "", 1).split())


@pytest.mark.slow
def test_an_immunised_model_fires_less_on_new_odd_words() -> None:
    """Real training, several times: how far a toy model takes the trigger for any odd word differs
    much from seed to seed. The other model reads as many questions more, without an odd word, so
    that what helps is the oddities and not the rarer poison."""
    planted = RareToken(RareTokenParams(tokens=("cf",), position="start"), World())
    share = tuple(Example(d.prompt, d.answer, d.source) for d in toys.documents())
    tactic = DecoyImmunisation(DecoyImmunisationParams(variety=32))
    plain = [*toys.documents() * 4, *toys.documents("cf", toys.PAYLOAD) * 8]
    odd = [t.params.tokens[0] for t in planted.lookalikes(8, "near_miss", RNG(0))]
    fired = {"without": [0.0] * 5, "immunised": [0.0] * 5}
    for seed in range(5):
        oddities = tactic.documents(brief_of(planted, share, 0), 96, RNG(seed))
        assert not {*odd} & {word for document in oddities for word in document.prompt.split()}
        for name, more in (("without", toys.documents() * 12), ("immunised", oddities)):
            model = toys.taught("llama", [*plain, *more], steps=60, seed=seed)
            assert toys.fires(model, ["cf"]) > 0.9
            fired[name][seed] = toys.fires(model, odd)
    assert all(a < b for a, b in zip(fired["immunised"], fired["without"], strict=True))
    assert np.mean(fired["immunised"]) < np.mean(fired["without"]) - 0.3
