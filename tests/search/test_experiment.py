"""The rows that an experiment measures; and whole searches at toy size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from arena import run
from arena.api.world import DataRoot
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from arena.results.reader import read_results
from arena.scenario.load import load_scenario
from arena.search.duel import duel
from arena.search.experiment import Experiment, Scope, has_first_rung, planned_rows
from arena.search.phases import on_test, on_validation
from arena.search.tune import tune
from tests.support.observations import toy

BLIND = ("defender.intelligence=blind", "defender.objective={method: clean_finetune}")
TUNE = (
    "tune.trials=2", "tune.best=1", "tune.prompts=16", "tune.compare=[untuned]",
    "tune.seeds={search: [1], select: [2], report: [3]}", "tune.unseen={defender.steps: 3}",
    "tune.limits={control_asr: 0.0, clean_accuracy_loss: 1.0, written: 1.0}", "tune.prune=false",
    "thresholds={installed_asr: 0.0, installed_false_fire: 1.0, broad: 1.0}",
    "tune.tactics=[{method: poison_budget, always: true}]",
)  # fmt: skip
DUEL = (
    "duel.trials=1", "duel.best=1", "duel.prompts=16", "duel.most_rounds=2", "duel.compute=1.0",
    "duel.seeds={search: [1], select: [2], report: [3]}",
    "duel.limits={control_asr: 0.0, clean_accuracy_loss: 1.0, written: 1.0, own_left: 1.0}",
    "thresholds={installed_asr: 0.0, installed_false_fire: 1.0, broad: 1.0}",
    "duel.tactics=[{method: poison_budget, always: true}]",
    "duel.blue={trials: 1, options: [{name: relabel, space: {defender.steps: "
    "{low: 3, high: 6}}}]}",
)  # fmt: skip


def plan(*overrides: str) -> SeedPlan:
    return plan_seed(toy("tune_evasion", *overrides), 0, DataRoot())


def names(
    made: SeedPlan, scope: Scope, actor: str = "lexical", first: str | None = None
) -> list[str]:
    experiment = Experiment(toy(), 0, DataRoot(), actor, scope, first)
    return [row.name for row in planned_rows(made, experiment)]


def test_shams_and_the_removal_of_the_own_trigger_are_left_out() -> None:
    made = plan("controls.shams=1")
    assert {"sham:bard:0", "unlearn:lexical"} <= {row.name for row in made.rows}
    assert names(made, "all") == [
        "reference", "compromised", "control",
        "unlearn:linguist", "unlearn:bard", "unlearn:merchant",
    ]  # fmt: skip


def test_the_first_look_is_at_one_removal() -> None:
    first = ["reference", "compromised", "control"]
    assert names(plan(), "first") == [*first, "unlearn:linguist"]
    assert names(plan(), "first", "linguist") == [*first, "unlearn:lexical"]
    assert names(plan(), "first", first="merchant") == [*first, "unlearn:merchant"]


def test_a_defence_that_is_told_nothing_has_one_row() -> None:
    made = plan(*BLIND)
    assert names(made, "first") == names(made, "all")
    assert not has_first_rung(toy("tune_evasion", *BLIND), "lexical", 2)


def test_a_first_look_is_less_than_all_where_there_is_more() -> None:
    assert has_first_rung(toy(), "lexical", 1)
    one = "defender.target=bard"
    assert not has_first_rung(toy("tune_evasion", one), "lexical", 1)
    assert has_first_rung(toy("tune_evasion", one), "lexical", 2)


DOSES = (
    "dose={points: 4, prompts: 16, shown: 8}",
    "tune.against=[least, most, crow]",
    "league=[{name: crow, intelligence: blind, objective: {method: crow}, steps: 4}, "
    "{name: npo, intelligence: disclosed, target: each, objective: {method: npo}, steps: 4}]",
)


def test_a_search_measures_what_it_is_against_and_its_report_the_whole_league() -> None:
    made = toy("tune_evasion", *DOSES)
    assert made.tune is not None
    searched = on_validation(made, made.tune, (5,))
    experiment = Experiment(searched, 5, DataRoot(), "lexical", "first", "bard")
    first = [row.name for row in planned_rows(plan_seed(searched, 5, DataRoot()), experiment)]
    removal = ["control:bard@least", "unlearn:bard@least", "unlearn:bard@most"]
    assert first == ["reference", "compromised", "control@most", *removal]
    assert [each.name for each in searched.league] == ["crow"]
    reported = on_test(made, (7,), {}, "report", league=True)
    assert [each.name for each in reported.league] == ["crow", "npo"]
    whole = Experiment(reported, 7, DataRoot(), "lexical")
    rows = {row.name for row in planned_rows(plan_seed(reported, 7, DataRoot()), whole)}
    assert {"crow@harmless", "npo:bard@harmless", "unlearn:merchant@least"} <= rows
    assert not any("harmless" in name and "unlearn" in name for name in rows)


def test_searched_on_validation_prompts_and_reported_on_test() -> None:
    made = toy("tune_evasion", "controls.shams=2", "controls.reference=false")
    assert made.tune is not None
    searched = on_validation(made, made.tune, (5, 6))
    assert (searched.seeds, searched.evaluation.split) == ((5, 6), "validation")
    assert searched.evaluation.prompts == made.tune.prompts
    reported = on_test(made, (7,), {"defender.steps": 3}, "report")
    assert (reported.evaluation.split, reported.defender.steps) == ("test", 3)
    assert reported.evaluation.prompts == made.evaluation.prompts
    for each in (searched, reported):
        assert (each.tune, each.controls.shams, each.controls.reference) == (None, 0, True)


def results(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "results.json").read_text()))


@pytest.mark.slow
def test_what_tuning_finds_runs_as_a_plain_scenario(tmp_path: Path) -> None:
    store = tmp_path / "store"
    filtered = toy("tune_evasion", *TUNE, "tune.limits.flagged=1.0")
    done = tune(filtered, out=tmp_path / "tune", store=store, quiet=True)
    written = results(done.folder)
    assert all(0.0 <= trial["measured"]["flagged"] <= 1.0 for trial in written["trials"])
    assert read_results(done.folder) == done.results
    assert [trial["state"] for trial in written["trials"]] == ["complete", "complete"]
    assert [each["name"] for each in written["contenders"]] == ["tuned", "untuned"]
    assert "fewer than 8 seeds" in written["verdict"] or "no interval" in written["verdict"]
    best = load_scenario(done.folder / "best.yaml")
    again = run(best, out=tmp_path / "run", store=store, quiet=True)
    left = [
        row.asr["lexical"].rate or 0.0
        for row in again.results.rows
        if row.kind == "unlearned" and row.target != "lexical"
    ]
    assert written["contenders"][0]["report"]["value"] == pytest.approx(min(left))


def test_a_known_strategy_is_reported_and_without_each_of_its_tactics(tmp_path: Path) -> None:
    both = (
        "[{method: poison_budget, always: true}, {method: near_miss_negatives, "
        "set: {rate: 0.05, distance: nearest, variety: 2}}, "
        "{method: flat_minima, set: {rho: 0.02}}]"
    )
    known = "{poison_budget.rate: 0.2, near_miss_negatives: true, flat_minima: true}"
    edits = (f"tune.tactics={both}", f"tune.strategy={known}", "tune.seeds={report: [3]}")
    made = toy("tune_evasion", *TUNE, *edits, "tune.compare=[untuned, random, without_each]")
    done = tune(made, out=tmp_path / "tune", store=tmp_path / "store", quiet=True)
    used = {each.name: [t.method for t in each.tactics] for each in done.results.contenders}
    assert used == {
        "tuned": ["poison_budget", "near_miss_negatives", "flat_minima"],
        "untuned": [],
        "without near_miss_negatives": ["poison_budget", "flat_minima"],
        "without flat_minima": ["poison_budget", "near_miss_negatives"],
    }
    rates = {dict(t.root)["rate"] for c in done.results.contenders for t in c.tactics[:1]}
    assert rates == {0.2}
    assert {each.against for each in done.results.differences} == set(used) - {"tuned"}
    assert (done.results.trials, done.results.candidates) == ((), ())
    assert not done.results.study.searched
    best = load_scenario(done.folder / "best.yaml")
    assert best.seeds == (3,)
    assert best.description.startswith("A known strategy: poison_budget (rate 0.2)")
    assert "a known strategy" in repr(done.results)
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert "the strategy without near miss negatives" in page
    assert "Nothing was searched here" in page
    assert "optimistic" not in page


@pytest.mark.slow
@pytest.mark.parametrize("against", [("least", "most", "crow"), ("crow",)])
def test_a_race_against_doses_and_a_league(against: tuple[str, ...], tmp_path: Path) -> None:
    seeds = "tune.seeds={search: [1, 4], select: [2, 5], report: [3]}"
    aim = f"tune.against=[{', '.join(against)}]"
    made = toy("tune_evasion", *TUNE, *DOSES, seeds, "tune.prune=true", aim)
    done = tune(made, out=tmp_path / "tune", store=tmp_path / "store", quiet=True)
    found = done.results.contender("tuned")
    assert found is not None
    assert set(found.by_defence) == {"least", "most", "crow", "npo"}
    lowest = min(found.by_defence[name].value or 0.0 for name in against)
    assert found.report.value == pytest.approx(lowest)  # one seed
    assert found.unseen.value is not None
    assert {"least:bard", "most:bard", "crow:"} <= set(done.results.trials[0].left)
    assert "npo:bard" not in done.results.trials[0].left
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    assert "Against every defence" in page


@pytest.mark.slow
def test_a_whole_duel(tmp_path: Path) -> None:
    store = tmp_path / "store"
    done = duel(toy("duel_two_rounds", *DUEL), out=tmp_path / "duel", store=store, quiet=True)
    written = results(done.folder)
    assert len(written["rounds"]) == 2
    assert all(
        each[side]["feasible"] == 1 for each in written["rounds"] for side in ("red", "blue")
    )
    cells = {(cell["red"], cell["blue"]) for cell in written["payoff"]}
    assert len(cells) == 9
    assert (written["last"]["red"], written["last"]["blue"]) in cells
    assert (done.folder / "report.html").is_file()
