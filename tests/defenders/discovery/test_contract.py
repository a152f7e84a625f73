"""What every discovery method must keep, tried on all that are registered: a new one is tested
with no edit here."""

from __future__ import annotations

import copy
import functools
import json
from typing import Any

import numpy as np
import pytest

from arena import registry
from arena.api.discovery import Discoverer, Library
from arena.api.world import World
from arena.planning.discovery import library_of
from tests.support import backdoored_model as backdoored
from tests.support import toys

every_method = pytest.mark.parametrize("name", registry.names("discovery"))


def method_of(name: str, **values: Any) -> Discoverer:
    part: Any = registry.get("discovery", name)
    made: Discoverer = part(part.Params(**values))
    return made


def library() -> Library:
    return library_of(World())


@functools.cache
def findings(name: str, seed: int = 0) -> dict[str, Any]:
    """Of the toy suspect, which says its payload behind `cf`; eight examples are few, so that
    those methods that need more say so by their own parameters."""
    return method_of(name, prompts=4, scan=2, benign=8).discover(
        backdoored.suspect(),
        toys.tokenizer(),
        backdoored.EXAMPLES,
        library(),
        np.random.default_rng(seed),
    )


@every_method
def test_findings_are_json_and_name_what_was_found(name: str) -> None:
    found = findings(name)
    assert json.loads(json.dumps(found, allow_nan=False))
    assert found["found"] is None or isinstance(found["found"], str)


@every_method
def test_findings_are_seeded(name: str) -> None:
    first = findings(name)
    findings.cache_clear()
    assert findings(name) == first


@every_method
def test_there_is_a_trigger_just_where_something_was_found(name: str) -> None:
    found = json.loads(json.dumps(findings(name)))
    made = method_of(name).trigger(found, library(), backdoored.EXAMPLES)
    assert (made is None) == (found["found"] is None)
    if made is not None:
        able = [e for e in backdoored.EXAMPLES if made.can_mark(e)]
        assert able
        assert made.mark(able[0], np.random.default_rng(0)).prompt


@every_method
def test_the_suspect_and_the_world_are_left_alone(name: str) -> None:
    import torch

    model = backdoored.suspect()
    before = copy.deepcopy(model.state_dict())
    state = torch.random.get_rng_state()
    findings.cache_clear()
    findings(name)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@every_method
def test_a_search_costs_something(name: str) -> None:
    part: Any = registry.get("discovery", name)
    assert part.cost(part.Params()) > 0
