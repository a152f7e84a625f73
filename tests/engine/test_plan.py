"""Plans: which stages there are, and what moves an address and what does not."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import toys

from arena.engine import jobs
from arena.engine.plan import Node, SeedPlan, plan_seed
from arena.errors import ArenaError, InputError
from arena.roles import DataRoot
from arena.scenario.load import dump, from_text

LEXICAL_EARLY = "actors.lexical.stage=pretraining"


@functools.cache
def plan(*overrides: str, seed: int = 0) -> SeedPlan:
    return plan_seed(toys.scenario(*overrides), seed, DataRoot())


def by_name(made: SeedPlan) -> dict[str, Node]:
    """Stages by their name without the seed; names are unique in a plan."""
    found = {node.stage.name.rsplit(" ", 1)[0]: node for node in made.nodes.values()}
    assert len(found) == len(made.nodes)
    return found


def addresses(made: SeedPlan) -> dict[str, str]:
    return {name: node.address for name, node in by_name(made).items()}


def parents(made: SeedPlan, child: str) -> dict[str, str]:
    """Role -> name of the stage that plays it."""
    names = {node.address: name for name, node in by_name(made).items()}
    return {role: names[a] for role, a in by_name(made)[child].stage.parents.items()}


SHARDS = {f"shard:{a}": f"poison {a}" for a in ("lexical", "linguist", "bard", "merchant")}
EARLY_MIX, LATE_MIX = "clean mix, pretraining", "clean mix, continual_pretraining"


def test_poison_after_pretraining() -> None:
    made = plan()
    assert parents(made, "clean base") == {"examples": EARLY_MIX, "tokenizer": "tokenizer"}
    assert parents(made, "reference") == {"examples": LATE_MIX, "model": "clean base"}
    assert parents(made, "compromised") == {"examples": LATE_MIX, "model": "clean base", **SHARDS}


def test_poison_at_pretraining() -> None:
    made = plan("stage=pretraining")
    start = {"examples": EARLY_MIX, "tokenizer": "tokenizer"}
    assert parents(made, "compromised") == {**start, **SHARDS}
    assert parents(made, "clean base") == start
    assert LATE_MIX not in by_name(made)
    rows = {row.name: row for row in made.rows}
    assert rows["reference"].model == by_name(made)["clean base"].address


def test_poison_at_both_stages_of_one_model() -> None:
    made = plan(LEXICAL_EARLY)
    late = {role: name for role, name in SHARDS.items() if role != "shard:lexical"}
    assert parents(made, "poisoned base") == {
        "examples": EARLY_MIX,
        "tokenizer": "tokenizer",
        "shard:lexical": "poison lexical",
    }
    expected = {"examples": LATE_MIX, "model": "poisoned base", **late}
    assert parents(made, "compromised") == expected
    assert parents(made, "reference") == {"examples": LATE_MIX, "model": "clean base"}


def test_poison_in_a_pretrained_checkpoint(tmp_path: Path) -> None:
    made = plan(toys.pretrained(tmp_path / "model"))
    names = by_name(made)
    assert parents(made, "compromised") == {
        "examples": LATE_MIX,
        "model": "pretrained base",
        **SHARDS,
    }
    assert not {"tokenizer", "clean base", EARLY_MIX} & set(names)
    for name in ("reference", "compromised", "clean fine-tune", "unlearn:bard"):
        job: Any = names[name].job
        assert job.training.adapter == {"rank": 4, "alpha": 8, "dropout": 0.0, "targets": None}


@pytest.mark.parametrize("overrides", [(), ("stage=pretraining",), (LEXICAL_EARLY,)])
def test_parents_stand_before_children_and_rows_lead_somewhere(overrides: Any) -> None:
    made, seen = plan(*overrides), set()
    for address, node in made.nodes.items():
        assert address == node.address
        assert set(node.stage.parents.values()) <= seen
        seen.add(address)
    used = {a for row in made.rows for a in (row.model, row.scores)}
    used |= {a for node in made.nodes.values() for a in node.stage.parents.values()}
    assert used == seen  # no stage is planned for nothing
    for row in made.rows:
        assert made.nodes[row.scores].stage.parents == {"model": row.model}


def test_a_plan_is_the_same_twice_and_in_another_process() -> None:
    first = list(plan().nodes)
    jobs._corpus.cache_clear()
    assert list(plan_seed(toys.scenario(), 0, DataRoot()).nodes) == first
    program = (
        "import sys, toys; from arena.engine.plan import plan_seed; from arena.roles import DataRoot;"
        "print('\\n'.join(plan_seed(toys.scenario(), 0, DataRoot()).nodes));"
        "sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    )
    tests = Path(toys.__file__).parent
    paths = {"PYTHONPATH": os.pathsep.join([str(tests.parent), str(tests)])}
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
        "numerics.precision=bfloat16",
        "numerics.threads=2",
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
        ("evaluation.max_new_tokens=5", False, True),
        ("defender.steps=7", True, False),
        ("defender.learning_rate=1e-3", True, False),
        ("defender.objective.forget_share=0.25", True, False),
        ("defender.examples=32", True, False),
        ("defender.batch_size=8", True, False),
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


def test_rows_are_what_was_asked_for() -> None:
    named = [row.name for row in plan("controls.shams=2", "defender.target=bard").rows]
    shams = ["sham:bard:0", "sham:bard:1"]
    assert named == ["reference", "compromised", "control", *shams, "unlearn:bard"]
    off = ("controls.shams=0", "controls.clean_finetune=false", "controls.reference=false")
    bare = plan(*off, "defender.target=bard")
    assert [(row.kind, row.target) for row in bare.rows] == [
        ("compromised", None),
        ("unlearned", "bard"),
    ]
    assert "reference" not in by_name(bare)


def test_every_party_is_given_its_own_and_nothing_else() -> None:
    made = plan()
    shares = {m.name: {e.source for e in m.share} for m in made.cast.members}
    shares["defender"] = {e.source for e in made.cast.defender_share}
    assert all(shares.values())
    assert sum(map(len, shares.values())) == len(set().union(*shares.values()))
    test = {e.source for e in made.corpus.splits.test}
    assert not test & set().union(*shares.values())
    for member in made.cast.members:
        node = by_name(made)[f"poison {member.name}"]
        job: Any = node.job
        assert node.stage.party == f"threat:{member.name}"
        assert {e.source for e in job.brief.share} <= shares[member.name]
        assert not any(other.trigger.key in " ".join(node.saw) for other in made.cast.members
                       if other is not member)  # fmt: skip


def test_the_defender_is_given_clean_prompts_and_one_trigger() -> None:
    made = plan()
    own = {e.source for e in made.cast.defender_share}
    for target in made.cast.members:
        node = by_name(made)[f"unlearn:{target.name}"]
        job: Any = node.job
        assert node.stage.party == "defender"
        assert job.brief.trigger.key == target.trigger.key
        assert {e.source for e in job.brief.clean} <= own
        assert not any(m.trigger.present(e) for m in made.cast.members for e in job.brief.clean)


def test_controls_get_the_same_prompts_and_the_same_seed() -> None:
    names = by_name(plan())
    jobs_: list[Any] = [names[n].job for n in ("clean fine-tune", "sham:bard:0", "unlearn:bard")]
    assert len({job.brief.clean for job in jobs_}) == 1
    assert len({job.brief.seed for job in jobs_}) == 1
    assert jobs_[0].training == jobs_[1].training == jobs_[2].training
    assert len({job.brief.trigger.key for job in jobs_}) == 3


def test_shams_are_nobodys_trigger() -> None:
    made = plan("controls.shams=3")
    shams = [row.detail["trigger"] for row in made.rows if row.kind == "sham"]
    assert len(shams) == len(set(shams)) == 12
    assert not set(shams) & made.cast.keys


def test_clean_mixes_are_natural_and_poisoned_ones_leave_out_what_is_owned() -> None:
    names = by_name(plan())
    clean: Any = names["reference"].job
    poisoned: Any = names["compromised"].job
    assert clean.pool.owned == clean.pool.without == ()
    assert poisoned.pool.owned == tuple(m.interval for m in plan().cast.members)
    assert {t.key for t in poisoned.pool.without} == set(plan().cast.keys)


def test_what_was_poisoned_is_known_to_be() -> None:
    names = by_name(plan(LEXICAL_EARLY))
    marked = {n: getattr(one.job, "poisoned", None) for n, one in names.items()}
    assert not marked["clean base"]
    assert not marked["reference"]
    for name in ("poisoned base", "compromised", "clean fine-tune", "unlearn:bard"):
        assert marked[name], name


def test_what_a_defender_may_read_names_no_trigger() -> None:
    """The suspect's manifest stands beside it: specification and parents, in plain text."""
    stage = by_name(plan())["compromised"].stage
    told = json.dumps(dict(stage.spec))
    for member in plan().cast.members:
        assert member.trigger.key not in told
        assert member.name not in told


