"""Compositions: which models there are, whose data each sees, and what they are scored as."""

from __future__ import annotations

from typing import Any

import pytest

from arena.api.values import Document, Example
from arena.errors import ArenaError
from arena.stages.forms import Forms
from arena.stages.mixes import Pool
from tests.support.plans import SHARDS, by_name, parents, plan

ACTORS = [role.removeprefix("shard:") for role in SHARDS]
LEXICAL_EARLY = "actors.lexical.stage=pretraining"


def rows(made: Any, kind: str) -> list[tuple[str, str | None]]:
    return [(row.name, row.target) for row in made.rows if row.kind == kind]


def test_each_sequential_actor_trains_the_checkpoint_it_gets() -> None:
    made = plan("composition=sequential")
    before = "clean base"
    for actor in ACTORS:
        found = parents(made, f"after:{actor}")
        assert found["model"] == before
        assert {role for role in found if role.startswith("shard:")} == {f"shard:{actor}"}
        before = f"after:{actor}"
    assert rows(made, "inserted") == [(f"after:{actor}", actor) for actor in ACTORS]
    names = by_name(made)
    compromised = next(row for row in made.rows if row.kind == "compromised")
    assert compromised.model == names[f"after:{ACTORS[-1]}"].address
    assert parents(made, "unlearn:bard")["model"] == f"after:{ACTORS[-1]}"


def test_the_reference_takes_the_same_steps_without_poison() -> None:
    for composition in ("sequential", "merged"):
        made = plan(f"composition={composition}")
        reference = next(row for row in made.rows if row.kind == "reference")

        def ancestors(address: str, made: Any = made) -> set[str]:
            above = made.nodes[address].stage.parents.values()
            return {address}.union(*(ancestors(a) for a in above))

        def steps(address: str, made: Any = made) -> int:
            return sum(made.nodes[a].steps or 0 for a in ancestors(address))

        compromised = next(row for row in made.rows if row.kind == "compromised")
        assert steps(reference.model) == steps(compromised.model)
        kinds = {made.nodes[a].stage.kind for a in ancestors(reference.model)}
        assert "poison" not in kinds


REACTIVATION = "measures={reactivation: {prompts: 8, samples: [0, 8]}}"


def shards_above(made: Any, name: str) -> set[str]:
    """The actors whose poison is in a row's model."""

    def above(address: str) -> set[str]:
        node = made.nodes[address]
        own = {role for role in node.stage.parents if role.startswith("shard:")}
        return own.union(*(above(each) for each in node.stage.parents.values()))

    row = next(row for row in made.rows if row.name == name)
    return {role.removeprefix("shard:") for role in above(row.model)}


@pytest.mark.parametrize("composition", ["pooled", "sequential", "merged"])
@pytest.mark.parametrize("early", [(), (LEXICAL_EARLY,), ("stage=pretraining",)])
def test_a_model_without_an_actor_has_all_others_and_as_long_a_training(
    composition: str, early: tuple[str, ...]
) -> None:
    if early == ("stage=pretraining",) and composition != "pooled":
        pytest.skip("the stage has one composition")
    made = plan(f"composition={composition}", REACTIVATION, *early)

    def steps(address: str) -> int:
        node = made.nodes[address]
        return (node.steps or 0) + sum(map(steps, set(node.stage.parents.values())))

    models = {row.name: row.model for row in made.rows}
    for actor in ACTORS:
        assert shards_above(made, f"without:{actor}") == set(ACTORS) - {actor}
        assert steps(models[f"without:{actor}"]) == steps(models["compromised"])
    assert shards_above(made, "compromised") == set(ACTORS)
    assert shards_above(made, "reference") == set()


def test_without_an_actor_the_mix_differs_in_its_poison_alone() -> None:
    names: Any = by_name(plan(REACTIVATION))
    whole, part = names["compromised"], names["without:bard"]
    assert part.job == whole.job
    theirs, ours = (dict(node.stage.parents) for node in (whole, part))
    del theirs["shard:bard"]
    assert ours == theirs


def test_of_a_sequence_only_what_comes_after_the_absent_actor_is_trained_again() -> None:
    made = plan("composition=sequential", REACTIVATION)
    names = by_name(made)
    last = parents(made, "without:merchant after merchant")
    assert last["model"] == "after:bard"
    assert not any(role.startswith("shard:") for role in last)
    assert "without:merchant after bard" not in names
    # The mix of the absent actor's step: its poison is missing, nothing else.
    with_it: Any = names["after:merchant"].job
    assert names["without:merchant after merchant"].job.pool == with_it.pool


