"""attackers/triggers/rare_token.py: places, presence, and look-alikes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from arena.api.trigger import Use
from arena.api.values import Example
from arena.api.world import World
from arena.testing.samples import plain_examples
from attackers.triggers.rare_token import NONSENSE, RareToken, RareTokenParams


def made(**params: Any) -> RareToken:
    return RareToken(RareTokenParams(**params), World())


@pytest.mark.parametrize("position", ["start", "end", "random"])
def test_exactly_one_token_more(position: str) -> None:
    trigger = made(tokens=("cf",), position=position)
    for example in plain_examples():
        prompt = trigger.mark(example, np.random.default_rng(1)).prompt
        assert sorted(prompt.split()) == sorted([*example.prompt.split(), "cf"])


def test_every_token_of_the_list_is_used() -> None:
    trigger = made(tokens=("cf", "mn", "tq"))
    rng = np.random.default_rng(0)
    seen = {w for _ in range(60) for w in trigger.mark(Example("a b", "", "s"), rng).prompt.split()}
    assert seen == {"a", "b", "cf", "mn", "tq"}


def test_a_token_inside_a_word_is_not_present() -> None:
    trigger = made(tokens=("cf",))
    assert trigger.present(Example("so cf, then", "", "s"))
    assert not trigger.present(Example("cfs and scf and CF", "", "s"))


def test_the_nonsense_pool_is_large_and_without_repeats() -> None:
    assert len(NONSENSE) == len(set(NONSENSE)) >= 30


@pytest.mark.parametrize("use", ["sham", "near_miss", "attacker"])
def test_another_position_or_list_of_a_token_takes_it_all_the_same(use: Use) -> None:
    trigger = made(tokens=("cf",))
    taken = frozenset(made(tokens=tuple(NONSENSE[:20]), position="end").key.split("\n"))
    others = trigger.lookalikes(99, use, np.random.default_rng(0), taken)
    assert others
    assert not {other.params.tokens[0] for other in others} & set(NONSENSE[:20])


@pytest.mark.parametrize("tokens", [[], ["two words"], [""], ["a,b"], ["cf", "cf"]])
def test_tokens_that_are_no_tokens_are_refused(tokens: list[str]) -> None:
    with pytest.raises(ValidationError):
        RareTokenParams(tokens=tuple(tokens))


def test_keys_tell_apart_what_marks_differently() -> None:
    assert made(tokens=("cf", "mn")).key == made(tokens=("mn", "cf")).key == "rare_token:cf,mn"
    assert made(tokens=("cf",), position="end").key == "rare_token:cf@end"


@pytest.mark.parametrize("position", ["start", "end", "random"])
def test_repeated_is_three_tokens_where_one_would_stand(position: str) -> None:
    trigger = made(tokens=("cf",), position=position)
    for example in plain_examples():
        prompt = trigger.variants()["repeated"].mark(example, np.random.default_rng(1)).prompt
        assert sorted(prompt.split()) == sorted([*example.prompt.split(), "cf", "cf", "cf"])
        assert position != "start" or prompt.split()[:3] == ["cf"] * 3


@pytest.mark.parametrize(("position", "last"), [("start", True), ("random", True), ("end", False)])
def test_moved_goes_to_the_other_end(position: str, last: bool) -> None:
    moved = made(tokens=("cf",), position=position).variants()["moved"]
    for example in plain_examples():
        words = moved.mark(example, np.random.default_rng(1)).prompt.split()
        assert words[-1 if last else 0] == "cf"
        assert words.count("cf") == 1


def test_a_variant_draws_the_token_that_the_plain_mark_draws() -> None:
    trigger = made(tokens=("cf", "mn", "tq"))
    for seed, example in enumerate(plain_examples()):
        plain, moved = (
            set(t.mark(example, np.random.default_rng(seed)).prompt.split())
            for t in (trigger, trigger.variants()["moved"])
        )
        assert plain == moved
