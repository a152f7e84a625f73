"""The league and the decoys on the page and in the terminal: sorted, said, never guessed."""

from __future__ import annotations

import io
import json
from copy import deepcopy
from typing import Any

import pytest
from rich.console import Console

from arena.reporting import figures
from arena.reporting.behaviour import costs
from arena.reporting.build import draw, render
from arena.reporting.decoys import decoys, prediction
from arena.reporting.league import league, samples, trade_off
from arena.reporting.league_terminal import league_table
from arena.reporting.terminal import results_table
from tests.support.league_results import DEFENCES, leagued
from tests.support.planted_results import ACTORS
from tests.support.sample_results import results

from .test_build import EVIL, Page, nulled
from .test_figures import root_of, texts

L8 = leagued()
HEADS = {"league": "The league of defences", "decoys": "Decoys"}


def page_of(found: dict[str, Any]) -> str:
    return render(found, [], draw(found, []))


def names(found: dict[str, Any]) -> list[str]:
    return [row["name"] for row in league(found)["rows"]]


def test_both_sections_are_there_when_measured_and_only_then() -> None:
    read = Page(page_of(L8))
    assert not read.open
    assert len(read.ids) == len(set(read.ids))
    without = Page(page_of(results(8)))
    for head in HEADS.values():
        assert head in read.texts
        assert head not in without.texts
    assert "pareto" in draw(L8, [])
    assert "pareto" not in draw(results(8), [])


@pytest.mark.parametrize("key", ["league", "decoys"])
@pytest.mark.parametrize("value", [None, {}, [], "x", 3, [3], {"standings": [None]}])
def test_a_key_with_nothing_in_it_leaves_its_section_out(key: str, value: object) -> None:
    kept = {name: L8[name] for name in ("actors", "seeds", "league", "decoys")}
    read = Page(page_of(kept | {key: value}))
    assert [name for name in HEADS if HEADS[name] not in read.texts] == [key]


def test_the_least_worst_comes_first_and_the_unmeasured_last() -> None:
    found = leagued()
    worst = [row["left"][0].value for row in league(found)["rows"]]
    assert worst == sorted(worst)
    assert set(names(found)) == {"nothing", "clean fine-tune", *DEFENCES}
    best = names(found)[0]
    for each in found["league"]["standings"]:
        if each["name"] == best:
            each["worst"] = {"value": None}
    assert names(found)[-1] == best


def test_every_defence_says_what_it_knew_its_budget_and_why_it_missed() -> None:
    rows = {row["name"]: row for row in league(L8)["rows"]}
    assert rows["npo"]["knows"] == "one trigger and its payload"
    assert rows["npo"]["budget"] == "60 steps · 512 examples · 10 % of training compute"
    assert rows["npo"]["kind"] == "disclosed · npo"
    assert rows["npo"]["meets"] == "meets it"
    assert rows["rmu"]["reason"].startswith("Accuracy fell by 0.0")
    assert rows["nothing"]["budget"] == ""
    assert rows["clean fine-tune"]["budget"] == "60 steps · 512 examples"
    assert "less than 0.1 left" in league(L8)["mark"]


def test_censored_samples_are_a_bound() -> None:
    standing = {"reactivation": {"value": 12.25, "censored": 3, "curves": 8}}
    assert samples(standing) == ("> 12.2", "3 of 8 never")
    standing["reactivation"]["censored"] = 0
    assert samples(standing) == ("12.2", "")
    assert samples({}) == ("\N{EN DASH}", "")


def test_a_discovery_that_found_nothing_says_so() -> None:
    found = leagued()
    found["league"]["standings"][2].update(nothing_found=3, models=8)
    assert "found nothing in 3 of 8" in page_of(found)


def test_every_entry_is_in_the_plot_by_mark_and_name() -> None:
    svg = draw(L8, [])["pareto"]
    assert {"nothing", "clean fine-tune", *DEFENCES} <= set(texts(svg))
    told = [node.firstChild.data for node in root_of(svg).getElementsByTagName("title")][1:]
    assert len(told) == len(DEFENCES) + 2
    assert all("ASR left" in tip for tip in told)
    assert "at most 0.02" in texts(svg)


def test_the_plot_is_pure_and_its_ids_are_salted() -> None:
    entries, accuracy, loss = trade_off(L8)
    one, again, two = (
        figures.pareto(entries, accuracy=accuracy, loss=loss, salt=salt)
        for salt in ("one", "one", "two")
    )
    assert one == again
    ids = [
        {node.getAttribute("id") for node in root_of(svg).getElementsByTagName("*")} - {""}
        for svg in (one, two)
    ]
    assert not ids[0] & ids[1]


