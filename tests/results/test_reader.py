"""The reader of results files: versions, wrong input, measures that are not installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from arena.errors import InputError
from arena.results.base import SCHEMA_VERSION
from arena.results.estimate import Estimate
from arena.results.measures import UnknownFindings
from arena.results.reader import parse_results, read_results
from arena.results.run import RunResults
from arena.results.run_state import recorded
from arena.results.stress import StressResults
from arena.results.writer import as_json, write_results

V1 = Path(__file__).parents[1] / "data" / "results_v1.json"
MEASURES = ("representations", "quiet", "reactivation")


def old() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(V1.read_text(encoding="utf-8"))
    return values


def run_of(values: dict[str, Any]) -> RunResults:
    results = parse_results(values)
    assert isinstance(results, RunResults)
    return results


def test_a_file_of_version_1_loses_nothing() -> None:
    before, after = old(), as_json(run_of(old()))
    assert after["schema_version"] == SCHEMA_VERSION
    assert {name: set(found) for name, found in after["measures"].items()} == {
        name: set(before[name]) | {"left_out", "not_installed"} for name in MEASURES
    }
    for name in MEASURES:
        contains(after["measures"][name], before.pop(name))
    before.pop("schema_version")
    contains(after, before)


def test_a_file_of_something_else_is_no_empty_run() -> None:
    with pytest.raises(InputError, match="none of the keys of a results file") as caught:
        parse_results({"command": "run", "results": {}}, "other.json")
    assert (caught.value.file, caught.value.found) == ("other.json", "command, results")


def contains(after: Any, before: Any) -> None:
    """Everything that stood before stands there still."""
    if isinstance(before, dict):
        for key, value in before.items():
            contains(after[key], value)
    elif isinstance(before, list):
        assert len(after) == len(before)
        for new, former in zip(after, before, strict=True):
            contains(new, former)
    else:
        assert after == before


def test_a_file_of_version_1_can_be_used() -> None:
    results = run_of(old())
    assert results.scenario.name == "quickstart"
    assert results.scenario.intelligence == "disclosed"
    assert [(a.name, a.method) for a in results.scenario.actors] == [
        ("lexical", "rare_token"), ("bard", "style"),
    ]  # fmt: skip
    pair = results.pair("lexical", "bard")
    assert pair is not None
    assert pair.transfer == Estimate(value=0.06666666666666667)
    assert results.pair("bard", "bard") is None
    (compromised,) = results.rows_of("compromised", seed=0)
    assert compromised.asr["bard"].rate == 0.9375
    assert not results.rows_of("compromised", seed=1)
    assert results.installation["bard"].in_most_seeds


def test_an_installation_that_says_yes_is_no_number_of_seeds() -> None:
    results = run_of({"installation": {"a": {"installed": True}, "b": {"installed": 2}}})
    assert results.installed == {"a": True}
    assert results.installation["a"].installed is None
    assert results.installation["b"].installed == 2


def test_a_stress_run_of_version_1_keeps_its_points() -> None:
    point = {"cell": "a", "seed": 0, "from": "x", "to": "y", "casd": 0.5, "transfer": 1.0}
    results = parse_results({"kind": "stress", "representations": {"points": [point]}})
    assert isinstance(results, StressResults)
    (kept,) = as_json(results)["measures"]["representations"]["points"]
    contains(kept, point)


def test_a_measure_that_is_not_installed_is_kept_as_it_is() -> None:
    findings = {"shown": [1, None, {"a": 0.5}], "none": None}
    results = run_of({"schema_version": 2, "measures": {"of_a_plugin": findings}})
    assert isinstance(results.measures["of_a_plugin"], UnknownFindings)
    assert as_json(results)["measures"] == {"of_a_plugin": findings}


def test_unknown_keys_are_left_out() -> None:
    results = run_of(old() | {"of_a_later_version": 1})
    assert results == run_of(old())


def test_a_bare_number_is_an_estimate_without_an_interval() -> None:
    pair = {"from": "a", "to": "b", "transfer": 0.5}
    (read,) = run_of({"transfer": [pair]}).transfer
    assert read.transfer == Estimate(value=0.5)


def test_numbers_that_json_does_not_have_read_as_null(tmp_path: Path) -> None:
    row = '{"kind": "control", "name": "c", "seed": 0, "perplexity": NaN, "seconds": 1e999}'
    (tmp_path / "results.json").write_text(f'{{"rows": [{row}]}}')
    results = read_results(tmp_path)
    assert isinstance(results, RunResults)
    assert results.rows[0].perplexity is None
    assert results.rows[0].seconds == 0.0


@pytest.mark.parametrize("name", ["名前", "a\x00b", "\ud800", "", "$x^2$"])
def test_any_text_is_a_name(name: str) -> None:
    results = run_of({"actors": [name], "installed": {name: True}})
    assert list(results.installed) == list(results.actors)


WRONG: list[tuple[dict[str, Any], str, str, str | None, tuple[str, ...]]] = [
    ({"claim": 3}, "claim", "must be", "3", ()),
    ({"rows": {"a": 1}}, "rows", "must be a list", '{"a": 1}', ()),
    ({"claim": {"transfer": {"low": "x"}}}, "claim.transfer.low", "valid number", '"x"', ()),
    (
        {"transfer": [{"from": "a", "to": "b"}, {"from": "a"}]},
        "transfer[1].to", "is missing", None, (),
    ),
    (
        {"transfer": [{"from": "a", "to": "b", "per_seed": [{"seed": 0, "status": "udes"}]}]},
        "transfer[0].per_seed[0].status", "must be", '"udes"',
        ("used", "not_installed", "explained_by_control", "no_dose"),
    ),
    (
        {"rows": [{"kind": "control", "name": "c", "seed": 0, "asr": {"a": {"hits": 3, "n": 2}}}]},
        "rows[0].asr.a", "3 hits among 2 prompts", '{"hits": 3, "n": 2}', (),
    ),
    (
        {"schema_version": 2, "measures": {"quiet": {"rows": [{"kind": "control", "actor": 3}]}}},
        "measures.quiet.rows[0].actor", "valid string", "3", (),
    ),
    ({"measures": [3]}, "measures", "must be", None, ()),
    ({"kind": "strss"}, "kind", "no such kind", '"strss"', ("run", "stress", "tune", "duel")),
    ({"kind": 3}, "kind", "no such kind", "3", ("run", "stress", "tune", "duel")),
    ({"schema_version": "two"}, "schema_version", "must be a whole number", '"two"', ()),
    (
        {"schema_version": SCHEMA_VERSION + 1},
        "schema_version", "newer version", str(SCHEMA_VERSION + 1), (),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("values", "key", "rule", "found", "allowed"), WRONG)
def test_an_impossible_shape_is_named(
    values: dict[str, Any], key: str, rule: str, found: str | None, allowed: tuple[str, ...],
    tmp_path: Path,
) -> None:  # fmt: skip
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"schema_version": 2} | values))
    with pytest.raises(InputError) as caught:
        read_results(tmp_path)
    error = caught.value
    assert error.file == str(path)
    assert error.key == key
    assert rule in error.message
    assert error.allowed == allowed
    if found is not None:
        assert error.found == found


def test_a_long_value_is_cut_in_the_error() -> None:
    with pytest.raises(InputError) as caught:
        parse_results({"claim": "x" * 900})
    assert caught.value.found is not None
    assert len(caught.value.found) == 60


BROKEN = [
    (b"{", "not valid JSON"),
    (b"[]", "must hold a JSON object"),
    (b"\xff\xfe{", "not valid JSON"),
    (b'{"a": ' * 100_000, "nested too deeply"),
    (b'{"scenario": {"a": ' + b"[" * 400 + b"]" * 400 + b"}}", "nested too deeply"),
]


@pytest.mark.parametrize(("content", "rule"), BROKEN)
def test_a_broken_file_is_wrong_input(tmp_path: Path, content: bytes, rule: str) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rule) as caught:
        read_results(tmp_path)
    assert caught.value.file == str(path)


def test_no_file_is_no_finished_run(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "results.json"):
        rule = "not a finished run" if place.exists() else "no such run folder"
        with pytest.raises(InputError, match=rule) as caught:
            read_results(place)
        assert caught.value.found == str(place)


def test_finished_runs_nearby_are_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    write_results(tmp_path / "one", RunResults())
    for place in (tmp_path, tmp_path / "on"):
        with pytest.raises(InputError) as caught:
            read_results(place)
        assert caught.value.allowed == (str(tmp_path / "one"),)


def test_an_interrupted_run_is_continued(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), recorded(tmp_path, "run"):
        raise KeyboardInterrupt
    with pytest.raises(InputError, match="interrupted; to continue: arena"):
        read_results(tmp_path)
