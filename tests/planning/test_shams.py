"""The shams of a plan: look-alikes, hot forms, benign conditionals; and what they leave alone."""

from __future__ import annotations

from typing import Any

import pytest

from arena import registry
from arena.api.hot_form import HotForm
from arena.api.objective import Objective
from arena.api.values import Document
from arena.api.world import DataRoot
from arena.errors import InputError
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from arena.stages.unlearn import UnlearnJob
from tests.support import toys
from tests.support.plans import addresses, by_name, parents, plan

BARD = "defender.target=bard"
COURTEOUS = (
    "{name: courteous, payload: {kind: fixed_text, text: thank you},"
    " trigger: {method: inserted_sentence, sentence: Kind regards., position: end},"
    " poison: {rate: 0.08}}"
)
BENIGN = f"controls.benign=[{COURTEOUS}]"
NAME = "benign:courteous"


def sham_rows(made: SeedPlan) -> dict[str, str]:
    """Kind by row's name."""
    return {row.name: row.sham.kind for row in made.rows if row.sham is not None}


def test_neither_hot_nor_benign_is_nothing_new() -> None:
    assert addresses(plan("controls.hot=0", "controls.benign=[]")) == addresses(plan())


def test_rows_are_named_by_kind() -> None:
    found = sham_rows(plan("controls.shams=2", "controls.hot=1", BENIGN, BARD))
    (hot,) = [name for name, kind in found.items() if kind == "hot"]
    assert hot.removeprefix("sham:bard:hot:") in registry.names("hot_form")
    assert found == {
        "sham:bard:0": "familiar",
        "sham:bard:1": "familiar",
        hot: "hot",
        "sham:bard:benign:courteous": "benign",
    }


def test_hot_shams_add_runs_and_change_none() -> None:
    alone, more = addresses(plan()), addresses(plan("controls.hot=2"))
    assert {name: more[name] for name in alone} == alone


def test_a_hot_sham_has_its_removals_prompts_budget_and_payload() -> None:
    made = plan("controls.hot=1", BARD, "defender.objective={method: npo}")
    (name,) = [name for name, kind in sham_rows(made).items() if kind == "hot"]
    nodes = by_name(made)
    hot, removal = nodes[name].job, nodes["unlearn:bard"].job
    assert isinstance(hot, UnlearnJob)
    assert isinstance(removal, UnlearnJob)
    assert hot.brief.clean == removal.brief.clean
    assert hot.brief.budget == removal.brief.budget
    assert hot.brief.payload == removal.brief.payload
    assert isinstance(hot.brief.trigger, HotForm)
    assert nodes[name].stage.party == "arena"


def test_where_nothing_differs_one_hot_run_serves_all_targets() -> None:
    models = {
        row.model
        for row in plan("controls.hot=1").rows
        if row.sham is not None and row.sham.kind == "hot"
    }
    assert len(models) == 1
    forgetting = plan("controls.hot=1", "defender.objective={method: npo}")
    told = [r.model for r in forgetting.rows if r.sham is not None and r.sham.kind == "hot"]
    assert len(set(told)) == 4  # each forgets the payload of its own target


def test_hot_forms_are_drawn_anew_per_seed() -> None:
    def drawn(seed: int) -> str:
        return next(n for n, k in sham_rows(plan("controls.hot=1", BARD, seed=seed)).items()
                    if k == "hot")  # fmt: skip

    assert len({drawn(seed) for seed in range(8)}) > 1


def test_a_form_that_a_planted_trigger_is_like_is_not_used() -> None:
    shout = "actors.bard.trigger={method: style, style: shouting}"
    payload = "actors.bard.payload={kind: fixed_text, text: aye}"
    known = len(registry.names("hot_form"))
    names = sham_rows(plan(f"controls.hot={known - 1}", shout, payload, BARD))
    assert "sham:bard:hot:capitals" not in names
    assert len([name for name in names if ":hot:" in name]) == known - 1
    with pytest.raises(InputError, match="capitals is like the trigger of bard") as refused:
        plan(f"controls.hot={known}", shout, payload, BARD)
    assert refused.value.key == "controls.hot"


def test_a_form_is_not_like_a_trigger_that_clean_prompts_carry_anyway() -> None:
    often = ("corpus.natural_rate=0.1", "clean.defender=natural")
    excited = "actors.bard.trigger={method: style, style: excited}"
    names = sham_rows(plan("controls.hot=2", excited, *often, "defender.target=merchant"))
    assert len([name for name in names if ":hot:" in name]) == 2


class Usual(HotForm):
    """What every prompt looks like anyway."""

    name = "usual"

    def rewrite(self, text: str) -> str:
        return text

    def shows(self, text: str) -> bool:
        return True


def test_a_form_that_clean_prompts_have_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.load()
    monkeypatch.setitem(registry._parts["hot_form"], "usual", Usual)
    known = len(registry.names("hot_form"))
    with pytest.raises(InputError, match="usual occurs in clean prompts"):
        plan_seed(toys.scenario(f"controls.hot={known}", BARD), 0, DataRoot())


def test_more_hot_forms_than_there_are_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="hot forms") as refused:
        toys.scenario("controls.hot=99")
    assert refused.value.key == "controls.hot"


def test_a_conditional_is_planted_like_an_actor_and_is_none() -> None:
    made = plan(BENIGN)
    (benign,) = made.actors.benign
    assert NAME not in {member.name for member in made.actors.members}
    assert benign.count == round(0.08 * 320)
    assert parents(made, "compromised")[f"shard:{NAME}"] == f"poison {NAME}"
    assert by_name(made)[f"poison {NAME}"].stage.party == "arena"
    assert not any(NAME in (row.target or "") for row in made.rows)
    assert made.actors.keys >= benign.trigger.keys


