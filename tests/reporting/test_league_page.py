"""The league and the decoys on the page and in the terminal: sorted, said, never guessed."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from arena.reporting import figures
from arena.reporting.decoys import decoys, prediction
from arena.reporting.league import LeagueTable, league, samples, trade_off
from arena.reporting.league_terminal import league_table
from arena.reporting.run_page import draw, page
from arena.reporting.terminal import results_table
from arena.results.decoys import Prediction
from arena.results.estimate import Estimate
from arena.results.league import Standing, WakingCost
from arena.results.run import RunResults
from arena.results.writer import as_json
from tests.support.html_pages import EVIL, Page, foreign, nulled
from tests.support.league_results import DEFENCES, leagued, with_standings
from tests.support.planted_results import ACTORS
from tests.support.sample_results import read, results

from .test_figures import root_of, texts

L8 = leagued()
HEADS = {"league": "The league of defences", "decoys": "Decoys"}


def page_of(run: RunResults) -> str:
    return page(run, [])[0]


def table(run: RunResults) -> LeagueTable:
    shown_table = league(run)
    assert shown_table is not None
    return shown_table


def names(run: RunResults) -> list[str]:
    return [row.name for row in table(run).rows]


def test_both_sections_are_there_when_measured_and_only_then() -> None:
    html = Page(page_of(L8))
    assert not html.open
    assert len(html.ids) == len(set(html.ids))
    without = Page(page_of(results(8)))
    for head in HEADS.values():
        assert head in html.texts
        assert head not in without.texts
    assert "pareto" in draw(L8, [])
    assert "pareto" not in draw(results(8), [])


@pytest.mark.parametrize(
    ("key", "nothing"),
    [
        *(("league", nothing) for nothing in (None, {}, {"standings": [None]})),
        *(("decoys", nothing) for nothing in (None, [], [None])),
    ],
)
def test_a_key_with_nothing_in_it_leaves_its_section_out(key: str, nothing: object) -> None:
    values = {name: as_json(L8)[name] for name in ("actors", "seeds", "league", "decoys")}
    html = Page(page_of(read(values | {key: nothing})))
    assert [name for name in HEADS if HEADS[name] not in html.texts] == [key]


def test_the_least_worst_comes_first_and_the_unmeasured_last() -> None:
    worst = [row.left[0].value or 0.0 for row in table(L8).rows]
    assert worst == sorted(worst)
    assert set(names(L8)) == {"nothing", "clean fine-tune", *DEFENCES}
    best = names(L8)[0]
    assert names(with_standings(**{best: {"worst": Estimate()}}))[-1] == best


def test_every_defence_says_what_it_knew_its_budget_and_why_it_missed() -> None:
    rows = {row.name: row for row in table(L8).rows}
    assert rows["npo"].knows == "one trigger and its payload"
    assert rows["npo"].budget == "60 steps · 512 examples · 10 % of training compute"
    assert rows["npo"].kind == "disclosed · npo"
    assert rows["npo"].meets == "meets it"
    assert rows["rmu"].reason.startswith("Accuracy fell by 0.0")
    assert rows["nothing"].budget == ""
    assert rows["clean fine-tune"].budget == "60 steps · 512 examples"
    assert "an ASR below 0.1 and costs" in table(L8).mark


def test_censored_samples_are_a_bound() -> None:
    some = Standing(name="a", reactivation=WakingCost(value=12.25, censored=3, curves=8))
    none = Standing(name="a", reactivation=WakingCost(value=12.25, censored=0, curves=8))
    assert samples(some) == ("> 12.2", "3 of 8 never")
    assert samples(none) == ("12.2", "")
    assert samples(Standing(name="a")) == ("\N{EN DASH}", "")


def test_a_discovery_that_found_nothing_says_so() -> None:
    run = with_standings(found={"nothing_found": 3, "models": 8})
    assert "found nothing in 3 of 8" in page_of(run)


def test_every_entry_is_in_the_plot_by_mark_and_name() -> None:
    svg = draw(L8, [])["pareto"]
    assert {"nothing", "clean fine-tune", *DEFENCES} <= set(texts(svg))
    tips = [node.firstChild.data for node in root_of(svg).getElementsByTagName("title")][1:]
    assert len(tips) == len(DEFENCES) + 2
    assert all("ASR left" in tip for tip in tips)
    assert "at most 0.02" in texts(svg)


def test_the_plot_is_pure_and_its_ids_are_salted() -> None:
    one, again, two = (figures.pareto(*trade_off(L8), salt=salt) for salt in ("one", "one", "two"))
    assert one == again
    ids = [
        {node.getAttribute("id") for node in root_of(svg).getElementsByTagName("*")} - {""}
        for svg in (one, two)
    ]
    assert not ids[0] & ids[1]


def test_entries_on_one_spot_keep_their_names_apart() -> None:
    zero, one = Estimate(value=0.0), Estimate(value=1.0)
    spot = Standing(name="", intelligence="blind", others=zero, change=zero, seconds=one)
    entries = [spot.model_copy(update={"name": f"defence number {k}"}) for k in range(9)]
    svg = figures.pareto(entries)
    heights = {
        (node.getAttribute("x") or node.getAttribute("transform"), node.getAttribute("y"))
        for node in root_of(svg).getElementsByTagName("text")
        if node.firstChild.data.startswith("defence number")
    }
    assert len(heights) == 9


@pytest.mark.parametrize("entries", [[], [Standing(name="a", others=Estimate(value=0.2))]])
def test_nothing_to_plot_is_an_empty_plot(entries: list[Standing]) -> None:
    assert figures.pareto(entries).startswith("<svg")


def test_decoys_show_planting_the_held_out_and_what_they_predict() -> None:
    (section,) = decoys(L8)
    assert [row.label for row in section.rows] == [
        "compromised", "planted only", "planted, then clean fine-tune",
        "planted, then some unlearned",
    ]  # fmt: skip
    assert len(section.erased) == len(ACTORS)
    assert all(len(row.cells) == len(ACTORS) + 6 for row in section.rows)
    assert [row.name for row in section.left_out] == ["rare token", "style", "syntactic"]
    assert section.by_method == []  # the same models
    assert "d3 in 2 of 8 seeds" in section.missing
    assert "rho 0." in section.prediction
    assert section.prediction in page_of(L8)


def test_held_out_together_are_shown_by_method_too() -> None:
    (defence,) = L8.decoys
    together = defence.model_copy(update={"left_out": defence.left_out[:1]})
    (section,) = decoys(L8.model_copy(update={"decoys": (together,)}))
    assert len(section.by_method) == 3


def test_the_prediction_is_said_as_far_as_it_goes() -> None:
    few = decoys(leagued(1))[0].prediction
    assert "is not claimed: 1 usable seed, fewer than 8" in few
    clear = Prediction(rho=Estimate(value=0.8, low=0.2, high=1.0), p=0.01, seeds=9)
    bias = Estimate(value=-0.2, low=-0.3, high=-0.1)
    assert "real actors fell as well (rho 0.80 [0.20, 1.00]" in prediction(clear)
    assert "promise too much" in prediction(clear.model_copy(update={"bias": bias}))
    assert "No relation shown" in prediction(clear.model_copy(update={"p": 0.2}))
    opposite = clear.model_copy(update={"rho": Estimate(value=-0.8)})
    assert "actors stayed" in prediction(opposite)
    assert prediction(None) == ""


def test_several_decoy_defences_have_a_section_each() -> None:
    (first,) = L8.decoys
    both = (first, first.model_copy(update={"defence": "other"}))
    html = Page(page_of(L8.model_copy(update={"decoys": both})))
    assert {"Decoys: decoys", "Decoys: other"} <= set(html.texts)


def test_every_number_may_be_null_and_hostile_text_stays_text() -> None:
    assert not Page(page_of(read(nulled(as_json(L8))))).open
    text = json.dumps(as_json(L8))
    for word in ('"npo"', '"one trigger"', '"syntactic"', '"lexical"', '"d3"'):
        text = text.replace(word, json.dumps(EVIL))
    html = page_of(read(json.loads(text)))
    assert "<script" not in foreign(html).lower()
    assert Page(html).tags.count("script") == 1


def shown(run: RunResults, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(results_table(run, width))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_terminal_table_fits_and_cuts_no_number(width: int) -> None:
    text = shown(L8, width)
    assert max(len(line) for line in text.splitlines()) <= width
    lines = [line.split() for line in text.split("Defences by")[1].splitlines()]
    for row in table(L8).rows:
        line = next(line for line in lines if line and line[0] == row.name.split()[0])
        assert row.left[0].text in line
        assert line[-1] == row.glyph
    assert ("back after" in text) is (width >= 100)


def test_long_names_give_way_in_the_terminal() -> None:
    seconds = Estimate(value=7500.0)
    changes: dict[str, dict[str, Any]] = {
        name: {"name": f"a defence with a very long name indeed {name}", "seconds": seconds}
        for name in names(L8)
    }
    run = with_standings(**changes)
    for width in (60, 80):
        text = shown(run, width)
        assert max(len(line) for line in text.splitlines()) <= width
        assert "2 h 05 min" in text
    assert league_table(results(8), 80) is None
