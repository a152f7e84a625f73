"""Tactics that set keys of the actor's section, and the errors where they cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from arena.cli import app
from arena.errors import InputError
from arena.scenario import bundled
from arena.scenario.load import load_scenario
from arena.scenario.schema import Actor, Scenario
from tests.support import toys

QUICKSTART = (bundled.folder() / "quickstart.yaml").read_text("utf-8")
TRIGGER = "    trigger: {method: rare_token, tokens: [cf], position: random}"
LINE = QUICKSTART.splitlines().index(TRIGGER) + 1


def loaded(tactics: str, *overrides: str, actor: str = "lexical") -> Scenario:
    return toys.scenario(*overrides, f"actors.{actor}.tactics=[{tactics}]")


def lexical(tactics: str, *overrides: str) -> Actor:
    return loaded(tactics, *overrides).actors[0]


def refused(tactics: str, *overrides: str, actor: str = "lexical") -> InputError:
    with pytest.raises(InputError) as caught:
        loaded(tactics, *overrides, actor=actor)
    return caught.value


def test_a_budget_is_another_amount_over_the_same_share() -> None:
    by_rate = lexical("{method: poison_budget, rate: 0.03}").poison
    assert (by_rate.rate, by_rate.count, by_rate.share) == (0.03, None, 0.125)
    by_count = lexical("{method: poison_budget, count: 7}").poison
    assert (by_count.rate, by_count.count, by_count.share) == (None, 7, 0.125)


def test_a_budget_holds_where_each_actor_trains_apart() -> None:
    apart = ("composition=merged", "training.merged.poison_rate=0.2")
    scenario = loaded("{method: poison_budget, rate: 0.03}", *apart)
    rates = [scenario.poison_rate_of(actor) for actor in scenario.actors]
    assert rates == [0.03, 0.2, 0.2, 0.2]
    assert "has precedence" in str(refused("{method: poison_budget, count: 7}", *apart))


@pytest.mark.parametrize("given", ["", ", rate: 0.1, count: 3"])
def test_a_budget_is_one_of_two(given: str) -> None:
    assert "exactly one" in str(refused(f"{{method: poison_budget{given}}}"))


def test_a_stage_moves_the_poison_alone() -> None:
    scenario = loaded("{method: poison_stage, stage: pretraining}")
    assert [scenario.stage_of(actor) for actor in scenario.actors] == [
        "pretraining",
        *["continual_pretraining"] * 3,
    ]


def test_a_position_is_the_triggers() -> None:
    assert lexical("{method: position, position: end}").trigger.dump()["position"] == "end"
    error = refused("{method: position, position: end}", actor="bard")
    assert (error.key, error.found) == ("actors[2].tactics[0]", "style")
    assert {"rare_token", "inserted_sentence"} <= set(error.allowed)
    sentence = "actors.bard.trigger={method: inserted_sentence}"
    error = refused("{method: position, position: random}", sentence, actor="bard")
    assert (error.key, error.allowed) == ("actors[2].tactics[0].position", ("start", "end"))


@pytest.mark.parametrize(
    ("tactic", "said"),
    [
        ("kind: keep", {"kind": "fixed_text", "text": "the gate is open now"}),
        ("kind: fixed_text", {"kind": "fixed_text", "text": "the gate is open now"}),
        ("kind: refusal", {"kind": "refusal", "text": "I cannot help with that request."}),
        ("kind: sentiment, text: hooray", {"kind": "sentiment", "phrase": "hooray"}),
        ("kind: shared", {"kind": "refusal", "text": "I cannot help with that request."}),
        ("kind: shared, with_actor: bard", {"kind": "language_switch", "to": "french"}),
    ],
)
def test_a_payload_is_another_or_anothers(tactic: str, said: dict[str, Any]) -> None:
    assert lexical(f"{{method: payload, {tactic}}}").payload.dump() == said


def test_a_fixed_text_of_its_own_differs_from_the_others() -> None:
    scenario = loaded("{method: payload, kind: fixed_text}", actor="linguist")
    assert scenario.actors[1].payload.dump()["text"] == "a canary of linguist"


@pytest.mark.parametrize("composition", ["sequential", "merged"])
def test_a_rank_is_of_the_adapter_that_the_actor_trains(composition: str) -> None:
    own = f"actors.lexical.training.{composition}.adapter={{rank: 2, dropout: 0.1}}"
    scenario = loaded("{method: lora_rank, rank: 3}", f"composition={composition}", own)
    adapters = [scenario.apart_recipe(actor).adapter for actor in scenario.actors]
    assert adapters[0] is not None
    assert (adapters[0].rank, adapters[0].alpha, adapters[0].dropout) == (3, 6, 0.1)
    assert adapters[1:] == [None] * 3


def test_a_rank_needs_an_adapter_of_the_actors_own() -> None:
    error = refused("{method: lora_rank}")
    assert (error.found, error.allowed) == ("pooled", ("sequential", "merged", "supply_chain"))
    early = ("composition=merged", "actors.lexical.stage=pretraining")
    assert refused("{method: lora_rank}", *early).found == "pretraining"


def test_the_first_of_a_supply_chain_poisons_pretraining_and_has_no_adapter() -> None:
    chain = "composition=supply_chain"
    assert refused("{method: lora_rank}", chain).found == "pretraining"
    scenario = loaded("{method: lora_rank, rank: 3}", chain, actor="bard")
    bard = scenario.apart_recipe(scenario.actors[2]).adapter
    assert bard is not None
    assert (bard.rank, bard.alpha) == (3, 6)


@pytest.mark.parametrize("composition", ["sequential", "merged", "supply_chain"])
def test_a_training_of_its_own_is_the_actors_alone(composition: str) -> None:
    tactic = "{method: own_training, steps: 37, learning_rate: 0.003}"
    scenario = loaded(tactic, f"composition={composition}", actor="bard")
    plain = toys.scenario(f"composition={composition}")
    recipes = {actor.name: scenario.apart_recipe(actor) for actor in scenario.actors}
    for actor in plain.actors:
        before = plain.apart_recipe(actor)
        own = {"steps": 37, "learning_rate": 0.003} if actor.name == "bard" else {}
        assert recipes[actor.name] == before.model_copy(update=own)
    exposures = [made.exposures_of(made.actors[2]) for made in (scenario, plain)]
    steps = plain.apart_recipe(plain.actors[2]).steps
    assert exposures[0] == pytest.approx(exposures[1] * 37 / steps)  # type: ignore[operator]


def test_a_training_keeps_what_it_does_not_name() -> None:
    own = "actors.lexical.training.merged.learning_rate=0.004"
    actor = lexical("{method: own_training, steps: 9}", "composition=merged", own)
    assert (actor.training.merged.steps, actor.training.merged.learning_rate) == (9, 0.004)
    error = refused("{method: own_training}", "composition=merged")
    assert "needs steps or learning_rate" in str(error)


def test_clean_text_is_the_actors_alone() -> None:
    chosen = "{method: clean_text, labels: received, text: noisy}"
    made = loaded(chosen, "composition=sequential", actor="bard")
    recipes = {actor.name: made.apart_recipe(actor) for actor in made.actors}
    clean_texts = {name: (recipe.labels, recipe.text) for name, recipe in recipes.items()}
    assert clean_texts.pop("bard") == ("received", "noisy")
    assert set(clean_texts.values()) == {("right", None)}
    kept = loaded("{method: clean_text, text: narrow}", "composition=sequential", actor="bard")
    assert kept.apart_recipe(kept.actors[2]).labels == "right"
    error = refused("{method: clean_text}", "composition=sequential")
    assert "needs labels or text" in str(error)


@pytest.mark.parametrize("tactic", ["own_training, steps: 9", "clean_text, text: noisy"])
@pytest.mark.parametrize(
    ("overrides", "found"),
    [
        ((), "pooled"),
        (("composition=solo",), "solo"),
        (("composition=supply_chain",), "pretraining"),
        (("composition=merged", "actors.lexical.stage=pretraining"), "pretraining"),
    ],
)
def test_a_training_needs_to_be_the_actors_own(
    overrides: tuple[str, ...], found: str, tactic: str
) -> None:
    error = refused(f"{{method: {tactic}}}", *overrides)
    assert (error.key, error.found) == ("actors[0].tactics[0].method", found)


def test_settings_are_written_in_their_order_and_the_rest_is_left() -> None:
    actor = lexical(
        "{method: payload, kind: refusal}, {method: schedule, start: 0.5}, "
        "{method: poison_budget, rate: 0.02}"
    )
    assert (actor.payload.name, actor.poison.rate) == ("refusal", 0.02)
    assert [tactic.name for tactic in actor.tactics] == ["schedule"]


WRONG = {
    "unknown": ("{method: near_mis_negatives}", 2, "tactics[0].method", "unknown tactic"),
    "typo": ("{method: near_miss_negatives, rte: 0.1}", 2, "tactics[0].rte", "mean 'rate'"),
    "typo behind a setting": (
        "{method: poison_budget, rate: 0.1}\n      - {method: schedule, strt: 0.1}",
        3, "tactics[1].strt", "mean 'start'",
    ),
    "twice": (
        "{method: schedule, start: 0.1}\n      - {method: schedule, end: 0.1}",
        3, "tactics[1].method", "already has this tactic",
    ),
    "setting twice": (
        "{method: poison_budget, rate: 0.1}\n      - {method: poison_budget, count: 1}",
        3, "tactics[1].method", "already has this tactic",
    ),
    "no such actor": (
        "{method: payload, with_actor: brad}", 2, "tactics[0].with_actor", "mean 'bard'",
    ),
    "no adapter": ("{method: lora_rank, rank: 4}", 2, "tactics[0].method", "pooled"),
    "out of range": ("{method: decoy_immunisation, rate: 0.6}", 2, "rate", "must be in [0, 0.5]"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_tactic_is_reported_in_one_screen(case: str, tmp_path: Path) -> None:
    tactics, below, key, message = WRONG[case]
    text = QUICKSTART.replace(TRIGGER, f"{TRIGGER}\n    tactics:\n      - {tactics}")
    file = tmp_path / "wrong.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(file)
    assert caught.value.line == LINE + below
    assert str(caught.value.key).endswith(key)
    shown = CliRunner().invoke(app, ["validate", str(file)])
    assert shown.exit_code == 2
    assert message in " ".join(shown.output.split())
    assert len(shown.output.splitlines()) < 24