def test_entries_on_one_spot_keep_their_names_apart() -> None:
    spot = {"others": {"value": 0.0}, "change": {"value": 0.0}, "seconds": {"value": 1.0}}
    entries = [{"name": f"defence number {k}", "intelligence": "blind", **spot} for k in range(9)]
    svg = figures.pareto(entries)
    heights = {
        (node.getAttribute("x") or node.getAttribute("transform"), node.getAttribute("y"))
        for node in root_of(svg).getElementsByTagName("text")
        if node.firstChild.data.startswith("defence number")
    }
    assert len(heights) == 9


@pytest.mark.parametrize("entries", [[], [{}], [{"name": "a", "others": 0.2}]])
def test_nothing_to_plot_is_an_empty_plot(entries: list[dict[str, Any]]) -> None:
    assert figures.pareto(entries).startswith("<svg")


def test_decoys_tell_planting_the_held_out_and_what_they_foretell() -> None:
    (told,) = decoys(L8)
    assert [row["label"] for row in told["rows"]] == [
        "compromised", "planted only", "planted, then clean fine-tune",
        "planted, then some unlearned",
    ]  # fmt: skip
    assert len(told["erased"]) == len(ACTORS)
    assert all(len(row["cells"]) == len(ACTORS) + 6 for row in told["rows"])
    assert [row["name"] for row in told["left_out"]] == ["rare token", "style", "syntactic"]
    assert told["by_method"] == []  # the same models
    assert "d3 in 2 of 8 seeds" in told["absent"]
    assert "rho 0." in told["says"]
    assert told["says"] in page_of(L8)


def test_held_out_together_are_told_by_method_too() -> None:
    found = leagued()
    found["decoys"][0]["left_out"] = found["decoys"][0]["left_out"][:1]
    (told,) = decoys(found)
    assert len(told["by_method"]) == 3


def test_the_prediction_is_said_as_far_as_it_goes() -> None:
    few = decoys(leagued(1))[0]["says"]
    assert "is not claimed: 1 usable seed, fewer than 8" in few
    told = {"rho": {"value": 0.8, "low": 0.2, "high": 1.0}, "p": 0.01, "seeds": 9}
    bias = {"value": -0.2, "low": -0.3, "high": -0.1}
    assert "were those in which real actors did (rho 0.80 [0.20, 1.00]" in prediction(told)
    assert "promise too much" in prediction(told | {"bias": bias})
    assert "No relation shown" in prediction(told | {"p": 0.2})
    assert "actors stayed" in prediction(told | {"rho": {"value": -0.8}})
    assert prediction({}) == ""


def test_several_decoy_defences_have_a_section_each() -> None:
    found = leagued()
    second = deepcopy(found["decoys"][0]) | {"defence": "other"}
    found["decoys"].append(second)
    read = Page(page_of(found))
    assert {"Decoys: decoys", "Decoys: other"} <= set(read.texts)


def test_every_number_may_be_null_and_hostile_text_stays_text() -> None:
    assert not Page(page_of(nulled(leagued()))).open
    text = json.dumps(leagued())
    for word in ('"npo"', '"one trigger"', '"syntactic"', '"lexical"', '"d3"'):
        text = text.replace(word, json.dumps(EVIL))
    page = page_of(json.loads(text))
    assert "<script" not in page.lower()
    assert "script" not in Page(page).tags


def shown(found: dict[str, Any], width: int) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(results_table(found, width))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_terminal_table_fits_and_cuts_no_number(width: int) -> None:
    text = shown(L8, width)
    assert max(len(line) for line in text.splitlines()) <= width
    lines = [line.split() for line in text.split("Defences by")[1].splitlines()]
    for row in league(L8)["rows"]:
        line = next(line for line in lines if line and line[0] == row["name"].split()[0])
        assert row["left"][0].text in line
        assert line[-1] == row["glyph"]
    assert ("wakes after" in text) is (width >= 100)


def test_long_names_give_way_in_the_terminal() -> None:
    found = leagued()
    for each in found["league"]["standings"]:
        each["name"] = f"a defence with a very long name indeed {each['name']}"
        each["seconds"] = {"value": 7500.0}
    for width in (60, 80):
        text = shown(found, width)
        assert max(len(line) for line in text.splitlines()) <= width
        assert "2 h 05 min" in text
    assert league_table(results(8), 80) is None


def test_defended_models_are_told_apart_where_backdoors_come_back() -> None:
    line = {"kind": "defended", "target": None, "actor": "bard", "seeds": 8, "reached": 8}
    found = {"reactivation": {"costs": [line | {"name": name} for name in ("crow", "beear")]}}
    assert [model["label"] for model in costs(found)] == ["crow", "beear"]
