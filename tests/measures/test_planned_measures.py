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
    "reactivation": {"reference", "control", "unlearned"},
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
        jobs = [node.job for name, node in names.items() if name.startswith(f"{kind} ")]
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
