"""A tuned attacker's page and terminal view: whole, safe, and only fresh seeds count."""

from __future__ import annotations

import io
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from arena.cli.app import show_results
from arena.reporting import figures, tune_trials
from arena.reporting.build import write_report
from arena.reporting.strategies import UNTUNED, strategy
from arena.reporting.tune import contender, context, page
from arena.reporting.tune_terminal import tune_table
from arena.reporting.tune_verdict import comparisons, curse, headline, left_out
from tests.support.tune_results import TACTICS, tune

from .test_build import EVIL, Page, nulled
from .test_figures import texts

T8 = tune()


def text_of(found: dict[str, Any]) -> str:
    return " ".join(" ".join(Page(page(found)[0]).texts).split())


def shown(found: dict[str, Any], width: int, report: Path | None = None) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(tune_table(found, width, report))
    return console.file.getvalue()  # type: ignore[attr-defined]


def differing(low: float, high: float, seeds: int = 8) -> dict[str, Any]:
    """The sample with one comparison, whose interval this is."""
    found = deepcopy(T8)
    entry = found["differences"][0]
    entry["difference"] = {"value": (low + high) / 2, "low": low, "high": high}
    entry["per_seed"] = [0.1] * seeds
    found["differences"] = [entry]
    return found


def test_the_report_and_its_figures_are_written(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(json.dumps(tune(objectives=3)))
    read = Page(write_report(tmp_path).read_text())
    drawn = {path.stem for path in (tmp_path / "figures").glob("*.svg")}
    assert drawn == {"slope", "history", "importance", "front"}
    assert "front" not in page(T8)[1]
    assert not read.open
    assert len(read.ids) == len(set(read.ids))
    assert not {"script", "link", "img", "iframe", "base"} & set(read.tags)
    assert not [v for name, v in read.values if not name.startswith("xmlns") and "//" in v]


def test_the_page_says_everything() -> None:
    text = text_of(T8)
    assert headline(T8) in text
    assert "decoy immunisation rate 0.2, shuffled yes" in text
    assert "breaks broad" in text
    assert "out of memory" in text
    assert "ASR after a clean fine-tune at least 0.8" in text
    assert "npo, 40 steps, learning rate 0.0002" in text
    assert "searching took 8 min 20 s random search took 3 min 20 s took 15 min 00 s" in text
    assert "ASR left of the trigger that was told at most 0.1" in text
    assert "optuna-dashboard 'sqlite:///runs/tune evasion/study.db'" in text
    assert "the worst of the disclosed triggers" in text
    assert "winner\N{RIGHT SINGLE QUOTATION MARK}s curse" in text
    assert curse(T8) in text


def test_the_headline_is_said_rival_by_rival() -> None:
    assert headline(T8) == (
        "On 8 fresh seeds the tuned strategy beats the untuned one with the seen and the unseen "
        "defenders; it beats the best random one with the seen defender and is inconclusive "
        "against it with the unseen defender."
    )


@pytest.mark.parametrize(
    ("low", "high", "seeds", "says"),
    [
        (0.01, 0.5, 8, "beats the untuned one"),
        (-0.5, -0.01, 8, "loses to the untuned one"),
        (-0.01, 0.5, 8, "is inconclusive against the untuned one"),
        (0.3, 0.5, 7, "is inconclusive against the untuned one"),
    ],
)
def test_inconclusive_unless_the_interval_excludes_nothing(
    low: float, high: float, seeds: int, says: str
) -> None:
    found = differing(low, high, seeds)
    assert says in headline(found)
    assert comparisons(found)[0].seeds == seeds
    assert headline(found) in text_of(found)


def test_a_difference_without_an_interval_decides_nothing() -> None:
    found = differing(0.1, 0.2)
    found["differences"][0]["difference"] = {"value": 0.4, "low": None, "high": None}
    assert "inconclusive" in headline(found)
    assert comparisons(found)[0].why == "no interval"
    found["differences"] = []
    assert "was not compared" in headline(found)
    assert "Tuned beats untuned." in text_of(found)


def test_a_seed_left_out_counts_nowhere_and_is_said_with_its_reason() -> None:
    off, failed = "tuned is not installed", "the told trigger was not removed"
    found = tune(left_out={3: off, 5: off, 6: failed})
    each = comparisons(found)[0]
    assert (each.seeds, each.outcome, each.why) == (5, "inconclusive", "fewer than 8 seeds")
    assert context(found)["comparisons"][0]["seeds"] == "5 of 5"
    assert left_out(each) == f"3 seeds left out: {off} (3, 5), {failed} (6)"
    assert headline(found).startswith("On 5 of 8 fresh seeds the tuned strategy")
    for told in (text_of(found), " ".join(shown(found, 120).split())):
        assert f"3 seeds left out: {off} (3, 5)" in told
    assert "over 8 fresh seeds less those left out" in text_of(found)
    assert left_out(comparisons(tune(left_out={2: off}))[0]) == f"1 seed left out: {off} (2)"
    assert "left out" not in text_of(T8)


def test_comparisons_that_count_other_seeds_are_told_as_a_range() -> None:
    found = deepcopy(T8)
    found["differences"][0] = tune(left_out={0: "a"})["differences"][0]
    assert headline(found).startswith("On 7 to 8 of 8 fresh seeds")


def test_where_no_seed_counts_nothing_is_decided() -> None:
    found = tune(2, left_out={0: "tuned is not installed", 1: "tuned is not installed"})
    assert {(each.seeds, each.outcome) for each in comparisons(found)} == {(0, "inconclusive")}
    assert headline(found).startswith("On 0 of 2 fresh seeds")
    assert "2 seeds left out" in text_of(found)


def test_what_is_left_of_the_told_trigger_is_shown_for_both_defenders() -> None:
    row = context(T8)["contenders"][0]
    assert [each.text for each in row["own_left"]] == ["0.02", "0.32"]
    assert "of the unlearned trigger" in text_of(T8)


def test_a_choice_without_a_feasible_candidate_is_said() -> None:
    said = "No candidate kept its constraints on the selection seeds."
    found = deepcopy(T8)
    assert said not in text_of(found)
    assert [row["feasible"] for row in context(found)["candidates"]] == ["yes", "yes"]
    found["candidates"][1]["feasible"] = False  # one that was not chosen
    assert said not in headline(found)
    found["candidates"][0]["feasible"] = False
    assert headline(found).endswith(f"the unseen defender. {said}")
    assert text_of(found).count(said) == 2
    assert "breaks a constraint on the search seeds is infeasible" in text_of(found)


def test_a_constraint_kept_to_the_brim_is_not_broken() -> None:
    edge = {"constraints": {"broad": 0.0, "control": -0.0, "written": -0.1, "others_removed": 1e-9}}
    assert tune_trials.violated(edge) == ["others removed"]


@pytest.mark.parametrize(
    ("storage", "told"),
    [
        ("journal://runs/study.log", "optuna-dashboard runs/study.log"),
        ("journal:///tmp/a b.log", "optuna-dashboard '/tmp/a b.log'"),
        ("sqlite:///runs/study.db", "optuna-dashboard sqlite:///runs/study.db"),
        (None, "optuna-dashboard STORAGE"),
    ],
)
def test_the_dashboard_gets_what_it_can_open(storage: str | None, told: str) -> None:
    found = T8 | {"study": {**T8["study"], "storage": storage}}
    assert context(found)["dashboard"] == told


@pytest.mark.parametrize(
    ("unseen", "told"),
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
    unseen: dict[str, Any], told: str
) -> None:
    assert context(T8 | {"unseen": unseen})["unseen"] == told


def test_older_results_show_a_dash_for_what_they_lack() -> None:
    old = deepcopy(T8)
    for entry, later in [
        *((each, ("own_left", "own_left_unseen")) for each in old["contenders"]),
        *((each, ("seeds", "left_out")) for each in old["differences"]),
        *((each, ("feasible",)) for each in old["candidates"]),
    ]:
        for key in later:
            del entry[key]
    del old["seconds"]["random"], old["study"]["constraints"]["own_left"]
    assert headline(old) == headline(T8)
    assert context(old)["comparisons"] == context(T8)["comparisons"]
    assert [each.text for each in context(old)["contenders"][0]["own_left"]] == ["\N{EN DASH}"] * 2
    assert context(old)["candidates"][0]["feasible"] == "\N{EN DASH}"
    text = text_of(old)
    for absent in ("left out", "random search took", "told at most", "No candidate"):
        assert absent not in text


def test_how_many_seeds_count_is_said_where_some_do_not() -> None:
    some = {"seeds": 8, "report_seeds": 8, "unseen_seeds": 5}
    assert contender(some)["fewer"] == ["", "over 5 seeds"]
    assert contender({"seeds": 8})["fewer"] == ["", ""]


def test_only_fresh_seeds_stand_as_results() -> None:
    row = context(T8)["contenders"][0]
    found = T8["contenders"][0]
    assert [e.value for e in row["optimistic"]] == [found[k]["value"] for k in ("search", "select")]
    assert [e.value for e in row["counts"]] == [found[k]["value"] for k in ("report", "unseen")]
    assert page(T8)[0].count('<td class="n own">') == 4 + 2 * 3


def test_trials_are_told_apart() -> None:
    assert tune_trials.counted(T8) == "16 feasible, 3 infeasible, 4 pruned, 1 failed"
    assert [r["number"] for r in tune_trials.rows(T8) if r["chosen"]] == ["17"]
    key = texts(page(T8)[1]["history"])
    for name in ("best so far", "feasible", "infeasible", "pruned", "failed"):
        assert key.count(name) == 1
    assert tune_trials.status({"state": "running"}) == "running"


def test_strategies_are_said_in_words() -> None:
    told = "decoy immunisation (rate 0.2, shuffled yes), late arrival (share 0.35)"
    assert strategy({"tactics": TACTICS}) == told
    assert strategy({"tactics": [{"method": "loud"}]}) == "loud"
    assert strategy({}) == UNTUNED


def test_every_trial_on_the_front_is_named() -> None:
    svg = page(tune(objectives=2))[1]["front"]
    assert {"8", "17"} <= set(texts(svg))
    figures.trial_front([], [], ["a", "b"])


def test_importance_that_cannot_be_had_is_said() -> None:
    found = T8 | {"importance": {"names": {}, "note": "needs two feasible trials"}}
    assert "importance" not in page(found)[1]
    assert "Needs two feasible trials." in text_of(found)


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("seeds", [1, 8])
def test_no_line_is_too_wide_and_no_result_is_cut(width: int, seeds: int) -> None:
    found = tune(seeds)
    out = shown(found, width, Path("runs/x/report.html"))
    assert max(len(line) for line in out.splitlines()) <= width
    assert "runs/x/report.html" in out
    for each in found["contenders"]:
        line = next(
            x for x in out.splitlines() if x.startswith(each["name"].replace("ra", "best ra"))
        )
        assert f"{each['report']['value']:.2f}" in line
    assert " ".join(headline(found).split()) in " ".join(out.split())


def test_missing_parts_are_left_out() -> None:
    empty = {key: type(value)() if isinstance(value, dict | list) else None
             for key, value in T8.items()}  # fmt: skip
    bare = {"trials": [{}], "history": [{}], "contenders": [{}], "differences": [{}],
            "candidates": [{}], "study": {"objectives": ["a", "b"]}}  # fmt: skip
    for found in ({}, dict.fromkeys(T8), nulled(T8), empty, bare):
        assert not Page(page(found)[0]).open
        assert "inconclusive" in shown(found, 80)


@pytest.mark.parametrize("key", sorted(T8))
def test_any_value_may_be_null(key: str) -> None:
    assert not Page(page(T8 | {key: None})[0]).open


def test_hostile_text_stays_text() -> None:
    text = json.dumps(tune(objectives=2))
    for word in ("lexical", "untuned", "decoy_immunisation", "rate", "broad", "out of memory",
                 "tpe", "npo", "tune_evasion", "evasion", "linguist", "seen"):  # fmt: skip
        text = text.replace(f'"{word}"', json.dumps(EVIL + word))
    found = json.loads(text)
    out, drawn = page(found)
    assert "<script" not in "".join([out, *drawn.values()]).lower()
    assert "script" not in Page(out).tags
    assert "\x1b" not in shown(json.loads(text.replace("tpe", "\\u001b[31m[red]")), 80)


def test_the_command_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    show_results(T8, Path("runs/tuned"))
    out = capsys.readouterr().out
    assert "ASR left, contender by contender" in out
    assert "run folder: runs/tuned" in out
