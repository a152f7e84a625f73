"""A tuned attacker's page and terminal view: whole, safe, and only fresh seeds count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from arena.cli.output import show_results
from arena.reporting.build import write_report
from arena.reporting.tune import contender_row, context, page, unseen_defender
from arena.reporting.tune_verdict import headline, winners_curse
from arena.results.tune import (
    CandidateRecord,
    ContenderRecord,
    Difference,
    HistoryPoint,
    Importance,
    StudyRecord,
    TrialRecord,
    TuneResults,
)
from arena.results.writer import as_json, write_results
from tests.support.html_pages import EVIL, Page, foreign, nulled
from tests.support.tune_pages import changed, read, shown, text_of
from tests.support.tune_results import tune

T8 = tune()


def test_the_report_and_its_figures_are_written(tmp_path: Path) -> None:
    write_results(tmp_path, tune(objectives=3))
    html = Page(foreign(write_report(tmp_path).read_text()))
    drawn = {path.stem for path in (tmp_path / "figures").glob("*.svg")}
    assert drawn == {"slope", "history", "importance", "front"}
    assert "front" not in page(T8)[1]
    assert not html.open
    assert len(html.ids) == len(set(html.ids))
    assert not {"script", "link", "img", "iframe", "base"} & set(html.tags)
    assert not [v for name, v in html.values if not name.startswith("xmlns") and "//" in v]


def test_the_page_says_everything() -> None:
    text = text_of(T8)
    assert headline(T8) in text
    assert "decoy immunisation rate 0.2, shuffled yes" in text
    assert "breaks fires on look-alikes of the trigger" in text
    assert "out of memory" in text
    assert "ASR after a clean fine-tune at least 0.8" in text
    assert "npo, 40 steps, learning rate 0.0002" in text
    assert "searching took 8 min 20 s random search took 3 min 20 s took 15 min 00 s" in text
    assert "remaining ASR of the disclosed trigger at most 0.1" in text
    assert "optuna-dashboard 'sqlite:///runs/tune evasion/study.db'" in text
    assert "the worst of the disclosed triggers" in text
    assert "winner\N{RIGHT SINGLE QUOTATION MARK}s curse" in text
    assert winners_curse(T8) in text


def test_what_is_left_of_the_disclosed_trigger_is_shown_for_both_defenders() -> None:
    row = context(T8)["contenders"][0]
    assert [value.text for value in row.own_left] == ["0.02", "0.32"]
    assert "of the unlearned trigger" in text_of(T8)


@pytest.mark.parametrize(
    ("storage", "command"),
    [
        ("journal://runs/study.log", "optuna-dashboard runs/study.log"),
        ("journal:///tmp/a b.log", "optuna-dashboard '/tmp/a b.log'"),
        ("sqlite:///runs/study.db", "optuna-dashboard sqlite:///runs/study.db"),
        ("", "optuna-dashboard STORAGE"),
    ],
)
def test_the_dashboard_gets_what_it_can_open(storage: str, command: str) -> None:
    study = T8.study.model_copy(update={"storage": storage})
    assert context(changed(T8, study=study))["dashboard"] == command


@pytest.mark.parametrize(
    ("unseen", "phrase"),
    [
        ({"defender.objective": {"method": "npo", "beta": 0.2}, "defender.steps": 9},
         "npo (beta 0.2), 9 steps"),
        ({"defender.objective.method": "npo"}, "objective.method npo"),
        ({"defender.intelligence": "blind"}, "intelligence blind"),
        ({"defender.decoys": {"steps": 3}}, 'decoys {"steps": 3}'),
        ({}, ""),
    ],
)  # fmt: skip
def test_the_unseen_defender_is_read_from_keys_of_the_scenario(
    unseen: dict[str, Any], phrase: str
) -> None:
    results = changed(T8, unseen=unseen)
    assert context(results)["unseen"] == unseen_defender(results) == phrase


def older() -> dict[str, Any]:
    """The sample as an older version wrote it, without what came later."""
    values = as_json(T8)
    for entry, later in [
        *((each, ("own_left", "own_left_unseen")) for each in values["contenders"]),
        *((each, ("seeds", "left_out")) for each in values["differences"]),
        *((each, ("feasible",)) for each in values["candidates"]),
    ]:
        for key in later:
            del entry[key]
    del values["seconds"]["random"], values["study"]["constraints"]["own_left"]
    return values


def test_older_results_show_a_dash_for_what_they_lack() -> None:
    old = read(older())
    assert headline(old) == headline(T8)
    assert context(old)["comparisons"] == context(T8)["comparisons"]
    assert [v.text for v in context(old)["contenders"][0].own_left] == ["\N{EN DASH}"] * 2
    assert context(old)["candidates"][0].feasible == "\N{EN DASH}"
    text = text_of(old)
    for absent in ("excluded:", "random search took", "disclosed trigger at most", "No candidate"):
        assert absent not in text


def test_how_many_seeds_count_is_said_where_some_do_not() -> None:
    some = ContenderRecord(seeds=8, report_seeds=8, unseen_seeds=5)
    assert contender_row(some).fewer == ["", "over 5 seeds"]
    assert contender_row(ContenderRecord(seeds=8)).fewer == ["", ""]


def test_only_fresh_seeds_stand_as_results() -> None:
    row, tuned = context(T8)["contenders"][0], T8.contenders[0]
    assert [v.value for v in row.optimistic] == [tuned.search.value, tuned.select.value]
    assert [v.value for v in row.counts] == [tuned.report.value, tuned.unseen.value]
    assert page(T8)[0].count('<td class="n own"') == 4 + 2 * 3


def test_importance_that_cannot_be_computed_is_said() -> None:
    results = changed(T8, importance=Importance(note="needs two feasible trials"))
    assert "importance" not in page(results)[1]
    assert "Needs two feasible trials." in text_of(results)


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("seeds", [1, 8])
def test_no_line_is_too_wide_and_no_result_is_cut(width: int, seeds: int) -> None:
    results = tune(seeds)
    out = shown(results, width, Path("runs/x/report.html"))
    assert max(len(line) for line in out.splitlines()) <= width
    assert "runs/x/report.html" in out
    for contender in results.contenders:
        name = contender.name.replace("ra", "best ra")
        line = next(x for x in out.splitlines() if x.startswith(name))
        assert f"{contender.report.value:.2f}" in line
    assert " ".join(headline(results).split()) in " ".join(out.split())


def test_missing_parts_are_left_out() -> None:
    values = as_json(T8)
    empty = {key: type(value)() for key, value in values.items() if isinstance(value, dict | list)}
    bare = TuneResults(
        trials=(TrialRecord(number=0),),
        history=(HistoryPoint(number=0),),
        contenders=(ContenderRecord(),),
        differences=(Difference(),),
        candidates=(CandidateRecord(),),
        study=StudyRecord(objectives=("a", "b")),
    )
    kind = {"kind": "tune"}
    older_files = (kind, dict.fromkeys(values) | kind, nulled(values) | kind, empty | kind)
    for results in (*map(read, older_files), bare):
        assert not Page(page(results)[0]).open
        assert "inconclusive" in shown(results, 80)


@pytest.mark.parametrize("key", sorted({*TuneResults.model_fields} - {"kind"}))
def test_any_value_may_be_null(key: str) -> None:
    assert not Page(page(read(as_json(T8) | {key: None}))[0]).open


def test_hostile_text_stays_text() -> None:
    text = json.dumps(as_json(tune(objectives=2)))
    for word in ("lexical", "untuned", "decoy_immunisation", "rate", "broad", "out of memory",
                 "tpe", "npo", "tune_evasion", "evasion", "linguist", "seen"):  # fmt: skip
        text = text.replace(f'"{word}"', json.dumps(EVIL + word))
    out, drawn = page(read(json.loads(text)))
    assert "<script" not in "".join([foreign(out), *drawn.values()]).lower()
    assert Page(out).tags.count("script") == 1
    escaped = read(json.loads(text.replace("tpe", "\\u001b[31m[red]")))
    assert "\x1b" not in shown(escaped, 80)


def test_the_command_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    show_results(T8, Path("runs/tuned"))
    out = capsys.readouterr().out
    assert "ASR left by strategy" in out
    assert "run folder: runs/tuned" in out
