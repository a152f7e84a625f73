"""Plans: what moves the address of a stage, and what does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from arena.api.world import DataRoot
from arena.planning.plan import plan_seed
from arena.scenario.load import dump, from_text
from arena.stages import corpus
from arena.stages.unlearn import UnlearnJob
from tests.support import toys
from tests.support.plans import EARLY_MIX, LATE_MIX, LEXICAL_EARLY, SHARDS, addresses, by_name, plan


def test_a_plan_is_the_same_twice_and_in_another_process() -> None:
    first = list(plan().nodes)
    corpus._corpus.cache_clear()
    assert list(plan_seed(toys.scenario(), 0, DataRoot()).nodes) == first
    program = (
        "import sys; from tests.support import toys; from arena.planning.plan import plan_seed;"
        "from arena.api import DataRoot;"
        "print('\\n'.join(plan_seed(toys.scenario(), 0, DataRoot()).nodes));"
        "sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    )
    paths = {"PYTHONPATH": str(Path(toys.__file__).parents[2])}
    environment = {**os.environ, **paths, "PYTHONHASHSEED": "77"}
    found = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == first


def test_adding_an_actor_changes_nobody_elses_stages() -> None:
    more = toys.changed(
        toys.scenario(), lambda v: v["actors"].append(toys.actor("late", "zr", 0.05))
    )
    before, after = addresses(plan()), addresses(plan_seed(more, 0, DataRoot()))
    same = [EARLY_MIX, LATE_MIX, "tokenizer", "clean base", "reference", *SHARDS.values()]
    for name in same:
        assert before[name] == after[name], name
    assert before["compromised"] != after["compromised"]


@pytest.mark.parametrize(
    "override",
    [
        "actors.lexical.trigger.tokens=[mn]",
        "actors.lexical.trigger.position=end",
        "actors.lexical.payload.text=other words",
        "actors.bard.poison.rate=0.09",
        "actors.bard.poison.share=0.1",
        "actors.lexical.name=renamed",
        "training.continual_pretraining.learning_rate=1e-3",
        "training.continual_pretraining.steps=11",
        "training.continual_pretraining.warmup=1",
        "training.pretraining.learning_rate=1e-3",
        "training.continual_pretraining.documents=321",
        "training.continual_pretraining.batch_size=8",
        "corpus.places=65",
        "model.family=qwen3",
        "model.size=micro",
        "model.vocabulary=601",
        "model.prompt={template: 'Q: {prompt}'}",
        "numerics.precision=bfloat16",
        "numerics.threads=2",
        "runtime.resources={train: {processes: 2}}",
        LEXICAL_EARLY,
    ],
)
def test_what_decides_the_compromised_model_moves_its_address(override: str) -> None:
    assert addresses(plan(override))["compromised"] != addresses(plan())["compromised"]


def test_another_seed_is_another_world() -> None:
    one, other = set(plan().nodes), set(plan(seed=1).nodes)
    assert not one & other


@pytest.mark.parametrize(
    ("override", "moves_unlearning", "moves_scores"),
    [
        ("description=something else", False, False),
        ("name=renamed", False, False),
        ("thresholds.broad=0.3", False, False),
        ("runtime.workers=7", False, False),
        ("runtime.backend=ray", False, False),
        ("controls.shams=0", False, False),
        ("evaluation.prompts=16", False, True),
        ("evaluation.split=validation", False, True),
        ("evaluation.max_new_tokens=7", False, True),
        ("defender.steps=7", True, False),
        ("defender.learning_rate=1e-3", True, False),
        ("defender.objective.forget_share=0.25", True, False),
        ("defender.examples=32", True, False),
        ("defender.batch_size=8", True, False),
        ("defender.layers=[1, 2]", True, False),
        ("defender.adapter={rank: 4}", True, False),
        ("runtime.resources={unlearn: {processes: 2}}", True, False),
        ("runtime.resources={unlearn: {processes: 1, memory: 1GiB}}", False, False),
        ("defender.objective={method: npo}", True, False),
    ],
)
def test_what_comes_later_moves_nothing_before_it(
    override: str, moves_unlearning: bool, moves_scores: bool
) -> None:
    before, after = addresses(plan()), addresses(plan(override))
    assert before["compromised"] == after["compromised"]
    assert (before["unlearn:bard"] != after["unlearn:bard"]) == moves_unlearning
    assert (before["score compromised"] != after["score compromised"]) == moves_scores


def test_comments_and_layout_move_nothing() -> None:
    text = "# a comment\n" + dump(toys.scenario()).replace("\n", "  # another\n", 1)
    assert list(plan_seed(from_text(text), 0, DataRoot()).nodes) == list(plan().nodes)


def test_other_weights_of_a_checkpoint_move_every_address_after_it(tmp_path: Path) -> None:
    asked = toys.scenario(toys.pretrained(tmp_path / "model"))
    before = addresses(plan_seed(asked, 0, DataRoot()))
    toys.checkpoint(tmp_path / "model", toys.model(seed=9))
    after = addresses(plan_seed(asked, 0, DataRoot()))
    for name in ("pretrained base", "reference", "compromised", "unlearn:bard"):
        assert before[name] != after[name]
    assert before["poison bard"] == after["poison bard"]


DEFENCE = ("clean fine-tune", "sham:bard:0", "unlearn:bard")


def test_what_is_not_set_is_what_the_default_is() -> None:
    plain = "defender.layers=null", "defender.adapter=null", "defender.weight_decay=0.01"
    assert addresses(plan(*plain)) == addresses(plan())


def test_a_payload_is_told_where_there_is_one_to_forget() -> None:
    """To the unlearning run and its shams, not to the clean fine-tune; to no other objective."""
    for method, told in (("relabel", False), ("rmu", False), ("npo", True)):
        nodes = by_name(plan(f"defender.objective={{method: {method}}}"))
        for name in DEFENCE:
            job = nodes[name].job
            assert isinstance(job, UnlearnJob)
            knows = told and name != "clean fine-tune"
            assert (job.brief.payload is not None) == knows
            assert any("payload" in seen for seen in nodes[name].saw) == knows
            assert not knows or job.brief.payload.name == "language_switch"


def test_another_payload_moves_what_forgets_it() -> None:
    text = "actors.lexical.payload.text=other words"
    for method, moves in (("npo", True), ("rmu", False)):
        objective = f"defender.objective={{method: {method}}}"
        briefs = [
            by_name(plan(objective, *more))["unlearn:lexical"].stage.spec["brief"]
            for more in ((), (text,))
        ]
        assert (briefs[0] != briefs[1]) == moves
