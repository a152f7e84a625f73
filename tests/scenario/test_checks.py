from collections.abc import Callable
from typing import Any

import pytest
import yaml

from arena.errors import InputError
from arena.scenario.load import from_text
from arena.scenario.problems import InputErrors
from arena.scenario.schema import Scenario

pytestmark = pytest.mark.usefixtures("fakes")
Edit = Callable[[dict[str, Any]], None]


def keys_and_text(data: dict[str, Any]) -> tuple[list[str | None], str]:
    """The keys that a scenario is refused for, and the whole message."""
    with pytest.raises(InputErrors) as caught:
        from_text(yaml.safe_dump(data), "s.yaml")
    return [error.key for error in caught.value.errors], str(caught.value)


def accepted(data: dict[str, Any]) -> Scenario:
    return from_text(yaml.safe_dump(data), "s.yaml")


def test_poison_may_fill_the_mix_but_not_outgrow_it(plain: dict[str, Any]) -> None:
    first, second = plain["actors"]
    first["poison"], second["poison"] = {"rate": 0.1}, {"rate": 0.9}
    accepted(plain)
    second["poison"] = {"rate": 0.91}
    keys, text = keys_and_text(plain)
    assert keys == ["actors[1].poison.rate"]
    assert "one 0.1 + two 0.91" in text


def test_counts_are_poison_too(plain: dict[str, Any]) -> None:
    plain["actors"][0]["poison"] = {"count": 7200}
    accepted(plain)
    plain["training"] = {"continual_pretraining": {"documents": 7999}}
    assert keys_and_text(plain)[0] == ["actors[0].poison.count"]


def test_each_stage_has_a_mix_of_its_own(plain: dict[str, Any]) -> None:
    for actor in plain["actors"]:
        actor["poison"] = {"rate": 0.7}
    assert keys_and_text(plain)[0] == ["actors[0].poison.rate"]
    plain["actors"][0]["stage"] = "pretraining"
    accepted(plain)


def test_shares_of_the_contents_are_disjoint(plain: dict[str, Any]) -> None:
    plain["actors"][0]["poison"]["share"] = 0.5
    plain["actors"][1]["poison"]["share"] = 0.4
    plain["defender"]["share"] = 0.1
    accepted(plain)
    plain["defender"]["share"] = 0.11
    keys, text = keys_and_text(plain)
    assert keys == ["actors[0].poison.share"]
    assert "got 1.01" in text


def test_pretrained_models_cannot_be_poisoned_at_pretraining(plain: dict[str, Any]) -> None:
    plain["model"] = {"pretrained": "some/model"}
    accepted(plain)
    plain["actors"][1]["stage"] = "pretraining"
    assert keys_and_text(plain)[0] == ["actors[1].stage"]
    plain["stage"] = "pretraining"
    assert set(keys_and_text(plain)[0]) == {"stage", "actors[1].stage"}


def test_hooks_of_parts_are_told_with_their_full_key(plain: dict[str, Any]) -> None:
    plain["actors"][1]["trigger"]["frames"] = ["if", "whenn"]
    plain["actors"][0]["payload"]["text"] = "unfit"
    keys, text = keys_and_text(plain)
    assert set(keys) == {"actors[1].trigger.frames[1]", "actors[0].payload"}
    assert "not in the corpus, got whenn" in text
    assert "did you mean 'when'" in text
    line = yaml.safe_dump(plain).split("\n").index("    - whenn") + 1
    assert f"s.yaml:{line}  actors[1].trigger.frames[1]" in text


def test_hooks_are_asked_about_this_corpus(plain: dict[str, Any]) -> None:
    plain["corpus"]["frames"] = ["if"]
    assert len(keys_and_text(plain)[0]) == 2
    plain["corpus"]["frames"] = ["when"]
    accepted(plain)


def test_a_corpus_may_refuse_its_own_parameters(plain: dict[str, Any]) -> None:
    plain["corpus"]["broken"] = True
    assert keys_and_text(plain)[0] == ["corpus.broken"]


def test_no_prompt_carries_two_planted_forms(plain: dict[str, Any]) -> None:
    plain["corpus"]["natural_rate"] = 0.1
    template = plain["actors"][0]
    plain["actors"] = [
        {**template, "name": f"a{n}", "poison": {"rate": 0.01, "share": 0.01}} for n in range(10)
    ]
    plain["defender"]["target"] = "a0"
    accepted(plain)
    plain["actors"].append({**template, "name": "b", "poison": {"rate": 0.01, "share": 0.01}})
    keys, text = keys_and_text(plain)
    assert keys == ["corpus.natural_rate"]
    assert "too high for 11 planted forms" in text


