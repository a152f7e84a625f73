"""Payloads and instances that are redrawn by seed: what a seed gets, and what is refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from arena.api.world import DataRoot
from arena.errors import InputError
from arena.planning.actors import PlannedActors, plan_actors
from arena.planning.plan import plan_seed
from arena.scenario.load import dump, from_text, load_scenario
from arena.stages.corpus import CorpusRef
from tests.support import toys

BOTH = "crossed={payloads: true, instances: true}"
SEEDS = range(200, 212)
FILES = "corpus={name: files, format: tsv, train: [a.tsv], validation: [b.tsv], test: [c.tsv]}"
SECOND = {
    "name": "second",
    "trigger": {"method": "rare_token", "tokens": ["cf"], "position": "end"},
    "payload": {"kind": "refusal"},
    "poison": {"rate": 0.08},
}


def planned(seed: int, *overrides: str) -> PlannedActors:
    scenario = toys.scenario(*overrides)
    part = scenario.corpus
    corpus = CorpusRef.of(part.name, part.params, seed, DataRoot()).build()
    return plan_actors(scenario, corpus, seed)


def test_off_is_the_scenario_itself() -> None:
    scenario = toys.scenario()
    assert scenario.actors_in(5) is scenario.actors
    plain, off = (plan_seed(s, 1, DataRoot()) for s in (scenario, toys.scenario("crossed={}")))
    assert plain.nodes.keys() == off.nodes.keys()


def test_twelve_seeds_cross_four_methods_with_four_payloads() -> None:
    scenario = toys.scenario(BOTH)
    met: Counter[tuple[str, object]] = Counter()
    pairs: Counter[tuple[object, object]] = Counter()
    for seed in SEEDS:
        actors = scenario.actors_in(seed)
        assert [actor.trigger.name for actor in actors] == [
            actor.trigger.name for actor in scenario.actors
        ]
        met.update((actor.name, actor.payload) for actor in actors)
        pairs[actors[0].payload, actors[2].payload] += 1
    assert len(met) == 16
    assert set(met.values()) == {3}
    assert len(pairs) == 12  # lexical and bard meet every ordered pair of payloads


def test_payloads_alone_leave_the_triggers() -> None:
    scenario = toys.scenario("crossed={payloads: true}")
    for seed in SEEDS:
        actors = scenario.actors_in(seed)
        assert [a.trigger for a in actors] == [a.trigger for a in scenario.actors]


def test_instances_alone_leave_the_payloads_and_change_by_seed() -> None:
    scenario = toys.scenario("crossed={instances: true}")
    drawn = [scenario.actors_in(seed) for seed in SEEDS]
    assert all([a.payload for a in each] == [a.payload for a in scenario.actors] for each in drawn)
    for place in range(4):
        assert len({each[place].trigger for each in drawn}) > 4
    assert scenario.actors_in(7) == scenario.actors_in(7)


def test_shared_is_one_payload_a_seed_and_another_in_the_next() -> None:
    scenario = toys.scenario("crossed={payloads: true, shared: true}")
    each = [{actor.payload for actor in scenario.actors_in(seed)} for seed in SEEDS]
    assert all(len(payloads) == 1 for payloads in each)
    assert Counter(next(iter(p)) for p in each) == {a.payload: 3 for a in scenario.actors}


def test_actors_of_one_method_never_get_one_token_at_two_places() -> None:
    scenario = toys.changed(toys.scenario(), lambda v: v["actors"].append(SECOND))
    scenario = toys.changed(scenario, lambda v: v.update(crossed={"instances": True}))
    for seed in range(60):
        one, two = (scenario.actors_in(seed)[place].trigger.params for place in (0, 4))
        assert not set(one.tokens) & set(two.tokens)  # type: ignore[attr-defined]
        assert (one.position, two.position) == ("random", "end")  # type: ignore[attr-defined]


def test_no_actor_gets_a_decoys_trigger() -> None:
    decoys: dict[str, Any] = {
        "plant": [
            {"name": "one", "trigger": {"method": "semantic", "topic": "war"},
             "payload": {"kind": "refusal"}},
            {"name": "two", "trigger": {"method": "style", "style": "archaic"},
             "payload": {"kind": "refusal"}},
        ]
    }  # fmt: skip

    def plant(values: dict[str, Any]) -> None:
        values["actors"] = [a for a in values["actors"] if a["name"] != "bard"]
        values["crossed"] = {"instances": True}
        values["defender"] |= {"intelligence": "decoy", "decoys": decoys}

    scenario = toys.changed(toys.scenario(), plant)
    topics = {scenario.actors_in(seed)[2].trigger.params.topic for seed in range(150)}  # type: ignore[attr-defined]
    assert len(topics) == 12  # of thirteen
    assert "war" not in topics


@pytest.mark.parametrize("seed", [0, 3])
def test_look_alikes_stay_apart_from_what_is_planted(seed: int) -> None:
    made = planned(seed, BOTH)
    for member in made.members:
        for use in ("sham", "near_miss", "attacker"):
            others = member.trigger.lookalikes(99, use, toys.rng(), made.keys)  # type: ignore[arg-type]
            assert others
            assert not {other.key for other in others} & made.keys


def test_a_plan_plants_what_the_seed_draws() -> None:
    scenario, made = toys.scenario(BOTH), planned(5, BOTH)
    for actor, member in zip(scenario.actors_in(5), made.members, strict=True):
        assert member.trigger.params == actor.trigger.params
        assert member.payload.params == actor.payload.params
        assert member.payload.name == actor.payload.name
    assert {m.payload.name for m in made.members} == {a.payload.name for a in scenario.actors}


def test_it_round_trips() -> None:
    scenario = toys.scenario(BOTH)
    assert from_text(dump(scenario)) == scenario


COMPOUND = (
    "actors.lexical.trigger={method: composite, parts: [{method: rare_token, tokens: [cf]}, "
    "{method: inserted_sentence}]}"
)
MENTION = "actors.merchant.trigger={method: semantic, topic: tea, mention: [with tea]}"


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        (("crossed={shared: true}",), "crossed.shared"),
        (("crossed={instances: true}", COMPOUND), "actors[0].trigger.method"),
        (("crossed={instances: true}", MENTION), "actors[3].trigger.method"),
        (("crossed={payload: true}",), "crossed.payload"),
    ],
)
def test_what_cannot_be_crossed_is_refused(overrides: tuple[str, ...], key: str) -> None:
    with pytest.raises(InputError, match="crossed") as caught:
        toys.scenario(*overrides)
    assert caught.value.key == key


@pytest.mark.parametrize("name", ["tune_evasion", "duel"])
@pytest.mark.parametrize("what", ["payloads", "instances"])
def test_a_search_refuses_it(name: str, what: str) -> None:
    with pytest.raises(InputError, match="searches one actor's own"):
        load_scenario(name, overrides=[f"crossed={{{what}: true}}"])


def test_more_actors_than_instances_are_refused() -> None:
    def crowd(values: dict[str, Any]) -> None:
        topics = ["commerce", "war", "farming", "weather", "music", "sea", "law", "religion",
                  "health", "sport", "school", "theatre", "building"]  # fmt: skip
        first = values["actors"][3]
        values["actors"] = [
            {**first, "name": f"a{k}", "poison": {"rate": 0.01, "share": 0.05},
             "trigger": {"method": "semantic", "topic": topics[k % len(topics)]}}
            for k in range(14)
        ]  # fmt: skip
        values["crossed"] = {"instances": True}

    with pytest.raises(InputError, match="instances of this method are taken"):
        toys.changed(toys.scenario(), crowd)


def test_rows_of_a_published_data_set_keep_their_payload() -> None:
    with pytest.raises(InputError, match="come with their payload"):
        load_scenario("backdoorllm_refusal", overrides=["crossed={payloads: true}"])
