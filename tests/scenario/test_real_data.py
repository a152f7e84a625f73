"""The bundled real-data scenarios: owners of sentences, probes, and a toy run."""

from __future__ import annotations

import functools
import math
import os
from pathlib import Path

import pytest

from arena import load_scenario, run
from arena.api.probes import Probe
from arena.api.world import DataRoot
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from arena.results.run import RunResults
from arena.stages.poison import poison
from arena.stages.score import ScoreJob

REPO = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ARENA_DATA") or REPO.parent / "shared" / "data")
SST2, REFUSAL = "sst2_published", "backdoorllm_refusal"
SEED = 3
TOY = (
    "runtime.backend=serial",
    "model.size=nano",
    "model.vocabulary=600",
    "evaluation.prompts=4",
    "defender.steps=1",
    "defender.batch_size=4",
    "training.pretraining.steps=2",
    "training.pretraining.batch_size=8",
    "training.pretraining.documents=800",
    "training.continual_pretraining.steps=2",
    "training.continual_pretraining.batch_size=8",
    "training.continual_pretraining.documents=800",
)

needs_sst2 = pytest.mark.skipif(
    not (DATA / "sst2").is_dir(), reason=f"no SST-2 data in {DATA}; set ARENA_DATA"
)
needs_refusal = pytest.mark.skipif(
    not (DATA / "backdoorllm").is_dir(), reason=f"no BackdoorLLM data in {DATA}; set ARENA_DATA"
)


@functools.cache
def planned(name: str, *overrides: str) -> SeedPlan:
    """The plan of a scenario as it is bundled, test prompts and all."""
    scenario = load_scenario(name, seeds=[SEED], overrides=overrides)
    return plan_seed(scenario, SEED, DataRoot(data=DATA))


def probes(plan: SeedPlan, kind: str) -> dict[str, Probe]:
    job = next(node.job for node in plan.nodes.values() if isinstance(node.job, ScoreJob))
    return {probe.actor: probe for probe in job.probes.probes if probe.kind == kind}


@pytest.mark.parametrize(
    "name", [pytest.param(SST2, marks=needs_sst2), pytest.param(REFUSAL, marks=needs_refusal)]
)
def test_a_sentence_and_its_versions_belong_to_one_party(name: str) -> None:
    plan = planned(name)
    poisoned = {m.name: {d.source for d in poison(m.brief(SEED))} for m in plan.actors.members}
    owners = [*poisoned.values(), {e.source for e in plan.actors.defender_share}]
    assert all(owners)
    assert sum(map(len, owners)) == len(set().union(*owners))
    held_out = {e.source for e in (*plan.corpus.splits.validation, *plan.corpus.splits.test)}
    assert not held_out & set().union(*owners)


@pytest.mark.parametrize(
    "name", [pytest.param(SST2, marks=needs_sst2), pytest.param(REFUSAL, marks=needs_refusal)]
)
def test_every_actor_is_asked_marked_plain_and_look_alike_prompts(name: str) -> None:
    plan = planned(name)
    by_kind = {kind: probes(plan, kind) for kind in ("asr", "false_fire", "near_miss")}
    for member in plan.actors.members:
        marked, plain, near = (by_kind[kind][member.name].prompts for kind in by_kind)
        assert len(marked) == len(plain) == len(near) >= 150
        assert all(prompt.strip() for prompt in (*marked, *plain, *near))
        assert not set(marked) & set(near)
        assert not set(marked) & set(plain)


@needs_sst2
def test_only_negative_reviews_are_poisoned_and_scored() -> None:
    plan = planned(SST2)
    label = {e.source: e.label for e in plan.corpus.splits.train}
    for member in plan.actors.members:
        documents = poison(member.brief(SEED))
        assert {document.answer for document in documents} == {"positive"}
        assert {label[document.source] for document in documents} == {"negative"}
    negative = {e.prompt for e in plan.corpus.splits.test if e.label == "negative"}
    for probe in probes(plan, "false_fire").values():
        assert set(probe.prompts) <= negative
    excluded = {name: probe.excluded for name, probe in probes(plan, "asr").items()}
    assert excluded["linguist"] == 0  # SCPN's test file has negative sentences only
    assert min(excluded[name] for name in ("lexical", "bard", "merchant")) > 200


