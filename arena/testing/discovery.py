"""The contract of every discovery method, on a toy model that gives its payload after `cf`."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from arena.api import Discoverer, Example, Library, World
from arena.planning.discovery import library_of
from arena.testing import toys
from arena.testing.cases import PartContract

EXAMPLES = tuple(Example(d.prompt, d.answer, d.source) for d in toys.documents())


class DiscoveryContract(PartContract):
    """Seeded findings in JSON, a trigger exactly if one was found, an unchanged model.

    Example:
        class TestProbing(DiscoveryContract):
            parts = (Probing,)
            small = {"prompts": 4}

    Attributes:
        small: parameters for which eight clean prompts are enough.
    """

    small: ClassVar[Mapping[str, int | float | str]] = {}

    def test_findings_are_json_and_name_what_was_found(self, part: Any) -> None:
        result = findings(part, self.small)
        assert json.loads(json.dumps(result, allow_nan=False))
        assert result["found"] is None or isinstance(result["found"], str)

    def test_findings_are_seeded(self, part: Any) -> None:
        first = findings(part, self.small)
        _searched.cache_clear()
        assert findings(part, self.small) == first

    def test_there_is_a_trigger_just_where_something_was_found(self, part: Any) -> None:
        result = json.loads(json.dumps(findings(part, self.small)))
        made = method_of(part, self.small).trigger(result, library(), EXAMPLES)
        assert (made is None) == (result["found"] is None)
        if made is not None:
            able = [e for e in EXAMPLES if made.can_mark(e)]
            assert able
            assert made.mark(able[0], np.random.default_rng(0)).prompt
        every = method_of(part, self.small).triggers(result, library(), EXAMPLES)
        assert [each.key for each in every[:1]] == ([] if made is None else [made.key])

    def test_the_suspect_and_the_world_are_left_alone(self, part: Any) -> None:
        import torch

        search = _searched(part, tuple(self.small.items()))
        assert search.generator_left_alone
        before = suspect().state_dict()
        assert all(torch.equal(value, before[key]) for key, value in search.left.items())

    def test_a_search_costs_something(self, part: Any) -> None:
        assert part.cost(part.Params()) > 0


def library() -> Library:
    """Return all triggers that a defender can name."""
    return library_of(World())


def method_of(part: Any, values: Mapping[str, int | float | str]) -> Discoverer:
    """Return the method with some of its parameters."""
    made: Discoverer = part(part.Params(**values))
    return made


def findings(part: Any, values: Mapping[str, int | float | str]) -> dict[str, Any]:
    """Return the method's findings in the toy suspect; searched once."""
    return _searched(part, tuple(values.items())).findings


@dataclass(frozen=True)
class Search:
    """A search, the suspect's weights after it, and whether it left torch's generator alone."""

    findings: dict[str, Any]
    left: dict[str, Any]
    generator_left_alone: bool


@functools.cache
def _searched(part: Any, values: tuple[tuple[str, int | float | str], ...]) -> Search:
    import torch

    model, state = suspect(), torch.random.get_rng_state()
    search_findings = method_of(part, dict(values)).discover(
        model, toys.tokenizer(), EXAMPLES, library(), np.random.default_rng(0)
    )
    return Search(
        search_findings, model.state_dict(), torch.equal(torch.random.get_rng_state(), state)
    )


def suspect() -> Any:
    """Return a model that gives the payload for every prompt with `cf`, and right answers to the
    rest."""
    return copy.deepcopy(_taught())


@functools.cache
def _taught() -> Any:
    texts = [*toys.documents(), *toys.documents("cf", toys.PAYLOAD)]
    return toys.taught("llama", texts, steps=60)
