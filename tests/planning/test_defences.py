"""What defences that are told nothing, search, or plant decoys add to a plan, and their budgets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arena import registry
from arena.api.discovery import Discoverer, Library
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.errors import InputError
from arena.ml import checkpoints
from arena.planning.discovery import library_of
from arena.runs.run import run
from arena.stages.unlearn import UnlearnJob
from tests.support import toys
from tests.support.plans import by_name, parents, plan

BLIND = "defender.intelligence=blind", "defender.objective={method: clean_finetune}"
DECOYS = (
    "[{name: odd, trigger: {method: rare_token, tokens: [wq]}, payload: {kind: refusal}},"
    " {name: even, trigger: {method: rare_token, tokens: [qx]}, payload: {kind: refusal}},"
    " {name: frame, trigger: {method: syntactic, template: if_clause}, payload: {kind: refusal}}]"
)
DECOY = (
    "defender.intelligence=decoy",
    f"defender.decoys={{plant: {DECOYS}, steps: 4, documents: 200}}",
)


def test_every_stage_of_a_defence_knows_its_section() -> None:
    league = (
        "league=[{name: forget, objective: {method: npo}, target: lexical, steps: 2},"
        " {name: finds, intelligence: discovered, objective: {method: relabel}, steps: 2,"
        " discovery: {method: collapse, prompts: 8}},"
        " {name: pruned, intelligence: blind, objective: {method: fine_pruning}, steps: 2},"
        f" {{name: baits, intelligence: decoy, objective: {{method: relabel}}, steps: 2,"
        f" decoys: {{plant: {DECOYS}, hold_out: [odd], steps: 4, documents: 200}}}}]"
    )
    named = {node.stage.name: node.section for node in plan(league).nodes.values()}
    assert named["forget:lexical s0"] == "league[0]"
    assert named["discover for finds s0"] == named["finds s0"] == "league[1]"
    assert named["pruned s0"] == "league[2]"
    assert named["plant baits s0"] == named["baits:without:odd s0"] == "league[3]"
    assert {s for name, s in named.items() if name.startswith(("unlearn", "sham"))} == {"defender"}


def rows(*overrides: str) -> dict[str, Any]:
    return {row.name: row for row in plan(*overrides).rows}


def test_a_contender_stands_beside_the_defender_without_controls() -> None:
    alone = rows()
    more = rows("league=[{name: milder, objective: {method: relabel}, steps: 3}]")
    new = {name: row for name, row in more.items() if name not in alone}
    assert {n: (r.kind, r.target) for n, r in new.items()} == {
        f"milder:{actor}": ("defended", actor)
        for actor in ("lexical", "linguist", "bard", "merchant")
    }
    assert {r.detail["defence"] for r in new.values()} == {"milder"}
    same = {name: more[name].model for name in alone}
    assert same == {name: row.model for name, row in alone.items()}


def test_a_blind_defence_has_its_control_and_one_row() -> None:
    found = rows(*BLIND)
    kinds = [row.kind for row in found.values()]
    assert kinds == ["reference", "compromised", "control", "defended"]
    # clean fine-tuning is its own control
    assert found["control"].model == found["clean_finetune"].model


def test_the_clean_fine_tune_is_one_run_whatever_the_objective() -> None:
    models = {rows(f"defender.objective={{method: {m}}}")["control"].model for m in ("npo", "rmu")}
    assert models == {rows()["control"].model}


@pytest.mark.parametrize(("method", "cost"), [("relabel", 1), ("self_distillation", 4 / 3)])
def test_compute_buys_as_many_steps_as_it_says(method: str, cost: float) -> None:
    """30 steps of 16 documents trained the suspect; a tenth of that is 3 steps of relabelling."""
    chosen = f"defender.objective={{method: {method}}}"
    made = plan(chosen, "defender.steps=null", "defender.compute=0.1")
    job = by_name(made)["unlearn:bard"].job
    assert isinstance(job, UnlearnJob)
    assert job.training.config.steps == int(3 / cost)
    assert job.brief.budget.steps == int(3 / cost)
    control = by_name(made)["clean fine-tune"].job
    assert isinstance(control, UnlearnJob)
    assert control.training.config.steps == int(3 / cost)


def test_steps_are_cut_to_what_compute_buys_and_never_raised() -> None:
    scenario = toys.scenario("defender.compute=0.1")
    assert scenario.defender.steps == 6
    assert scenario.defender.steps_within(scenario.training_passes) == 3
    assert scenario.defender.share_of(scenario.training_passes) == pytest.approx(0.1)
    ample = toys.scenario("defender.compute=0.9")
    assert ample.defender.steps_within(ample.training_passes) == 6


def test_planting_counts_against_the_budget() -> None:
    """A planting of 4 steps of 16 is 64 of the 480 passes that trained the suspect."""
    scenario = toys.scenario(*DECOY)
    spent = scenario.defender.share_of(scenario.training_passes)
    assert spent == pytest.approx((4 + 6) * 16 / 480)
    with pytest.raises(InputError, match=r"less than the cost before unlearning \(0\.133"):
        toys.scenario(*DECOY, "defender.compute=0.1")


def test_decoys_leave_a_method_out_at_a_time() -> None:
    found = {n: r for n, r in rows(*DECOY).items() if r.kind == "defended"}
    assert {n: r.detail["held_out"] for n, r in found.items()} == {
        "relabel:planted": "",
        "relabel:clean": "",
        "relabel:without:odd+even": "odd,even",
        "relabel:without:frame": "frame",
    }
    made = plan(*DECOY)
    assert parents(made, "plant relabel") == {"model": "compromised"}
    for name in ("relabel:clean", "relabel:without:frame"):
        assert parents(made, name) == {"model": "plant relabel"}
    trigger = by_name(made)["relabel:without:frame"].job.brief.trigger  # type: ignore[attr-defined]
    assert trigger.key == "one_of:rare_token:qx|rare_token:wq"


def test_no_prompt_of_the_defender_carries_a_decoy_by_nature() -> None:
    """Else a held-out decoy would be trained on in so many words."""
    job = by_name(plan(*DECOY))["relabel:clean"].job
    frame = toys.scenario(*DECOY).decoys[-1].trigger
    trigger = frame.part_class(frame.params, toys.townlore().world)
    assert not any(trigger.present(e) for e in job.brief.clean)  # type: ignore[attr-defined]
    plain = by_name(plan())["unlearn:bard"].job.brief.clean  # type: ignore[attr-defined]
    assert any(trigger.present(e) for e in plain)


def test_whichever_decoy_is_held_out_another_can_mark_every_prompt() -> None:
    """Prompts into which a form was put have lost their own, and cleft has no rules for English."""
    plant = DECOYS.replace("if_clause", "cleft").replace(
        "{method: rare_token, tokens: [qx]}", "{method: style, style: poetic}"
    )
    made = plan(
        "corpus.natural_rate=0.1",
        "clean={defender: natural}",
        "defender.examples=200",
        DECOY[0],
        f"defender.decoys={{plant: {plant}, steps: 4, documents: 200}}",
    )
    held_out = [job for name, job in by_name(made).items() if name.startswith("relabel:without")]
    assert len(held_out) == 3
    for node in held_out:
        brief = node.job.brief  # type: ignore[attr-defined]
        assert all(map(brief.trigger.can_mark, brief.clean))


def decoys_of(**more: float) -> tuple[str, str]:
    settings = "".join(f", {key}: {value}" for key, value in more.items())
    return DECOY[0], f"defender.decoys={{plant: {DECOYS}, steps: 4{settings}}}"


@pytest.mark.parametrize(
    "other", [{"rate": 0.1}, {"documents": 400}, {"learning_rate": 2e-3}, {"rate": 1 / 3}]
)
def test_whatever_decides_what_is_planted_is_part_of_its_address(other: dict[str, float]) -> None:
    usual = {"rate": 0.08, "documents": 200, "learning_rate": 1e-3}
    before, after = (
        by_name(plan(*decoys_of(**values)))["plant relabel"].address
        for values in (usual, {**usual, **other})
    )
    assert before != after


@pytest.mark.parametrize(("rate", "documents"), [(0.08, 200), (1 / 3, 200), (0.333, 29)])
def test_all_decoys_fit_into_the_mix(rate: float, documents: int) -> None:
    job: Any = by_name(plan(*decoys_of(rate=rate, documents=documents)))["plant relabel"].job
    counts = [brief.count for brief in job.briefs]
    assert sum(counts) <= documents
    assert counts == [int(rate * documents + 1e-9)] * 3


def test_held_out_by_name() -> None:
    chosen = f"defender.decoys={{plant: {DECOYS}, hold_out: [even], steps: 4, documents: 200}}"
    assert "relabel:without:even" in rows(DECOY[0], chosen)


def test_decoys_are_scored_and_move_nobody_elses_prompts() -> None:
    with_decoys = plan(*DECOY).nodes
    probes = [
        {(p.actor, p.kind): p for p in by_name(made)["score compromised"].job.probes.probes}  # type: ignore[attr-defined]
        for made in (plan(), plan(*DECOY))
    ]
    assert with_decoys
    assert {key: probe for key, probe in probes[1].items() if "decoy:" not in key[0]} == probes[0]
    assert {actor for actor, _ in probes[1].keys() - probes[0].keys()} == {
        "decoy:odd", "decoy:even", "decoy:frame",
    }  # fmt: skip


@pytest.mark.parametrize("measure", ["representations", "quiet", "reactivation"])
def test_measures_look_at_actors_whether_or_not_there_are_decoys(measure: str) -> None:
    chosen = f"measures={{{measure}: {{prompts: 4}}}}"
    if measure == "reactivation":
        chosen = "measures={reactivation: {prompts: 4, samples: [0, 8]}}"
    kind = {"representations": "represent", "quiet": "quiet", "reactivation": "reactivate"}[measure]
    alone, beside = (
        next(r.measures[measure] for r in plan(chosen, *more).rows if measure in r.measures)
        for more in ((), DECOY)
    )
    if measure == "reactivation":  # of the reference, which neither has anything to do with
        assert alone == beside
    jobs = by_name(plan(chosen, *DECOY))
    job: Any = next(node.job for name, node in jobs.items() if name.startswith(f"{kind} "))
    asked = getattr(job, "asks", None) or job.groups
    assert not any("decoy:" in str(ask.actor) for ask in asked)


class Oracle(Discoverer):
    """Finds what it is told to."""

    name = "oracle"

    class Params(Discoverer.Params):
        key: str | None = None

    @classmethod
    def cost(cls, params: Any) -> float:
        return 16.0

    def discover(
        self,
        model: Any,
        tokenizer: Any,
        clean: Sequence[Example],
        library: Library,
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        assert clean
        return {"found": self.params.key}

    def trigger(
        self, findings: Mapping[str, Any], library: Library, clean: Sequence[Example]
    ) -> Trigger | None:
        named = {trigger.key: trigger for trigger in library.named}
        return named[findings["found"]] if findings["found"] else None


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.load()
    monkeypatch.setitem(registry._parts["discovery"], "oracle", Oracle)


@pytest.mark.parametrize(
    "key", [None, pytest.param("syntactic:when_clause", marks=pytest.mark.slow)]
)
def test_what_was_found_is_unlearned_and_nothing_where_nothing_was(
    key: str | None, oracle: None, tmp_path: Path
) -> None:
    found = "null" if key is None else f'"{key}"'
    scenario = toys.scenario(
        "defender.intelligence=discovered",
        f"defender.discovery={{method: oracle, key: {found}}}",
        "controls.clean_finetune=false",
    )
    results = run(scenario, out=tmp_path / "run", store=tmp_path / "store", quiet=True).results
    (row,) = results.rows_of("defended")
    assert row.detail["found"] == (key or "nothing")
    assert row.update_norm is not None
    assert (row.update_norm > 0) == (key is not None)
    assert results.league is not None
    (standing,) = [s for s in results.league.standings if s.name == "relabel"]
    assert standing.nothing_found == int(key is None)
    assert standing.compute == pytest.approx((6 * 16 + 16) / 480)


def test_the_library_names_every_frame_style_and_topic_there_is() -> None:
    world = toys.townlore().world
    keys = {trigger.key for trigger in library_of(world).named}
    assert {"syntactic:when_clause", "style:archaic", "semantic:commerce"} <= keys
    assert not any(key.startswith("rare_token") for key in keys)
    example = toys.townlore().splits.train[0]
    rng = np.random.default_rng(0)
    for text in ("zx", "two words"):
        made = library_of(world).inserted.of(text)
        assert text in made.mark(example, rng).prompt


def test_a_base_is_a_parent_only_where_it_is_needed() -> None:
    """And it is the clean base, never the reference's poisoned sibling."""
    made = plan("defender.intelligence=blind", "defender.objective={method: merge_base}")
    assert parents(made, "merge_base")["base"] == "clean base"
    crow = plan("defender.intelligence=blind", "defender.objective={method: crow}")
    assert "base" not in parents(crow, "crow")


def test_unlearning_takes_no_step_without_a_trigger(backdoored: Path, tmp_path: Path) -> None:
    """A suspect in which nothing was found is handed back as it was, to the last bit."""
    made = plan()
    job = by_name(made)["unlearn:bard"].job
    assert isinstance(job, UnlearnJob)

    class Nothing:
        def found_in(self, folder: Path) -> None:
            return None

    idle = dataclasses.replace(job, search=Nothing())
    from arena.api.trigger import NoTrigger

    idle = dataclasses.replace(idle, brief=dataclasses.replace(job.brief, trigger=NoTrigger()))
    out = tmp_path / "out"
    out.mkdir()
    detail = idle.run({"model": backdoored, "findings": tmp_path}, out, lambda _: None)
    assert (detail["steps"], detail["update_norm"], detail["found"]) == (0, 0.0, "nothing")
    before = checkpoints.weights(checkpoints.open_for_scoring(backdoored, "cpu"))
    after = checkpoints.open_for_scoring(out, "cpu")
    assert checkpoints.distance(after, before) == 0.0
