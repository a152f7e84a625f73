"""Who may filter planted forms out of clean text, and at which rate they occur in it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.api.world import DataRoot
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from arena.stages.actor_text import TextJob
from arena.stages.mixes import Pool
from arena.stages.train import TrainJob
from arena.stages.unlearn import UnlearnJob
from tests.support import toys


def plan(*overrides: str) -> SeedPlan:
    return plan_seed(toys.scenario(*overrides), 0, DataRoot())


def control(made: SeedPlan, name: str) -> tuple[Example, ...]:
    """The clean prompts of a clean fine-tune."""
    (job,) = [n.job for n in made.nodes.values() if n.stage.name == f"{name} s0"]
    assert isinstance(job, UnlearnJob)
    return job.brief.clean


def mix_of(made: SeedPlan, name: str) -> Pool:
    (job,) = [n.job for n in made.nodes.values() if n.stage.name == f"{name} s0"]
    assert isinstance(job, TrainJob)
    return job.pool


def carriers(examples: Iterable[Example], trigger: Trigger) -> int:
    return sum(map(trigger.present, examples))


def triggers(made: SeedPlan) -> dict[str, Trigger]:
    return {member.name: member.trigger for member in made.actors.members}


def test_a_scrubbed_defender_has_no_planted_form_and_one_control_for_all() -> None:
    made = plan()
    clean = control(made, "clean fine-tune")
    assert all(carriers(clean, trigger) == 0 for trigger in triggers(made).values())


def test_a_natural_defender_filters_only_the_trigger_that_it_was_told() -> None:
    made = plan("clean.defender=natural")
    for target, trigger in triggers(made).items():
        clean = control(made, f"clean fine-tune for {target}")
        assert carriers(clean, trigger) == 0
    to_lexical = control(made, "clean fine-tune for lexical")
    assert carriers(to_lexical, triggers(made)["linguist"]) > 0


def test_at_a_natural_rate_of_zero_natural_and_scrubbed_prompts_are_the_same() -> None:
    natural = plan("clean.defender=natural", "corpus.natural_rate=0")
    scrubbed = plan("clean.defender=scrubbed", "corpus.natural_rate=0")
    name = "clean fine-tune"
    assert control(natural, name) == control(scrubbed, name)


def test_a_natural_rate_puts_the_forms_of_others_into_the_defenders_prompts() -> None:
    made = plan("clean.defender=natural", "corpus.natural_rate=0.1", "defender.examples=400")
    clean = control(made, "clean fine-tune for merchant")
    shares = {name: carriers(clean, trigger) / 400 for name, trigger in triggers(made).items()}
    assert shares.pop("merchant") == 0
    assert list(shares.values()) == pytest.approx([0.1, 0.1, 0.1], abs=0.05)


def test_forms_that_were_put_in_leave_only_prompts_that_the_disclosed_trigger_can_mark() -> None:
    relative = "actors.linguist.trigger={method: syntactic, template: relative}"  # no rule
    made = plan(
        "clean.defender=natural", "corpus.natural_rate=0.1", relative, "defender.examples=64"
    )
    clean = control(made, "clean fine-tune for linguist")
    assert len(clean) == 64
    assert carriers(clean, triggers(made)["lexical"]) == 0  # a token takes the form away
    assert all(map(triggers(made)["linguist"].can_mark, clean))


@pytest.mark.parametrize(
    ("clean", "rate", "filtered", "put"),
    [
        ("scrubbed", "null", 4, 0),
        ("natural", "null", 0, 0),
        ("natural", "0", 4, 0),
        ("natural", "0.01", 4, 4),
        ("scrubbed", "0.01", 4, 0),
    ],
)
def test_the_training_mix_is_natural_or_scrubbed_apart_from_the_defender(
    clean: str, rate: str, filtered: int, put: int
) -> None:
    forms = mix_of(plan(f"clean.mix={clean}", f"corpus.natural_rate={rate}"), "compromised").forms
    assert (len(forms.without), len(forms.put)) == (filtered, put)
    assert len(forms.planted) == 4


def test_a_natural_rate_holds_in_the_base_too_and_without_one_actors_do_not_move_it() -> None:
    def base(*overrides: str) -> str:
        made = plan(*overrides)
        (node,) = [n for n in made.nodes.values() if n.stage.name == "clean base s0"]
        return node.address

    fewer = "actors.merchant.trigger.topic=sport"
    assert base() == base(fewer)
    assert base("corpus.natural_rate=0.01") != base("corpus.natural_rate=0.01", fewer)


def test_who_trains_alone_knows_its_own_form() -> None:
    made = plan("composition=sequential", "clean.mix=natural")
    for name, trigger in triggers(made).items():
        (text,) = [
            node.job
            for node in made.nodes.values()
            if isinstance(node.job, TextJob) and node.job.label == name and node.job.forms.without
        ]
        assert text.forms.without == (trigger,)