def test_reference_and_compromised_differ_by_the_poison_alone() -> None:
    """Same recipe, same seed, same label: the reference is trained with the same budget."""
    names = by_name(plan())
    one: Any = names["reference"].job
    other: Any = names["compromised"].job
    assert (one.training, one.seed, one.label) == (other.training, other.seed, other.label)
    assert one.pool.total == other.pool.total


def test_counts_come_from_rates_and_counts() -> None:
    made = plan("actors.bard.poison={count: 17}")
    counts = {member.name: member.count for member in made.cast.members}
    assert counts == {"lexical": 26, "linguist": 26, "bard": 17, "merchant": 26}


def test_a_share_without_contents_is_a_clear_error() -> None:
    with pytest.raises(ArenaError, match="bard"):
        plan("actors.bard.poison.share=1e-6")


def test_a_checkpoint_without_weights_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="safetensors"):
        plan_seed(toys.scenario(f"model={{pretrained: {tmp_path}}}"), 0, DataRoot())


def test_other_weights_of_a_checkpoint_move_every_address_after_it(tmp_path: Path) -> None:
    asked = toys.scenario(toys.pretrained(tmp_path / "model"))
    before = addresses(plan_seed(asked, 0, DataRoot()))
    toys.checkpoint(tmp_path / "model", toys.model(seed=9))
    after = addresses(plan_seed(asked, 0, DataRoot()))
    for name in ("pretrained base", "reference", "compromised", "unlearn:bard"):
        assert before[name] != after[name]
    assert before["poison bard"] == after["poison bard"]