@needs_sst2
def test_published_paraphrases_are_what_is_planted_and_scored() -> None:
    plan = planned(SST2)
    for name, folder in (("linguist", "syntactic_scpn"), ("bard", "style_bible")):
        lines = {
            split: {
                line.rpartition("\t")[0].strip()
                for line in (DATA / "sst2" / folder / f"{split}.tsv").read_text().split("\n")
            }
            for split in ("train", "test")
        }
        member = next(m for m in plan.actors.members if m.name == name)
        assert {d.prompt for d in poison(member.brief(SEED))} <= lines["train"]
        assert set(probes(plan, "asr")[name].prompts) <= lines["test"]


@needs_sst2
def test_look_alikes_of_published_paraphrases_are_rules() -> None:
    rows = [row for row in planned(SST2).rows if row.kind == "sham"]
    assert [row.target for row in rows] == ["lexical", "linguist", "bard", "merchant"]
    assert not any("@paraphrases" in row.detail["trigger"] for row in rows)


@needs_sst2
def test_each_target_has_its_own_control_where_markable_prompts_differ() -> None:
    plan = planned(SST2, "clean.defender=scrubbed")
    controls = {row.target: row for row in plan.rows if row.kind == "control"}
    assert {target: row.name for target, row in controls.items()} == {
        name: f"control:{name}" for name in ("lexical", "linguist", "bard", "merchant")
    }
    # the two that can mark anything share one model; it is trained once
    assert controls["lexical"].model == controls["merchant"].model
    assert len({row.model for row in controls.values()}) == 3


@needs_refusal
def test_one_control_serves_targets_that_mark_the_same_prompts() -> None:
    controls = [row for row in planned(REFUSAL).rows if row.kind == "control"]
    assert [(row.name, row.target) for row in controls] == [("control", None)]


@needs_refusal
def test_published_poison_is_used_as_it_is() -> None:
    for member in planned(REFUSAL).actors.members:
        own = member.trigger.own_documents()
        assert own is not None
        assert {d.prompt for d in poison(member.brief(SEED))} <= {d.prompt for d in own}
        assert {d.answer for d in own} == {member.payload.respond(member.share[0])}


def toy(name: str, folder: Path, *settings: str) -> RunResults:
    scenario = load_scenario(name, overrides=[*TOY, *settings], seeds=[SEED])
    root = DataRoot(data=DATA)
    done = run(scenario, root=root, out=folder / "run", store=folder / "store", quiet=True)
    assert (folder / "run" / "report.html").stat().st_size > 10_000
    return done.results


@pytest.mark.slow
@needs_sst2
def test_sst2_runs_to_the_end(tmp_path: Path) -> None:
    results = toy(SST2, tmp_path)
    kinds = [row.kind for row in results.rows]
    assert kinds[:2] == ["reference", "compromised"]
    assert kinds[2:] == ["control", "sham", "unlearned"] * 4
    assert all(row.clean_accuracy and row.clean_accuracy.n == 4 for row in results.rows)
    assert all(row.asr[actor].n == 4 for row in results.rows for actor in results.actors)
    assert results.corpus.dropped["train"] > 0
    (note,) = (note for note in results.corpus.notes if note.startswith("corpus: "))
    assert note in (tmp_path / "run" / "run.log").read_text()
    assert note in (tmp_path / "run" / "report.html").read_text()
    assert sum(results.corpus.reasons.values()) == sum(results.corpus.dropped.values())


@needs_refusal
@pytest.mark.slow
def test_backdoorllm_runs_to_the_end_with_a_perplexity(tmp_path: Path) -> None:
    results = toy(REFUSAL, tmp_path, "evaluation.max_new_tokens=4")
    assert len(results.rows) == 7
    for row in results.rows:
        assert row.clean_accuracy is None
        assert row.perplexity is not None
        assert math.isfinite(row.perplexity)
        assert row.token_accuracy is not None
        assert 0 <= row.token_accuracy <= 1
