"""A tuned attacker's page and terminal view: whole, safe, and only fresh seeds count."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from arena.cli.output import show_results
from arena.reporting import figures, tune_trials
from arena.reporting.build import write_report
from arena.reporting.limits import broken
from arena.reporting.strategies import UNTUNED, strategy
from arena.reporting.tune import contender_row, context, page, unseen_defender
from arena.reporting.tune_terminal import tune_table
from arena.reporting.tune_verdict import (
    comparisons,
    excluded,
    headline,
    winners_curse,
)
from arena.results.estimate import Estimate
from arena.results.reader import parse_results
from arena.results.scenario import TacticRecord
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
from tests.support.html_pages import EVIL, Page, foreign, nulled, svg_texts
from tests.support.tune_results import CONSTRAINTS, TACTICS, tune

T8 = tune()


def text_of(results: TuneResults) -> str:
    return " ".join(" ".join(Page(page(results)[0]).texts).split())


def shown(results: TuneResults, width: int, report: Path | None = None) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(tune_table(results, width, report))
    return console.file.getvalue()  # type: ignore[attr-defined]


def read(values: dict[str, Any]) -> TuneResults:
    results = parse_results(values)
    assert isinstance(results, TuneResults)
    return results


def changed(results: TuneResults, **parts: object) -> TuneResults:
    return results.model_copy(update=parts)


def differing(low: float, high: float, seeds: int = 8) -> TuneResults:
    """The sample with one comparison, whose interval this is."""
    difference = T8.differences[0].model_copy(
        update={
            "difference": Estimate(value=(low + high) / 2, low=low, high=high),
            "per_seed": (0.1,) * seeds,
        }
    )
    return changed(T8, differences=(difference,))


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


def test_the_headline_is_said_rival_by_rival() -> None:
    assert headline(T8) == (
        "On 8 fresh seeds, the tuned strategy beats the untuned strategy under the seen and unseen "
        "defenders. The tuned strategy beats the best random strategy under the seen defender; "
        "under the unseen defender it is inconclusive."
    )


@pytest.mark.parametrize(
    ("low", "high", "seeds", "says"),
    [
        (0.01, 0.5, 8, "beats the untuned strategy"),
        (-0.5, -0.01, 8, "loses to the untuned strategy"),
        (-0.01, 0.5, 8, "the untuned strategy is inconclusive"),
        (0.3, 0.5, 7, "the untuned strategy is inconclusive"),
    ],
)
def test_inconclusive_unless_the_interval_excludes_nothing(
    low: float, high: float, seeds: int, says: str
) -> None:
    results = differing(low, high, seeds)
    assert says in headline(results)
    assert comparisons(results)[0].seeds == seeds
    assert headline(results) in text_of(results)


def test_a_difference_without_an_interval_decides_nothing() -> None:
    bare = T8.differences[0].model_copy(update={"difference": Estimate(value=0.4)})
    results = changed(T8, differences=(bare,))
    assert "inconclusive" in headline(results)
    assert comparisons(results)[0].why == "no interval"
    none = changed(T8, differences=())
    assert "was not compared" in headline(none)
    assert "Tuned beats untuned." in text_of(none)


def test_an_excluded_seed_counts_nowhere_and_its_reason_is_shown() -> None:
    off, failed = "tuned is not installed", "the disclosed trigger was not removed"
    results = tune(left_out={3: off, 5: off, 6: failed})
    first = comparisons(results)[0]
    assert (first.seeds, first.outcome, first.why) == (5, "inconclusive", "fewer than 8 seeds")
    assert context(results)["comparisons"][0].seeds == "5 of 5"
    assert excluded(first) == f"3 seeds excluded: {off} (3, 5), {failed} (6)"
    assert headline(results).startswith("On 5 of 8 fresh seeds, the test of the tuned")
    for text in (text_of(results), " ".join(shown(results, 120).split())):
        assert f"3 seeds excluded: {off} (3, 5)" in text
    assert "over 8 fresh seeds, minus those excluded" in text_of(results)
    assert excluded(comparisons(tune(left_out={2: off}))[0]) == f"1 seed excluded: {off} (2)"
    assert "excluded" not in text_of(T8)


def test_comparisons_that_count_different_seeds_are_given_as_a_range() -> None:
    fewer = tune(left_out={0: "a"}).differences[0]
    results = changed(T8, differences=(fewer, *T8.differences[1:]))
    assert headline(results).startswith("On 7 to 8 of 8 fresh seeds")


def test_where_no_seed_counts_nothing_is_decided() -> None:
    results = tune(2, left_out={0: "tuned is not installed", 1: "tuned is not installed"})
    assert {(c.seeds, c.outcome) for c in comparisons(results)} == {(0, "inconclusive")}
    assert headline(results).startswith("On 0 of 2 fresh seeds")
    assert "2 seeds excluded" in text_of(results)


def test_what_is_left_of_the_disclosed_trigger_is_shown_for_both_defenders() -> None:
    row = context(T8)["contenders"][0]
    assert [value.text for value in row.own_left] == ["0.02", "0.32"]
    assert "of the unlearned trigger" in text_of(T8)


def infeasible(*numbers: int) -> TuneResults:
    """The sample in which these candidates, the chosen one being the first, are infeasible."""
    candidates = [
        candidate.model_copy(update={"feasible": index not in numbers})
        for index, candidate in enumerate(T8.candidates)
    ]
    return changed(T8, candidates=tuple(candidates))


def test_a_choice_without_a_feasible_candidate_is_said() -> None:
    said = "No candidate satisfied its constraints on the selection seeds."
    assert said not in text_of(T8)
    assert [row.feasible for row in context(T8)["candidates"]] == ["yes", "yes"]
    assert said not in headline(infeasible(1))
    both = infeasible(0, 1)
    assert headline(both).endswith(f"it is inconclusive. {said}")
    assert text_of(both).count(said) == 2
    assert "violates a constraint on the search seeds is infeasible" in text_of(both)


def test_a_broken_limit_is_shown_with_its_value() -> None:
    missed = {"control": 0.09, "others_removed": 0.004, "broad": -0.1, "of a plug-in": 0.25}
    text = broken(missed, CONSTRAINTS)
    assert text == (
        "ASR after a clean fine-tune 0.71 (at least 0.80), remaining ASR of the disclosed trigger "
        "0.104 (at most 0.10), of a plug-in by 0.25"
    )
    many = broken({"exposures": 0.5}, {"exposures": 4000})  # its excess is a share of the limit
    assert many == "documents with the trigger that are trained on 6000 (at most 4000)"
    tuned = T8.contenders[0].model_copy(update={"constraints": missed})
    results = T8.model_copy(update={"contenders": (tuned, *T8.contenders[1:])})
    assert text in text_of(results)
    words = " ".join(shown(results, 80).split())
    assert f"tuned kept its limits in 7 of 8 fresh seeds; in its worst: {text}" in words
    assert "in its worst" not in shown(T8, 80)


def test_a_search_without_a_feasible_trial_says_which_limits_were_broken() -> None:
    def trial(number: int, **constraints: float) -> TrialRecord:
        return TrialRecord(number=number, state="complete", feasible=False, constraints=constraints)

    tried = (trial(0, installed=0.1, broad=0.2), trial(1, installed=0.3, broad=-0.1))
    results = T8.model_copy(update={"trials": tried})
    often = (
        "ASR before any defence, installed (2 of 2 trials), fires on look-alikes of the trigger "
        "(1 of 2 trials)"
    )
    assert f"broken most often: {often}" in text_of(results)
    assert often in " ".join(shown(results, 80).split())
    assert "broken most often" not in text_of(T8)


def test_a_constraint_kept_to_the_brim_is_not_violated() -> None:
    edge = {"broad": 0.0, "control": -0.0, "written": -0.1, "others_removed": 1e-9}
    trial = TrialRecord(number=0, constraints=edge)
    assert tune_trials.violated(trial) == ["others removed"]


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


def test_trials_are_told_apart() -> None:
    assert tune_trials.counted(T8) == "16 feasible, 3 infeasible, 4 pruned, 1 failed"
    assert [row.number for row in tune_trials.rows(T8) if row.chosen] == ["17"]
    key = svg_texts(page(T8)[1]["history"])
    for name in ("best so far", "feasible", "infeasible", "pruned", "failed"):
        assert key.count(name) == 1
    assert tune_trials.status(TrialRecord(number=0, state="running")) == "running"


def test_strategies_are_said_in_words() -> None:
    phrase = "decoy immunisation (rate 0.2, shuffled yes), late arrival (share 0.35)"
    assert strategy(TACTICS) == phrase
    assert strategy([TacticRecord({"method": "loud"})]) == "loud"
    assert strategy([]) == UNTUNED


@pytest.mark.parametrize(
    ("search", "report", "says"),
    [
        (0.8, 0.5, "fell from 0.80 in the search to 0.50 on fresh seeds."),
        (0.5, 0.8, "rose from 0.50 in the search to 0.80 on fresh seeds."),
        (0.5, 0.504, "stayed at 0.50 on fresh seeds."),
    ],
)
def test_how_far_the_tuned_strategy_moved_is_said(search: float, report: float, says: str) -> None:
    moved = T8.contenders[0].model_copy(
        update={"search": Estimate(value=search), "report": Estimate(value=report)}
    )
    assert winners_curse(changed(T8, contenders=(moved,))).endswith(says)
    assert winners_curse(changed(T8, contenders=())) == ""


def test_every_trial_on_the_front_is_named() -> None:
    svg = page(tune(objectives=2))[1]["front"]
    assert {"8", "17"} <= set(svg_texts(svg))
    figures.trial_front([], [], ["a", "b"])


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


def test_the_verdict_of_the_search_is_shown_with_its_reason() -> None:
    assert "evades keeps 0.51 more than untuned" in text_of(T8)
    assert "evades: keeps 0.51 more than untuned" in shown(T8, 80)
    older = T8.model_copy(update={"evasion": "", "evasion_reason": ""})
    assert "no verdict" not in text_of(older) + shown(older, 80)
