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
from arena.reporting.compare import APART, apart, side_by_side
from arena.reporting.differences import differences
from arena.results.claim import Claim, ShamEstimates
from arena.results.estimate import Estimate, SeedEstimate
from arena.results.numbers import NONE, Shown
from arena.results.reader import Results, parse_results
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.results.stress import StressResults
from arena.results.writer import as_json
from tests.support.duel_results import duel
from tests.support.planted_results import ACTORS
from tests.support.sample_results import results
from tests.support.stress_results import stress, three
from tests.support.tune_results import tune


def shown(first: Results, second: Results, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(side_by_side(first, second, ("one", "two"), width))
    return console.file.getvalue()  # type: ignore[attr-defined]


def line_of(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


def test_equal_runs_differ_in_nothing() -> None:
    text = shown(results(8), results(8))
    assert "The scenarios are the same." in text
    assert text.count(APART) == 1  # the note below the tables
    assert "+" not in text


def test_parts_by_other_shams_are_not_subtracted() -> None:
    first, second = results(8), results(8)
    assert first.claim is not None
    parts = ShamEstimates(odd=Estimate(value=0.75), specific=Estimate(value=0.05))
    claim = first.claim.model_copy(update={"by_sham": {"benign": parts}})
    text = shown(first, second.model_copy(update={"claim": claim}))
    odd = Shown.of(first.claim.odd)
    assert line_of(text, "odd ").split() == ["odd", *2 * odd.full.split(), "0.00"]
    assert line_of(text, "odd (benign").split() == ["odd", "(benign", "shams)", NONE, "0.75"]
    assert "specific (benign shams)" in text


def test_only_what_differs_is_listed() -> None:
    scenario = as_json(results(8))["scenario"]
    scenario["defender"]["steps"] = 80
    scenario["grid"] = {"family": ["llama", "gpt2"]}
    assert differences(results(8).scenario.root, scenario) == [
        ("defender.steps", "60", "80"),
        ("grid.family", "\N{EN DASH}", "llama, gpt2"),
    ]
    second = results(8).model_copy(update={"scenario": ScenarioRecord(scenario)})
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


NAMES = st.text(max_size=9)
ENTRIES = st.lists(st.dictionaries(NAMES, st.none() | NAMES, max_size=3), max_size=3)


@given(st.dictionaries(NAMES, ENTRIES, max_size=3))
def test_nothing_differs_from_itself(thing: dict[str, Any]) -> None:
    assert differences(thing, json.loads(json.dumps(thing))) == []


def test_rates_stand_beside_each_other_with_their_difference() -> None:
    first = results(8)
    rows = [
        row.model_copy(update={"asr": {**row.asr, "lexical": SeedEstimate(
            value=0.5, low=0.45, high=0.55, seeds=8)}})
        if row.label == "sham lexical" else row
        for row in first.summary
    ]  # fmt: skip
    old = first.summary[3].asr["lexical"].value
    assert old is not None
    line = line_of(shown(first, first.model_copy(update={"summary": rows})), "sham lexical")
    assert f"{old:.2f} 0.50 +{0.5 - old:.2f} {APART}" in line


def test_models_of_one_run_only_are_shown_without_a_difference() -> None:
    first = results(8)
    second = first.model_copy(update={"summary": first.summary[:2]})
    line = line_of(shown(first, second), "clean fine-tune")
    assert line.count("\N{EN DASH}") == len(ACTORS)
    assert "+" not in line
    assert APART not in line


def between(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=value, low=low, high=high)


def test_estimates_apart_are_marked_and_only_they() -> None:
    near, far, bare = between(0.5, 0.4, 0.6), between(0.8, 0.7, 0.9), Estimate(value=0.99)
    assert apart(near, far)
    assert apart(far, near)
    assert not apart(near, between(0.65, 0.6, 0.7))
    assert not apart(near, bare)


def test_pairs_come_with_both_verdicts() -> None:
    pair, *others = results(8).transfer
    fails = pair.model_copy(update={"verdict": "fails", "transfer": between(0.1, 0.0, 0.15)})
    second = results(8).model_copy(update={"transfer": (fails, *others)})
    lines = shown(results(8), second).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("lexical → linguist"))
    assert APART in lines[start]
    assert "generalizes, specific" in lines[start + 1]
    assert "fails" in lines[start + 1]


def test_cells_of_stress_runs_are_matched_by_id() -> None:
    text = shown(stress(2), stress(1))
    assert "Cells" in text
    line = line_of(text, "llama-nano-pooled1")
    assert "\N{EN DASH}" in line
    assert line_of(text, "gpt2-nano-merged").split() == ["gpt2-nano-merged", "failed", "failed"]


def test_cells_of_both_stress_runs_have_their_asr_compared() -> None:
    one, two, *others = three().cells
    changed = one.model_copy(update={"asr": {**one.asr, "bard": between(0.4, 0.3, 0.45)}})
    cells = (changed, two.model_copy(update={"asr": {}}), *others)
    text = shown(three(), three().model_copy(update={"cells": cells}))
    table = text[text.index("ASR before unlearning") :]
    assert f"0.96 0.40 \N{MINUS SIGN}0.56 {APART}" in line_of(table, "llama-nano")
    assert "nano-pooled1" not in table
    assert line_of(text, "llama-nano-pooled2").split() == [
        "llama-nano-pooled2",
        "baseline",
        "baseline",
    ]
    assert "ASR before unlearning" not in shown(stress(1), three())


def test_the_mark_is_said_to_be_no_test() -> None:
    assert "does not test the difference" in shown(results(8), results(8))


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_too_wide(width: int) -> None:
    text = shown(results(8), results(1), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "merchant" in text


def test_names_are_never_mark_up() -> None:
    text = json.dumps(as_json(results(1))).replace("lexical", "[red]x[/]\\u001b[31m")
    out = shown(parse_results(json.loads(text)), results(1))
    assert "[red]x[/]" in out
    assert "\x1b" not in out


def test_missing_parts_are_left_out() -> None:
    nulls: dict[str, Any] = dict.fromkeys(as_json(results(1)))
    bare = RunResults(scenario=ScenarioRecord({"name": "x"}))
    for first in (bare, parse_results(nulls | {"claim": {"x": 1}}), RunResults(claim=Claim())):
        assert "The claim" in shown(first, results(1))


@pytest.mark.parametrize("other", [RunResults(), StressResults(), stress(1), tune(), duel()])
def test_what_does_not_compare_is_wrong_input(other: Results) -> None:
    with pytest.raises(InputError):
        shown(results(1), other)
    with pytest.raises(InputError):
        shown(other, results(1))