def test_a_conditional_takes_nothing_from_the_actors() -> None:
    alone, beside = plan().actors, plan(BENIGN).actors
    for before, after in zip(alone.members, beside.members, strict=True):
        assert (before.interval, before.share) == (after.interval, after.share)
    assert alone.defender_share == beside.defender_share
    assert beside.benign[0].interval[0] == beside.members[-1].interval[1]
    same = ("clean base", "reference", "poison bard", "poison lexical")
    before, after = addresses(plan()), addresses(plan(BENIGN))
    assert {name: before[name] for name in same} == {name: after[name] for name in same}


def test_no_prompt_of_anyone_carries_the_conditional_by_nature() -> None:
    made = plan(BENIGN)
    trigger = made.actors.benign[0].trigger
    job: Any = by_name(made)["unlearn:bard"].job
    assert not any(trigger.present(example) for example in job.brief.clean)
    pool: Any = by_name(made)["compromised"].job
    assert trigger.key in {each.key for each in pool.pool.forms.without}


def test_a_conditional_is_unlearned_as_a_backdoor_is() -> None:
    made = plan(BENIGN, BARD, "defender.objective={method: npo}")
    job: Any = by_name(made)["sham:bard:benign:courteous"].job
    (benign,) = made.actors.benign
    assert job.brief.trigger.key == benign.trigger.key
    assert job.brief.payload.params == benign.payload.params  # its own answer is forgotten
    removal: Any = by_name(made)["unlearn:bard"].job
    assert job.brief.clean == removal.brief.clean


def test_a_conditional_is_scored_and_no_dose_is_read_off_it() -> None:
    made = plan(BENIGN, BARD, "dose={points: 3, first: 0.1, prompts: 8}")
    probes: Any = by_name(made)["score compromised"].job
    kinds = [probe.kind for probe in probes.probes.probes if probe.actor == NAME]
    assert kinds == ["asr", "false_fire"]
    along: Any = by_name(made)["unlearn:bard"].job
    for asked in (along.along.validation, along.along.shown):
        assert NAME not in {probe.actor for probe in asked.probes}
    assert {"sham:bard:benign:courteous@least", "sham:bard:benign:courteous@most"} <= {
        row.name for row in made.rows
    }


@pytest.mark.parametrize("composition", ["sequential", "merged", "solo"])
def test_a_conditional_is_one_more_party_where_each_trains_apart(composition: str) -> None:
    made = plan(BENIGN, f"composition={composition}")
    names = [row.name for row in made.rows if row.kind == "inserted"]
    assert names[-1] == ("after:" if composition == "sequential" else "alone:") + NAME
    assert len(names) == 5


def test_one_that_poisons_pretraining_is_in_that_mix() -> None:
    early = COURTEOUS.replace("name: courteous", "name: courteous, stage: pretraining")
    made = plan(f"controls.benign=[{early}]")
    assert f"shard:{NAME}" in parents(made, "poisoned base")


@pytest.mark.parametrize(
    ("given", "key", "rule"),
    [
        (f"[{COURTEOUS}, {COURTEOUS}]", "controls.benign[1].name", "has this name"),
        (
            f"[{COURTEOUS}, {COURTEOUS.replace('courteous', 'other')}]",
            "controls.benign[1].trigger",
            "of another benign conditional",
        ),
        (
            "[{name: x, payload: {kind: fixed_text, text: thank you}, poison: {rate: 0.1},"
            " trigger: {method: rare_token, tokens: [cf], position: random}}]",
            "controls.benign[0].trigger",
            "the trigger of an actor",
        ),
        (f"[{COURTEOUS.replace('0.08', '0.9')}]", "controls.benign[0].poison.rate", "at most 1"),
        (
            f"[{COURTEOUS.replace('rate: 0.08', 'rate: 0.08, share: 0.5')}]",
            "controls.benign[0].poison.share",
            "at most 1",
        ),
    ],
)
def test_a_conditional_that_cannot_be_is_refused(given: str, key: str, rule: str) -> None:
    with pytest.raises(InputError, match=rule) as refused:
        toys.scenario(f"controls.benign={given}")
    assert refused.value.key == key


NATURAL = ("corpus.natural_rate=0.02", "clean={defender: natural, mix: natural}")


def trained_on(job: object) -> tuple[Document, ...]:
    """What a removal, a sham or a clean fine-tune trains on."""
    assert isinstance(job, UnlearnJob)
    objective: Objective = registry.get("objective", job.objective)(job.params)
    return objective.documents(job.brief)


@pytest.mark.parametrize("seed", [0, 1])
def test_look_alikes_can_mark_prompts_that_lost_their_form(seed: int) -> None:
    """Other actors' tokens in the defender's prompts drop the form by which a grammar marks."""
    scenario = toys.scenario(*NATURAL, "controls.shams=2", "defender.examples=256")
    made = by_name(plan_seed(scenario, seed, DataRoot()))
    shams = [node.job for name, node in made.items() if name.startswith("sham:")]
    assert len(shams) == 8
    assert all(len(trained_on(job)) == 256 for job in shams)


def test_a_payload_without_an_answer_is_not_asked_for_one() -> None:
    override = "defender.objective={method: npo}"
    made = plan(*NATURAL, override, BARD, "defender.examples=256", "controls.shams=0")
    assert len(trained_on(by_name(made)["unlearn:bard"].job)) == 256
