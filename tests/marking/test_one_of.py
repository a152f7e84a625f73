"""Several triggers at once."""

from __future__ import annotations

import numpy as np
import pytest

from arena import registry
from arena.api.trigger import Trigger
from arena.marking.one_of import OneOf
from tests.support import toys


def token(text: str) -> Trigger:
    part = registry.get("trigger", "rare_token")
    made: Trigger = part(part.Params(tokens=(text,)), toys.townlore().world)
    return made


BOTH = OneOf([token("cf"), token("mn")])
EXAMPLES = toys.townlore().splits.train[:64]


def test_each_prompt_gets_one_and_all_are_used() -> None:
    rng = np.random.default_rng(0)
    marked = [BOTH.mark(example, rng) for example in EXAMPLES]
    carried = [tuple(t.present(m) for t in BOTH.triggers) for m in marked]
    assert set(carried) == {(True, False), (False, True)}
    assert all(BOTH.present(m) for m in marked)
    assert not any(BOTH.present(example) for example in EXAMPLES)


def test_a_trigger_that_cannot_mark_is_not_drawn() -> None:
    class Unable(type(token("cf"))):  # type: ignore[misc]
        def can_mark(self, example: object) -> bool:
            return False

    able = token("mn")
    mixed = OneOf([Unable(token("cf").params, able.world), able])
    rng = np.random.default_rng(0)
    assert all(able.present(mixed.mark(example, rng)) for example in EXAMPLES)
    assert mixed.can_mark(EXAMPLES[0])
    assert not OneOf(mixed.triggers[:1]).can_mark(EXAMPLES[0])


@pytest.mark.parametrize("order", [("cf", "mn"), ("mn", "cf")])
def test_the_key_does_not_depend_on_the_order(order: tuple[str, str]) -> None:
    assert OneOf([token(text) for text in order]).key == "one_of:rare_token:cf|rare_token:mn"


def test_there_is_no_lookalike_of_all_of_them() -> None:
    assert BOTH.lookalikes(3, "sham", np.random.default_rng(0)) == ()