def test_merged_actors_train_the_base_apart() -> None:
    made = plan("composition=merged")
    for actor in ACTORS:
        assert parents(made, f"alone:{actor}")["model"] == "clean base"
    merged = parents(made, "merge compromised")
    assert merged == {"model": "clean base", **{f"part:{a}": f"alone:{a}" for a in ACTORS}}
    assert rows(made, "inserted") == [(f"alone:{actor}", actor) for actor in ACTORS]


@pytest.mark.parametrize("stage", ["pretraining", "continual_pretraining"])
def test_solo_is_a_model_per_actor_and_nothing_is_unlearned(stage: str) -> None:
    made = plan("composition=solo", f"stage={stage}")
    for actor in ACTORS:
        found = parents(made, f"alone:{actor}")
        assert {role for role in found if role.startswith("shard:")} == {f"shard:{actor}"}
    assert {row.kind for row in made.rows} == {"reference", "inserted"}


def test_who_poisons_pretraining_is_in_the_base_that_is_handed_on() -> None:
    made = plan("composition=sequential", LEXICAL_EARLY)
    assert "shard:lexical" in parents(made, "poisoned base")
    assert parents(made, "after:linguist")["model"] == "poisoned base"


def test_an_actors_own_recipe_holds_for_it_alone() -> None:
    made = plan(
        "composition=sequential",
        "training.sequential.steps=5",
        "actors.bard.training.sequential={steps: 3, adapter: {method: lora, rank: 2}}",
    )
    names: Any = by_name(made)
    assert names["after:bard"].steps == 3
    assert names["after:bard"].job.training.adapter.rank == 2
    assert names["after:merchant"].steps == 5
    assert names["after:merchant"].job.training.adapter is None


def test_training_apart_is_the_actors_own_doing() -> None:
    names = by_name(plan("composition=merged"))
    assert names["alone:bard"].stage.party == "threat:bard"
    assert names["merge compromised"].stage.party == "arena"


def test_a_supply_chain_begins_at_pretraining_and_ends_with_an_adapter() -> None:
    made = plan("composition=supply_chain", "training.supply_chain.labels=received")
    names: Any = by_name(made)
    assert "shard:lexical" in parents(made, "poisoned base")
    assert parents(made, "after:linguist")["model"] == "poisoned base"
    assert parents(made, "after:merchant")["model"] == "after:bard"
    assert names["after:bard"].job.training.adapter is None
    assert names["after:merchant"].job.training.adapter.rank == 16
    assert shards_above(made, "compromised") == set(ACTORS)


def test_received_labels_are_those_of_the_checkpoint_that_was_handed_on() -> None:
    made = plan("composition=sequential", "actors.bard.training.sequential.labels=received")
    assert parents(made, "after:bard")["examples"] == "labels for after:bard"
    labels = parents(made, "labels for after:bard")
    assert labels == {"model": "after:linguist", "examples": "text for after:bard"}
    assert parents(made, "after:merchant")["examples"] == "text for after:merchant"


@pytest.mark.parametrize(
    ("kind", "filtered", "put"),
    [("natural", 4, 3), ("scrubbed", 4, 0), ("narrow", 1, 0), ("noisy", 4, 3)],
)
def test_an_actors_clean_text_is_of_its_own_kind(kind: str, filtered: int, put: int) -> None:
    own = f"actors.bard.training.sequential.text={kind}"
    made = plan("composition=sequential", "corpus.natural_rate=0.01", "clean.mix=scrubbed", own)
    names: Any = by_name(made)
    text = names["text for after:bard"].job
    assert (len(text.forms.without), len(text.forms.put)) == (filtered, put)
    assert (text.narrow, text.noise) == (kind == "narrow", kind == "noisy")
    assert not names["text for after:lexical"].job.forms.put


def test_the_order_of_actors_is_drawn_by_seed_and_the_benign_stay_last() -> None:
    orders = set()
    for seed in range(6):
        made = plan("composition=sequential", "crossed.order=true", seed=seed)
        steps = [name for name, _ in rows(made, "inserted")]
        assert set(steps) == {f"after:{actor}" for actor in ACTORS}
        assert next(r for r in made.rows if r.kind == "compromised").model == (
            by_name(made)[steps[-1]].address
        )
        orders.add(tuple(steps))
    assert len(orders) > 1


def test_poison_that_outgrows_the_mix_is_refused() -> None:
    clean = [Example(f"q{i}", f"a{i}", f"s{i}") for i in range(50)]
    with pytest.raises(ArenaError, match="no room"):
        Pool(4, 0, (), Forms()).mixed(clean, [[Document("p", "boo", "x", "poison")] * 5])
