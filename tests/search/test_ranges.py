"""arena/api/ranges.py: what YAML makes of a range, and ranges in place of declared ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from arena import registry
from arena.api.ranges import Choice, Range, Real, Whole, corners, narrowed, read
from arena.errors import InputError
from arena.scenario.parts import strictly
from arena.scenario.search import DefenceOption, SearchedTactic
from arena.scenario.tactic_space import space_of
from arena.search.studies import distributions

FINITE = st.floats(-1e6, 1e6, allow_nan=False)
TACTICS = registry.names("tactic")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"low": 20, "high": 60}, Whole(low=20, high=60)),
        ({"low": 20.0, "high": 60}, Real(low=20, high=60)),
        ({"low": 1, "high": 2.5, "log": True}, Real(low=1, high=2.5, log=True)),
        ({"options": [1, 2.0, None, True, "a"]}, Choice(options=(1, 2.0, None, True, "a"))),
        (Whole(low=1, high=2), Whole(low=1, high=2)),
    ],
)
def test_limits_both_written_whole_are_whole_numbers(given: Any, meant: Range) -> None:
    assert read(given) == meant
    assert type(read(given)) is type(meant)
    option = DefenceOption(name="a", space={"defender.x": given})
    assert strictly(DefenceOption, option.model_dump(mode="json")) == option


@pytest.mark.parametrize(
    "given",
    [
        {"low": 2, "high": 1},
        {"low": 0, "high": 1.0, "log": True},
        {"low": 0, "high": 1, "log": True},
        {"low": float("nan"), "high": 1.0},
        {"low": 0.0, "high": float("inf")},
        {"low": "1", "high": 2},
        {"low": True, "high": 2},
        {"low": 1},
        {"options": []},
        {"options": [1], "low": 1},
        {},
        7,
        None,
    ],
)
def test_what_is_no_range(given: Any) -> None:
    with pytest.raises(ValidationError):
        read(given)


def test_what_is_left_out_of_a_narrowed_range_stays() -> None:
    declared = Real(low=0.02, high=0.25, log=True)
    assert narrowed(declared, {"high": 0.1}) == Real(low=0.02, high=0.1, log=True)
    assert narrowed(declared, {"log": False}) == Real(low=0.02, high=0.25)
    assert narrowed(declared, {}) == declared
    assert narrowed(Choice(options=("a", "b")), {"options": ["a"]}) == Choice(options=("a",))


@pytest.mark.parametrize(
    ("declared", "given"),
    [
        (Real(low=0, high=1), {"low": 2}),
        (Real(low=0, high=1), {"log": True}),
        (Real(low=0, high=1), {"lo": 0.5}),
        (Real(low=0, high=1), {"low": "0.5"}),
        (Whole(low=0, high=4), {"low": 0.5}),
        (Choice(options=("a",)), {"low": 1}),
        (Choice(options=("a",)), {"options": []}),
    ],
)
def test_a_narrowed_range_keeps_its_kind(declared: Range, given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        narrowed(declared, given)


@hypothesis_settings(max_examples=40)
@given(st.lists(FINITE, min_size=2, max_size=2).map(sorted), st.booleans())
def test_the_ends_of_a_range_lie_in_it(limits: list[float], log: bool) -> None:
    low, high = limits
    if log and low <= 0:
        with pytest.raises(ValidationError):
            Real(low=low, high=high, log=log)
        return
    values = Real(low=low, high=high, log=log)
    space = distributions({"x": values})["x"]
    assert all(space._contains(space.to_internal_repr(end)) for end in corners(values))
    assert narrowed(values, {"low": low, "high": high}) == values


@pytest.mark.parametrize("method", TACTICS)
@hypothesis_settings(max_examples=20)
@given(data=st.data())
def test_a_tactic_takes_whatever_its_space_holds(method: str, data: st.DataObject) -> None:
    tactic: Any = registry.get("tactic", method)
    chosen = {n: data.draw(st.sampled_from(corners(v))) for n, v in tactic.space().items()}
    tactic.Params(**chosen)
    assert space_of(SearchedTactic(method=method)) == tactic.space()


def test_a_count_is_searched_in_place_of_the_rate() -> None:
    ranges = space_of(SearchedTactic(method="poison_budget", space={"count": {"high": 64}}))
    assert ranges == {"count": Whole(low=8, high=64, log=True)}
    assert space_of(SearchedTactic(method="poison_budget", set={"count": 12})) == {}


@pytest.mark.parametrize("also", [{"space": {"rate": {"high": 0.1}}}, {"set": {"rate": 0.1}}])
@pytest.mark.parametrize("count", [{"space": {"count": {"high": 64}}}, {"set": {"count": 12}}])
def test_a_count_and_a_rate_are_one_too_many(also: Any, count: Any) -> None:
    both = {key: {**also.get(key, {}), **count.get(key, {})} for key in ("space", "set")}
    with pytest.raises(InputError, match="replaces rate"):
        space_of(SearchedTactic(method="poison_budget", **both))
