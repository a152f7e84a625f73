"""A written scenario holds no null that says nothing, and loads back to the same scenario."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import ArenaError
from arena.scenario import bundled
from arena.scenario.compact import without_default_nulls
from arena.scenario.load import dump, from_text, load_scenario
from arena.scenario.schema import Scenario
from arena.scenario.section import Section

# What makes a key differ from its default, or equal it, in all kinds of places.
OVERRIDES = (
    "actors.lexical.stage=pretraining",
    "actors.lexical.poison={count: 40}",
    "actors.bard.training.sequential.steps=12",
    "actors.bard.training.merged={adapter: {method: lora, rank: 4}}",
    "corpus.natural_rate=null",
    "corpus.natural_rate=0.01",
    "controls.benign=[]",
    "dose=null",
    "defender.layers=[0, 1]",
    "defender={compute: 0.1, steps: null}",
    "numerics.micro_batch=8",
    "runtime.workers=2",
    "runtime.resources={train: {memory: 1GiB}}",
    "grid={families: [llama, qwen3], settings: {depth: [{name: a, set: {dose: null}}]}}",
    "league=[{name: npo, objective: {method: npo}}]",
    "crossed={payloads: true}",
)


def nulls(value: Any) -> Iterator[None]:
    """Every null inside plain values."""
    if value is None:
        yield None
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inside:
        yield from nulls(each)


def assert_same(scenario: Scenario) -> None:
    again = from_text(dump(scenario))
    assert again == scenario
    assert again.resolved() == scenario.resolved()
    assert again.digest == scenario.digest


@pytest.mark.parametrize("name", bundled.names())
def test_every_bundled_scenario_loads_back(name: str) -> None:
    assert_same(load_scenario(name))


@given(st.lists(st.sampled_from(OVERRIDES), unique=True, max_size=6))
def test_so_does_any_scenario(overrides: list[str]) -> None:
    try:
        scenario = load_scenario("quickstart", overrides=overrides)
    except ArenaError:  # these do not go together
        return
    assert_same(scenario)


def test_only_nulls_that_say_something_are_written() -> None:
    scenario = load_scenario("quickstart")
    written = yaml.safe_load(dump(scenario))
    assert len(list(nulls(scenario.resolved()))) > 100
    assert len(list(nulls(written))) < 5
    assert "training" not in written["actors"][0]
    assert written["actors"][0]["trigger"]["method"] == "rare_token"


class Toy(Section):
    """A section with a null that says something and one that does not."""

    says: int | None = 3
    silent: int | None = None
    inner: Toy | None = None


def test_a_null_instead_of_a_default_is_written() -> None:
    def written(toy: Toy) -> Any:
        return without_default_nulls(toy, toy.model_dump())

    assert written(Toy()) == {"says": 3}
    assert written(Toy(says=None)) == {"says": None}
    assert written(Toy(inner=Toy(silent=2))) == {"says": 3, "inner": {"says": 3, "silent": 2}}
