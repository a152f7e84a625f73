"""What is written is read again, the same; any null on the way is tolerated."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.errors import InputError
from arena.results.estimate import Estimate
from arena.results.pairs import Pair, PairSeed
from arena.results.reader import MODELS, Results, parse_results, read_results
from arena.results.rows import Row
from arena.results.run import RunResults
from arena.results.writer import as_json, write_results
from tests.support.result_draws import of_model

KINDS = st.sampled_from(sorted(MODELS))
SLOW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(data=st.data(), kind=KINDS)
@SLOW
def test_any_results_are_read_as_they_were_written(data: st.DataObject, kind: str) -> None:
    results = data.draw(of_model(MODELS[kind]))
    text = json.dumps(as_json(results), allow_nan=False)
    again = parse_results(json.loads(text))
    assert type(again) is MODELS[kind]
    assert again == results


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a JSON value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in entries:
        yield (*above, key)
        if isinstance(each, dict | list):
            yield from places(each, (*above, key))


@given(data=st.data(), kind=KINDS)
@settings(SLOW, max_examples=10)  # of three nulls each: drawing results is what takes time
def test_any_value_may_be_null(data: st.DataObject, kind: str) -> None:
    values = as_json(data.draw(of_model(MODELS[kind])))
    some = st.sampled_from([p for p in places(values) if p != ("kind",)])
    for place in data.draw(st.lists(some, min_size=3, max_size=3)):
        assert type(parse_results(without(values, place))) is MODELS[kind]


def without(values: Any, place: tuple[Any, ...]) -> Any:
    """A copy with null at a place."""
    nulled = copy.deepcopy(values)
    *above, last = place
    inner: Any = nulled
    for key in above:
        inner = inner[key]
    inner[last] = None
    return nulled


@pytest.mark.parametrize("kind", MODELS)
def test_nothing_at_all_reads_as_the_defaults(kind: str) -> None:
    assert parse_results({"kind": kind}) == MODELS[kind]()
    fields = dict.fromkeys(MODELS[kind].model_fields)
    assert parse_results(fields | {"kind": kind}) == MODELS[kind]()


def test_an_entry_whose_name_is_null_is_left_out_and_the_others_stay() -> None:
    rows = [{"kind": "control", "name": "control", "seed": seed} for seed in (0, None, 2, None)]
    results = parse_results({"rows": rows, "seeds": [0, None, 2], "installed": {"a": None}})
    assert isinstance(results, RunResults)
    assert [row.seed for row in results.rows] == [0, 2]
    assert results.seeds == (0, 2)
    assert results.installed == {}


def test_hits_among_an_unknown_number_of_prompts_are_left_out() -> None:
    def read(*prompts: int | None) -> Results:
        points = [{"step": 1, "dose": 0.1, "asr": {"a": {"hits": 23, "n": n}}} for n in prompts]
        return parse_results(
            {"curves": [{"kind": "unlearned", "name": "x", "seed": 0, "points": points}]}
        )

    results = read(None, 40)
    assert isinstance(results, RunResults)
    assert [point.asr["a"].n for point in results.curves[0].points] == [40]
    with pytest.raises(InputError, match="23 hits among 0 prompts"):
        read(0)


def test_a_results_file_is_written_whole(tmp_path: Path) -> None:
    written = RunResults(actors=("bard",), environment={"cpu": "é"})
    path = write_results(tmp_path, written)
    assert [each.name for each in tmp_path.iterdir()] == ["results.json"]
    assert '\n "actors"' in path.read_text(encoding="utf-8")
    assert "é" in path.read_text(encoding="utf-8")
    assert read_results(tmp_path) == read_results(path) == written


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_results(tmp_path, RunResults(actors=("old",)))

    def full(*args: Any, **options: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space"):
        write_results(tmp_path, RunResults(actors=("new",)))
    assert read_results(tmp_path) == RunResults(actors=("old",))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_never_written(tmp_path: Path, number: float) -> None:
    row = Row(kind="control", name="control", seed=0, perplexity=number)
    pair = Pair(source="a", to="b", transfer=Estimate(value=number))
    path = write_results(tmp_path, RunResults(rows=(row,), transfer=(pair,)))
    values = json.loads(path.read_text())
    assert values["rows"][0]["perplexity"] is None
    assert values["transfer"][0]["transfer"] == {"value": None, "low": None, "high": None}
    assert values["transfer"][0]["from"] == "a"


def test_results_do_not_change() -> None:
    cell = PairSeed(seed=0, status="used")
    with pytest.raises(ValueError, match="frozen"):
        cell.transfer = 0.5  # type: ignore[misc]
