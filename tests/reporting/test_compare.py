"""Two runs side by side: only what differs of the scenarios, both of everything measured."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from arena.errors import InputError
from arena.reporting.compare import APART, apart, comparison
from arena.reporting.differences import differences
from arena.reporting.numbers import Estimate
from tests.support.planted_results import ACTORS
from tests.support.sample_results import results
from tests.support.stress_results import stress, three


def shown(first: dict[str, Any], second: dict[str, Any], width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(comparison(first, second, ("one", "two"), width))
    return console.file.getvalue()  # type: ignore[attr-defined]


def line_of(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


def test_equal_runs_differ_in_nothing() -> None:
    text = shown(results(8), results(8))
    assert "The scenarios are the same." in text
    assert text.count(APART) == 1  # the note below the tables
    assert "+" not in text


def test_only_what_differs_is_listed() -> None:
    second = results(8)
    second["scenario"]["defender"]["steps"] = 80
    second["scenario"]["grid"] = {"family": ["llama", "gpt2"]}
    found = differences(results(8)["scenario"], second["scenario"])
    assert found == [
        ("defender.steps", "60", "80"),
        ("grid.family", "\N{EN DASH}", "llama, gpt2"),
    ]
    assert line_of(shown(results(8), second), "defender.steps").split() == [
        "defender.steps",
        "60",
        "80",
    ]


def test_actors_go_by_name_whatever_their_order() -> None:
    one = {"actors": [{"name": "a", "rate": 1}, {"name": "b", "rate": 2}]}
    two = {"actors": [{"name": "b", "rate": 3}, {"name": "a", "rate": 1}]}
    assert differences(one, two) == [("actors.b.rate", "2", "3")]
    gone = {"actors": [{"name": "a", "rate": 1}]}
    assert differences(one, gone) == [("actors.b.rate", "2", "\N{EN DASH}")]


@given(st.dictionaries(st.text(), st.lists(st.dictionaries(st.text(), st.none() | st.text()))))
def test_nothing_differs_from_itself(thing: dict[str, Any]) -> None:
    assert differences(thing, json.loads(json.dumps(thing))) == []


def test_rates_stand_beside_each_other_with_their_difference() -> None:
    second = results(8)
    row = next(r for r in second["summary"] if r["label"] == "sham lexical")
    row["asr"]["lexical"] = {"value": 0.5, "low": 0.45, "high": 0.55, "seeds": 8}
    line = line_of(shown(results(8), second), "sham lexical")
    old = results(8)["summary"][3]["asr"]["lexical"]["value"]
    assert f"{old:.2f} 0.50 +{0.5 - old:.2f} {APART}" in line


def test_models_of_one_run_only_are_shown_without_a_difference() -> None:
    second = results(8)
    second["summary"] = second["summary"][:2]
    line = line_of(shown(results(8), second), "clean fine-tune")
    assert line.count("\N{EN DASH}") == len(ACTORS)
    assert "+" not in line
    assert APART not in line


def test_estimates_apart_are_marked_and_only_they() -> None:
    near, far, bare = Estimate(0.5, 0.4, 0.6), Estimate(0.8, 0.7, 0.9), Estimate(0.99)
    assert apart(near, far)
    assert apart(far, near)
    assert not apart(near, Estimate(0.65, 0.6, 0.7))
    assert not apart(near, bare)


def test_pairs_come_with_both_verdicts() -> None:
    second = results(8)
    second["transfer"][0].update(verdict="fails", transfer={"value": 0.1, "low": 0.0, "high": 0.15})
    text = shown(results(8), second)
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("lexical → linguist"))
    assert APART in lines[start]
    assert "generalizes, specific" in lines[start + 1]
    assert "fails" in lines[start + 1]


def test_cells_of_stress_runs_go_by_id() -> None:
    text = shown(stress(2), stress(1))
    assert "Cells" in text
    line = line_of(text, "llama-nano-pooled1")
    assert "\N{EN DASH}" in line
    assert line_of(text, "gpt2-nano-merged").split() == ["gpt2-nano-merged", "failed", "failed"]


def test_cells_of_both_stress_runs_have_their_asr_compared() -> None:
    first, second = three(), three()
    second["cells"][0]["asr"]["bard"] = {"value": 0.4, "low": 0.3, "high": 0.45}
    del second["cells"][1]["asr"]
    text = shown(first, second)
    table = text[text.index("ASR before unlearning") :]
    assert f"0.96 0.40 \N{MINUS SIGN}0.56 {APART}" in line_of(table, "llama-nano")
    assert "nano-pooled1" not in table
    assert line_of(text, "llama-nano-pooled2").split() == [
        "llama-nano-pooled2",
        "baseline",
        "baseline",
    ]
    assert "ASR before unlearning" not in shown(stress(1), three())


def test_the_mark_is_told_to_be_no_test() -> None:
    assert "No test of the difference" in shown(results(8), results(8))


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_too_wide(width: int) -> None:
    text = shown(results(8), results(1), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "merchant" in text


def test_names_are_never_mark_up() -> None:
    text = json.dumps(results(1)).replace("lexical", "[red]x[/]\\u001b[31m")
    out = shown(json.loads(text), results(1))
    assert "[red]x[/]" in out
    assert "\x1b" not in out


def test_missing_parts_are_left_out() -> None:
    for found in ({"scenario": {"name": "x"}}, {**dict.fromkeys(results(1)), "claim": {"x": 1}}):
        assert "The claim" in shown(found, results(1))


@pytest.mark.parametrize("other", [{}, {"scenario": 3}, stress(1)])
def test_what_does_not_compare_is_wrong_input(other: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        shown(results(1), other)