def test_names_and_target(plain: dict[str, Any]) -> None:
    plain["actors"][1]["name"] = "one"
    plain["defender"]["target"] = "two"
    assert set(keys_and_text(plain)[0]) == {"actors[1].name", "defender.target"}


@pytest.mark.parametrize("target", ["each", "one", "two"])
def test_valid_targets(plain: dict[str, Any], target: str) -> None:
    plain["defender"]["target"] = target
    assert accepted(plain).defender.target == target


def test_every_problem_is_an_input_error(plain: dict[str, Any]) -> None:
    plain["defender"]["target"] = "nobody"
    with pytest.raises(InputError) as caught:
        from_text(yaml.safe_dump(plain), "s.yaml")
    assert caught.value.exit_status == 2
    assert caught.value.found == "nobody"
    assert caught.value.allowed == ("each", "one", "two")


@pytest.mark.parametrize("composition", ["sequential", "merged"])
def test_handing_on_takes_a_checkpoint(plain: dict[str, Any], composition: str) -> None:
    plain["composition"] = composition
    accepted(plain)
    plain["stage"] = "pretraining"
    keys, text = keys_and_text(plain)
    assert keys == ["composition"]
    assert "allowed: pooled, solo" in text
    plain["actors"][0]["stage"] = "continual_pretraining"
    accepted(plain)


def test_a_supply_chain_says_where_its_actors_enter(plain: dict[str, Any]) -> None:
    plain["composition"] = "supply_chain"
    scenario = accepted(plain)
    stages = [scenario.stage_of(actor) for actor in scenario.actors]
    assert stages == ["pretraining", "continual_pretraining"]
    assert scenario.apart_recipe(scenario.actors[-1]).adapter is not None
    plain["actors"][1]["stage"] = "pretraining"
    plain["model"] = {"pretrained": "somewhere"}
    keys, text = keys_and_text(plain)
    assert set(keys) == {"actors[1].stage", "composition"}
    assert "its first actor poisons pretraining" in text


def test_an_order_is_drawn_only_where_actors_follow_each_other(plain: dict[str, Any]) -> None:
    plain["crossed"] = {"order": True}
    assert keys_and_text(plain)[0] == ["crossed.order"]
    plain["composition"] = "sequential"
    accepted(plain)


@pytest.mark.parametrize("composition", ["sequential", "merged", "solo"])
def test_who_trains_apart_has_a_mix_to_itself(plain: dict[str, Any], composition: str) -> None:
    for actor in plain["actors"]:
        actor["poison"] = {"rate": 0.7}
    plain["composition"] = composition
    scenario = accepted(plain)
    for actor in scenario.actors:  # seven tenths of a mix of its own
        assert scenario.poison_of(actor) == round(0.7 * scenario.recipe_for(actor).documents)
    plain["composition"] = "pooled"
    assert keys_and_text(plain)[0] == ["actors[0].poison.rate"]


def test_an_actor_may_train_apart_in_its_own_way(plain: dict[str, Any]) -> None:
    plain["composition"] = "sequential"
    plain["training"] = {"sequential": {"steps": 30, "replay": 0.25}}
    own = {"steps": 7, "poison_rate": 0.3, "adapter": {"method": "lora", "rank": 4}}
    plain["actors"][0]["training"] = {"sequential": own, "merged": {"steps": 9}}
    scenario = accepted(plain)
    assert scenario.poison_of(scenario.actors[0]) == 1200
    first, second = (scenario.apart_recipe(actor) for actor in scenario.actors)
    assert (first.steps, first.replay, second.steps) == (7, 0.25, 30)
    assert first.adapter is not None
    assert second.adapter is None
    plain["training"]["sequential"]["adapter"] = {"method": "lora"}
    plain["actors"][0]["training"] = {"sequential": {"adapter": "full"}}
    scenario = accepted(plain)
    first, second = (scenario.apart_recipe(actor) for actor in scenario.actors)
    assert first.adapter is None
    assert second.adapter is not None


def test_a_loss_that_cannot_be_cut_takes_no_micro_batches(plain: dict[str, Any]) -> None:
    plain["numerics"] = {"micro_batch": 8}
    accepted(plain)
    plain["defender"]["objective"] = {"method": "uncut"}
    keys, text = keys_and_text(plain)
    assert keys == ["numerics.micro_batch"]
    assert "uncut" in text
    plain["numerics"] = {"micro_batch": None}
    accepted(plain)
