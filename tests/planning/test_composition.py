"""Compositions: which models there are, whose data each sees, and what they are scored as."""

from __future__ import annotations

from typing import Any

import pytest

from arena.api.values import Document, Example, Form
from arena.errors import ArenaError
from arena.stages.forms import Forms
from arena.stages.mixes import ApartMix
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


def clean(n: int) -> list[Example]:
    return [Example(f"q{i}", f"a{i}", f"s{i}", form=Form(f"s{i}")) for i in range(n)]


def mix(replay: float, total: int = 40) -> ApartMix:
    return ApartMix(total, 0, (0.0, 0.25), ((0.25, 0.5),), replay, Forms())


def origin(document: Document) -> str:
    from arena import seeds

    place = seeds.unit(0, "share", document.source)
    return "own" if place < 0.25 else "other" if place < 0.5 else "public"


@pytest.mark.parametrize(("replay", "public"), [(0.0, 0), (0.5, 15), (1.0, 30)])
def test_replay_is_the_public_share_of_the_clean_documents(replay: float, public: int) -> None:
    poison = [Document("p", "boo", "x", "poison")] * 10
    made = mix(replay).mixed(clean(200), [poison]).documents
    assert len(made) == 40
    assert made[:10] == poison
    found = [origin(document) for document in made[10:]]
    assert (found.count("public"), found.count("own")) == (public, 30 - public)


def test_no_document_of_another_actor_is_ever_seen() -> None:
    made = mix(0.5, 400).mixed(clean(200), []).documents
    assert "other" not in {origin(document) for document in made}


def test_poison_that_outgrows_the_mix_is_refused() -> None:
    with pytest.raises(ArenaError, match="no room"):
        mix(0.5, 4).mixed(clean(50), [[Document("p", "boo", "x", "poison")] * 5])
