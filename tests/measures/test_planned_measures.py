"""Which models are looked at closer, with what, and how that reaches the results."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.plans import addresses, by_name, parents, plan

ALL = (
    "measures={representations: {prompts: 8}, quiet: {prompts: 8}, reactivation: {samples: [0, 8]}}"
)
ROWS = {
    "representations": {"reference", "compromised", "control", "unlearned"},
    "quiet": {"compromised", "control", "unlearned"},
    "reactivation": {"reference", "without", "control", "unlearned"},
}
KINDS = ("represent", "quiet", "reactivate")  # of their stages


def test_nothing_is_measured_unless_asked_for() -> None:
    assert all(not row.measures for row in plan().rows)


@pytest.mark.parametrize("measure", ROWS)
def test_each_measure_has_its_rows(measure: str) -> None:
    rows = plan(ALL).rows
    assert {row.kind for row in rows if measure in row.measures} == ROWS[measure]
    assert all(measure in row.measures for row in rows if row.kind in ROWS[measure])


def test_measures_leave_every_other_address_alone() -> None:
    with_measures, without = addresses(plan(ALL)), addresses(plan())
    assert {name: with_measures[name] for name in without} == without


def test_what_each_measure_is_given() -> None:
    made = plan(ALL)
    assert parents(made, "represent unlearn:bard") == {
        "model": "unlearn:bard",
        "suspect": "compromised",
    }
    assert set(parents(made, "quiet unlearn:bard")) == {"model"}
    shards = {f"shard:{a}" for a in ("lexical", "linguist", "bard", "merchant")}
    assert set(parents(made, "reactivate reference")) == {"model", *shards}


def test_every_model_is_asked_the_same() -> None:
    names: Any = by_name(plan(ALL))
    for kind in KINDS:
        jobs = [
            node.job
            for name, node in names.items()
            if name.startswith(f"{kind} ") and not name.startswith(f"{kind} without:")
        ]
        assert len(jobs) > 2
        assert all(job == jobs[0] for job in jobs)


def test_a_measures_settings_move_its_own_address_only() -> None:
    first = addresses(plan(ALL))
    second = addresses(plan(ALL.replace("quiet: {prompts: 8}", "quiet: {prompts: 8, draws: 2}")))
    moved = {name for name in first if first[name] != second[name]}
    assert moved == {name for name in first if name.startswith("quiet ")}


def test_the_artifacts_of_a_plan_hold_its_measures() -> None:
    made = plan(ALL)
    found = set(made.artifacts)
    assert {a for row in made.rows for a in row.measures.values()} <= found
    assert {row.scores for row in made.rows} <= found


ACTORS = ("lexical", "linguist", "bard", "merchant")
REACTIVATION = "measures={reactivation: {prompts: 8, samples: [0, 8]}}"


def test_a_model_without_each_unlearned_actor_is_asked_about_that_actor_alone() -> None:
    made = plan(REACTIVATION)
    rows = [row for row in made.rows if row.kind == "without"]
    assert [(row.name, row.target) for row in rows] == [(f"without:{a}", a) for a in ACTORS]
    names: Any = by_name(made)
    for actor in ACTORS:
        job = names[f"reactivate without:{actor}"].job
        assert job.only == actor
        assert job.steps * len(ACTORS) == names["reactivate reference"].job.steps
        assert job.asks == names["reactivate reference"].job.asks  # texts are as long


def test_the_never_poisoned_baseline_alone_costs_no_training() -> None:
    never = plan("measures={reactivation: {prompts: 8, samples: [0, 8], baseline: never}}")
    assert not [row for row in never.rows if row.kind == "without"]
    others = addresses(plan(REACTIVATION))
    assert {name: others[name] for name in addresses(never)} == addresses(never)
    more = {name.split(" ")[0].split(":")[0] for name in others.keys() - addresses(never).keys()}
    assert more == {"without", "score", "reactivate"}


def test_only_actors_that_can_be_unlearned_and_have_a_curve_are_left_out_in_turn() -> None:
    one = plan(REACTIVATION, "defender.target=bard")
    assert [row.target for row in one.rows if row.kind == "without"] == ["bard"]
    league = plan(
        REACTIVATION,
        "defender.target=bard",
        "league=[{name: crow, intelligence: blind, objective: {method: crow}}]",
    )
    assert [row.target for row in league.rows if row.kind == "without"] == list(ACTORS)
    much = "measures={reactivation: {prompts: 8, samples: [0, 100000]}}"
    assert not [row for row in plan(much).rows if row.kind == "without"]
    assert not [row for row in plan(REACTIVATION, "composition=solo").rows if row.kind == "without"]
