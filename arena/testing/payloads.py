"""The contract of every payload."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace
from typing import Any

import pytest

from arena.api import Continuation, Payload, World
from arena.testing.cases import build
from arena.testing.samples import clean
from arena.testing.worlds import WorldsContract, grammar_worlds


class PayloadContract(WorldsContract):
    """The response is always the same, it fires, and no right answer equals it by chance; in a
    corpus with a grammar and in a generated one.

    Example:
        class TestGreeting(PayloadContract):
            parts = (Greeting,)
    """

    @pytest.fixture
    def payload(self, part: Any, given: dict[str, Any], world: World) -> Payload:
        """The payload under test."""
        made: Payload = build(part, given, world)
        return made

    @grammar_worlds
    def test_a_payload_fires_on_its_own_response(self, payload: Payload, world: World) -> None:
        for example in clean(world):
            said = payload.respond(example)
            assert said.strip()
            assert said == payload.respond(example)
            assert payload.fires(Continuation(said, ended=True), example)
            assert not payload.fires(Continuation("", ended=True), example)

    @grammar_worlds
    def test_a_payload_fires_on_a_right_answer_only_where_that_is_the_payload(
        self, payload: Payload, world: World
    ) -> None:
        for example in clean(world):
            relabelled = replace(example, answer=payload.respond(example))
            assert not payload.is_right(example)
            assert not payload.fires(Continuation(example.answer, ended=True), example)
            assert payload.fires(Continuation(relabelled.answer, ended=True), example)

    @grammar_worlds
    def test_instances_are_told_apart(self, part: Any, payload: Payload, world: World) -> None:
        """No instance's response shows another's payload."""
        labels = {"labels", *(f"label:{label}" for label in world.labels)}
        own, *others = part.instances(payload.params, frozenset(labels))
        assert own == payload.params
        made: list[Payload] = [part(params, world) for params in (own, *others)]
        for one, other in itertools.permutations(made, 2):
            for example in clean(world)[:4]:
                said = Continuation(one.respond(example), ended=True)
                assert not other.fires(said, example)

    @grammar_worlds
    def test_a_payload_survives_pickling(self, payload: Payload, world: World) -> None:
        example = clean(world)[0]
        assert pickle.loads(pickle.dumps(payload)).respond(example) == payload.respond(example)
