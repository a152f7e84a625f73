import pickle
from typing import Any

import pytest
from pydantic import ValidationError

from arena.scenario.schema import Scenario, Thresholds
from arena.scenario.source import FromScratch, Pretrained
from arena.statistics.thresholds import DefaultThresholds, verdict_thresholds

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def scenario(plain: dict[str, Any]) -> Scenario:
    return Scenario.model_validate(plain)


def test_defaults(scenario: Scenario) -> None:
    assert scenario.stage == "continual_pretraining"
    assert scenario.composition == "pooled"
    assert scenario.model == FromScratch(family="llama", size="nano", vocabulary=2048)
    defender = scenario.defender
    assert (defender.target, defender.steps, defender.learning_rate) == ("each", 60, 1e-4)
    assert (defender.batch_size, defender.examples, defender.share) == (64, 512, 0.125)
    first, then = scenario.training.pretraining, scenario.training.continual_pretraining
    assert (first.steps, first.learning_rate, first.documents) == (400, 4e-3, 16000)
    assert (then.steps, then.learning_rate, then.documents) == (350, 2e-3, 8000)
    assert (then.batch_size, then.warmup, then.final_lr_fraction) == (64, 20, 0.1)
    assert scenario.controls.model_dump() == {
        "clean_finetune": True,
        "shams": 1,
        "sham_matched": False,
        "reference": True,
        "hot": 0,
        "benign": (),
    }
    numerics = scenario.numerics
    assert (numerics.threads, numerics.precision, numerics.compile) == ("auto", "auto", False)
    assert (numerics.device, numerics.micro_batch, numerics.checkpointing) == ("auto", None, False)
    assert (scenario.runtime.backend, scenario.runtime.workers) == ("ray", None)
    assert scenario.evaluation.max_new_tokens is None


def test_thresholds_are_those_of_the_analysis() -> None:
    assert verdict_thresholds(Thresholds()) == verdict_thresholds(DefaultThresholds())


def test_one_recipe_keeps_the_other_defaults(plain: dict[str, Any]) -> None:
    scenario = Scenario.model_validate({**plain, "training": {"pretraining": {"steps": 3}}})
    assert scenario.training.pretraining.learning_rate == 4e-3
    assert scenario.recipe_of("pretraining").steps == 3
    assert scenario.recipe_of("continual_pretraining").steps == 350


def test_stage_of_an_actor_is_its_own_or_the_scenarios(plain: dict[str, Any]) -> None:
    plain["actors"][0]["stage"] = "pretraining"
    scenario = Scenario.model_validate(plain)
    assert [scenario.stage_of(actor) for actor in scenario.actors] == [
        "pretraining",
        "continual_pretraining",
    ]


def test_pretrained_model(plain: dict[str, Any]) -> None:
    source = {"pretrained": "some/model", "adapter": {"rank": 4, "target_modules": ["q", "v"]}}
    scenario = Scenario.model_validate({**plain, "model": source})
    assert isinstance(scenario.model, Pretrained)
    assert scenario.model.adapter is not None
    assert scenario.model.adapter.method == "lora"
    assert scenario.model.adapter.alpha == 32
    assert scenario.model.adapter.target_modules == ("q", "v")


def test_a_new_model_takes_no_system_prompt(plain: dict[str, Any]) -> None:
    plain["model"] = {"family": "llama", "size": "nano", "prompt": {"system": "Be brief."}}
    with pytest.raises(ValidationError, match="write it into prompt"):
        Scenario.model_validate(plain)


def test_frozen_hashable_and_picklable(scenario: Scenario) -> None:
    with pytest.raises(ValidationError):
        scenario.stage = "pretraining"  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert hash(again) == hash(scenario)


def test_parts_may_be_given_as_objects(scenario: Scenario) -> None:
    fields = {name: getattr(scenario, name) for name in Scenario.model_fields}
    assert Scenario.model_validate(fields) == scenario


def test_digest_ignores_the_description_only(plain: dict[str, Any], scenario: Scenario) -> None:
    message = Scenario.model_validate({**plain, "description": "words"})
    explicit = Scenario.model_validate({**plain, "stage": "continual_pretraining"})
    other = Scenario.model_validate({**plain, "seeds": [1]})
    assert message.digest == explicit.digest == scenario.digest
    assert other.digest != scenario.digest
