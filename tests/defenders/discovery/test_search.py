"""The whole of discovery on a toy: the planted token is found, and nothing in a clean model."""

from __future__ import annotations

from typing import Any

import pytest

from arena.errors import ArenaError, InputError
from defenders.discovery import Candidate, Discovery, discover, trigger_of
from tests.support import discovery_toys as discovering
from tests.support import toys
from tests.support.plans import plan


def discovered(token: str = "cf", *named: str, **changed: Any) -> Discovery:
    model, params = discovering.suspect(token), discovering.SMALL.model_copy(update=changed)
    library = discovering.library(*named)
    return discover(model, toys.tokenizer(), discovering.EXAMPLES, library, params, toys.rng())


def test_the_planted_token_is_found_with_its_behaviour() -> None:
    best = discovered().found
    assert best is not None
    assert best.kind == "token"
    assert best.behaviour == toys.PAYLOAD
    trigger = trigger_of(best, discovering.library(), discovering.EXAMPLES)
    assert best.text in trigger.mark(discovering.EXAMPLES[0], toys.rng()).prompt


def test_a_name_that_does_the_same_comes_first() -> None:
    best = discovered("cf", "cf", "town").found
    assert best is not None
    assert (best.kind, best.text) == ("named", "inserted:cf")


@pytest.mark.slow
def test_nothing_is_found_in_a_clean_model() -> None:
    assert discovered("", threshold=0.8).found is None


@pytest.mark.slow
def test_the_same_seed_gives_the_same() -> None:
    assert discovered() == discovered()


@pytest.mark.parametrize("passes", [200, 600])
def test_the_budget_holds(passes: int) -> None:
    discovery = discovered("cf", passes=passes)
    assert discovery.passes <= passes


def test_a_budget_too_small_to_judge_and_too_few_examples_are_refused() -> None:
    with pytest.raises(InputError, match="scoring"):
        discovered("cf", passes=20)
    with pytest.raises(InputError, match="contents"):
        discovered("cf", prompts=32)


@pytest.mark.parametrize(
    ("settings", "key", "told"),
    [
        (
            "discovery: {method: collapse, passes: 100, prompts: 8}",
            "passes",
            "scoring the candidates alone",
        ),
        ("discovery: {method: collapse}", "prompts", "examples of 36 contents"),
    ],
)
def test_a_search_that_cannot_run_is_refused_when_it_is_planned(
    settings: str, key: str, told: str
) -> None:
    contender = "name: finds, intelligence: discovered, objective: {method: relabel}"
    with pytest.raises(InputError, match=told) as refused:
        plan(f"league=[{{{contender}, {settings}}}]")
    assert refused.value.key == f"league[0].discovery.{key}"


def test_what_the_library_or_the_examples_lack_has_no_trigger() -> None:
    library = discovering.library("cf")
    gone = Candidate("named", "inserted:qx", 1, 1, 1, "")
    with pytest.raises(ArenaError, match="library has no trigger"):
        trigger_of(gone, library, discovering.EXAMPLES)
    cluster = Candidate("cluster", "a b", 1, 1, 1, "", ("no such prompt",))
    with pytest.raises(ArenaError, match="cluster"):
        trigger_of(cluster, library, discovering.EXAMPLES)
    own = Candidate("cluster", "a b", 1, 1, 1, "", (discovering.EXAMPLES[2].prompt,))
    made = trigger_of(own, library, discovering.EXAMPLES)
    assert made.mark(discovering.EXAMPLES[0], toys.rng()) == discovering.EXAMPLES[2]
