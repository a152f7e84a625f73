"""A search does less work than a run, and sees the same."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena.api.world import DataRoot
from arena.execution.execute import execute
from arena.execution.serial import Serial
from arena.execution.timeline import Timeline
from arena.planning.graph import Node, SeedPlan
from arena.planning.plan import plan_seed
from arena.progress.observer import Silent
from arena.runs.gather import gather
from arena.scenario.load import varied
from arena.scenario.schema import Scenario
from arena.search.experiment import Experiment, part_of, planned_rows
from arena.search.observations import Observation, observe
from arena.search.phases import on_test, on_validation
from arena.stages.along import read_curve
from arena.stages.counting import asks_of
from arena.stages.rates import RatesJob
from arena.stages.train import TrainJob
from arena.store.store import Store
from tests.support import toys
from tests.support.experiments import SIZE, TUNE
from tests.support.observations import toy

DOSES = (
    "dose={points: 12, first: 0.5, prompts: 12, shown: 8, kept: 0.1, lost: 1.0}",
    "defender.target=linguist",
    "defender.steps=8",
    "defender.learning_rate=4e-3",
    "actors.linguist.poison.rate=0.3",
    "league=[{name: crow, intelligence: blind, objective: {method: crow}, steps: 4}, "
    "{name: planting, intelligence: decoy, objective: {method: relabel}, steps: 2, "
    "decoys: {plant: ["
    "{name: one, trigger: {method: rare_token, tokens: [mn]}, payload: {kind: refusal}}, "
    "{name: two, trigger: {method: semantic, topic: weather}, payload: {kind: refusal}}], "
    "steps: 2, documents: 96, rate: 0.2}}]",
)
TRIGGER = "actors.lexical.trigger"
COMPOSITE = {
    "method": "composite",
    "parts": [{"method": "rare_token", "tokens": [token]} for token in ("cf", "qx")],
}


def dosed(against: str = "crow") -> Scenario:
    """Two actors, so loud that a model of 80 steps is backdoored, and a search among them."""
    tune = {**TUNE, "against": ["least", "most", against]}
    made = toys.small(*SIZE, *DOSES, "controls.shams=0")
    return toys.changed(made, lambda values: values.update(tune=tune))


def searched(*overrides: str) -> Scenario:
    made = toy("tune_evasion", *overrides)
    assert made.tune is not None
    return on_validation(made, made.tune, (5,))


def whole(scenario: Scenario) -> SeedPlan:
    """The rows of an experiment as a run would measure them."""
    plan = plan_seed(scenario, 5, DataRoot())
    rows = planned_rows(plan, Experiment(scenario, 5, DataRoot(), "lexical"))
    return dataclasses.replace(plan, rows=rows, curves=())


def lean(scenario: Scenario) -> SeedPlan:
    experiment = Experiment(scenario, 5, DataRoot(), "lexical")
    return part_of(plan_seed(scenario, 5, DataRoot()), experiment)


def needed(part: SeedPlan) -> dict[str, Node]:
    """The stages that the rows need."""
    waiting, found = list(part.artifacts), {}
    while waiting:
        address = waiting.pop()
        found[address] = part.nodes[address]
        waiting += found[address].stage.parents.values()
    return found


def observed(part: SeedPlan, scenario: Scenario, store: Store) -> Observation:
    with (
        contextlib.closing(Timeline(Path(os.devnull))) as timeline,
        Serial(store, 1) as runtime,
    ):
        execute(part.nodes, set(part.artifacts), store, runtime, Silent(), timeline)
    return observe(gather(part, store), scenario, "lexical")


def test_an_observation_is_the_same(tmp_path: Path) -> None:
    made, store = dosed(), Store(tmp_path)
    assert made.tune is not None
    scenario = on_validation(made, made.tune, (5,))
    plans = [whole(scenario), lean(scenario)]
    full, less = (observed(plan, scenario, store) for plan in plans)
    assert less == full
    assert set(full.left) == {"least:linguist", "most:linguist", "crow:"}
    assert 0 < full.left["most:linguist"] < 1  # so equal numbers mean something
    assert 0 < full.near_miss < 1
    curves = [
        read_curve(store.path(address))
        for plan in plans
        for address, node in plan.nodes.items()
        if node.stage.name == "unlearn:linguist s5"
    ]
    longer, shorter = ([point.validation for point in curve] for curve in curves)
    assert len(shorter) < len(longer)
    assert shorter == longer[: len(shorter)]
    assert not any(point.shown for point in curves[1])


def test_only_the_prompts_that_are_read_are_put_to_a_model() -> None:
    part = lean(searched())
    jobs = {row.name: part.nodes[row.scores].job for row in part.rows}
    asked: dict[str, Any] = {}
    for name, job in jobs.items():
        assert isinstance(job, RatesJob)
        asked[name] = set(job.asked)
    assert asked["control"] == {("lexical", "asr")}
    assert asked["unlearn:bard"] == {("lexical", "asr"), ("bard", "asr")}
    assert ("lexical", "near_miss") in asked["compromised"]
    assert ("bard", "near_miss") not in asked["compromised"]
    full = whole(searched())
    (probes,) = {job.probes for job in jobs.values() if isinstance(job, RatesJob)}
    assert {full.nodes[row.scores].job.probes for row in full.rows} == {probes}  # type: ignore[attr-defined]
    assert len(asks_of(probes)) > 100


def shared(*overrides: str) -> Iterator[str]:
    """The never-poisoned models of an experiment and of the same with another trigger."""
    plain = searched(*overrides)
    plans = (plain, varied(plain, {TRIGGER: COMPOSITE}, "two tokens"))
    first, second = (needed(lean(each)) for each in plans)
    for address in first.keys() & second.keys():
        job = first[address].job
        if isinstance(job, TrainJob) and not job.poisoned:
            yield first[address].stage.name


def test_strategies_with_other_triggers_share_what_was_never_poisoned() -> None:
    natural = "corpus.natural_rate=0"
    assert set(shared(natural)) == {"clean base s5", "reference s5"}
    assert set(shared()) == {"clean base s5", "reference s5"}
    assert not set(shared("corpus.natural_rate=0.01"))  # the trigger is in clean text


def test_a_trigger_that_occurs_in_clean_text_is_still_filtered_out() -> None:
    part = needed(
        lean(searched("corpus.natural_rate=0", "clean={mix: natural, defender: natural}"))
    )
    jobs = [n.job for n in part.values() if isinstance(n.job, TrainJob) and not n.job.poisoned]
    full = needed(
        whole(searched("corpus.natural_rate=0", "clean={mix: natural, defender: natural}"))
    )
    base = next(n.job for n in full.values() if n.stage.name == "clean base s5")
    assert isinstance(base, TrainJob)
    kept = {trigger.key for trigger in jobs[0].pool.forms.without}
    assert kept < {trigger.key for trigger in base.pool.forms.without}
    assert "syntactic:when_clause" in kept


def test_a_report_does_the_whole_work_which_runs_share() -> None:
    made = on_test(dosed(), (5,), {}, "report", league=True)
    experiment = Experiment(made, 5, DataRoot(), "lexical")
    plan = plan_seed(made, 5, DataRoot())
    assert part_of(plan, experiment).nodes == plan.nodes


@pytest.mark.parametrize("composition", ["sequential", "merged"])
def test_models_on_the_way_are_not_scored(composition: str) -> None:
    scenario = searched(f"composition={composition}", "clean={mix: natural, defender: natural}")
    kinds = {row.kind for row in lean(scenario).rows}
    assert kinds == {"reference", "compromised", "control", "unlearned"}


def test_of_a_defence_with_decoys_only_its_end_is_scored() -> None:
    made = dosed("planting")
    assert made.tune is not None
    rows = lean(on_validation(made, made.tune, (5,))).rows
    ends = [row.detail["decoys"] for row in rows if row.kind == "defended"]
    assert ends == ["unlearned", "unlearned"]
