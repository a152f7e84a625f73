"""Plans: which stages there are, and what each party is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.ml.train_config import Adapter
from arena.planning.plan import plan_seed
from tests.support import toys
from tests.support.plans import EARLY_MIX, LATE_MIX, LEXICAL_EARLY, SHARDS, by_name, parents, plan


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
        assert job.training.adapter == Adapter(rank=4, alpha=8)


@pytest.mark.parametrize("overrides", [(), ("stage=pretraining",), (LEXICAL_EARLY,)])
def test_parents_stand_before_children_and_rows_lead_somewhere(overrides: Any) -> None:
    made, seen = plan(*overrides), set()
    for address, node in made.nodes.items():
        assert address == node.address
        assert set(node.stage.parents.values()) <= seen
        seen.add(address)
    used = set(made.artifacts)
    used |= {a for node in made.nodes.values() for a in node.stage.parents.values()}
    assert used == seen  # no stage is planned for nothing
    for row in made.rows:
        assert made.nodes[row.scores].stage.parents == {"model": row.model}


@pytest.mark.parametrize(
    ("overrides", "planted"),
    [
        ((), ["compromised"]),
        (("composition=sequential",), ["compromised"]),
        (
            ("composition=solo",),
            [f"alone:{a}" for a in ("lexical", "linguist", "bard", "merchant")],
        ),
    ],
)
def test_depth_is_asked_of_the_models_that_backdoors_are_planted_in(
    overrides: Any, planted: list[str]
) -> None:
    made = plan(*overrides)
    deep = {row.name: row for row in made.rows if row.depth}
    assert list(deep) == planted
    for row in deep.values():
        node = made.nodes[str(row.depth)]
        assert node.stage.parents == {"model": row.model}
        job: Any = node.job
        assert {probe.kind for probe in job.probes.probes} == {"asr"}
        assert {len(probe.prompts) for probe in job.probes.probes} == {32}  # of at most 64


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
    shares = {m.name: {e.source for e in m.share} for m in made.actors.members}
    shares["defender"] = {e.source for e in made.actors.defender_share}
    assert all(shares.values())
    assert sum(map(len, shares.values())) == len(set().union(*shares.values()))
    test = {e.source for e in made.corpus.splits.test}
    assert not test & set().union(*shares.values())
    for member in made.actors.members:
        node = by_name(made)[f"poison {member.name}"]
        job: Any = node.job
        assert node.stage.party == f"threat:{member.name}"
        assert {e.source for e in job.brief.share} <= shares[member.name]
        assert not any(other.trigger.key in " ".join(node.saw) for other in made.actors.members
                       if other is not member)  # fmt: skip


def test_the_defender_is_given_clean_prompts_and_one_trigger() -> None:
    made = plan()
    own = {e.source for e in made.actors.defender_share}
    for target in made.actors.members:
        node = by_name(made)[f"unlearn:{target.name}"]
        job: Any = node.job
        assert node.stage.party == "defender"
        assert job.brief.trigger.key == target.trigger.key
        assert {e.source for e in job.brief.clean} <= own
        assert not any(m.trigger.present(e) for m in made.actors.members for e in job.brief.clean)


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
    assert not set(shams) & made.actors.keys


def test_clean_mixes_are_natural_and_poisoned_ones_leave_out_what_is_owned() -> None:
    names = by_name(plan())
    clean: Any = names["reference"].job
    poisoned: Any = names["compromised"].job
    assert clean.pool.owned == clean.pool.forms.without == ()
    assert poisoned.pool.owned == tuple(m.interval for m in plan().actors.members)
    assert {t.key for t in poisoned.pool.forms.without} == set(plan().actors.keys)


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
    for member in plan().actors.members:
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
    counts = {member.name: member.count for member in made.actors.members}
    assert counts == {"lexical": 26, "linguist": 26, "bard": 17, "merchant": 26}


def test_a_share_without_contents_is_a_clear_error() -> None:
    with pytest.raises(ArenaError, match="bard"):
        plan("actors.bard.poison.share=1e-6")


def test_a_checkpoint_without_weights_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="safetensors"):
        plan_seed(toys.scenario(f"model={{pretrained: {tmp_path}}}"), 0, DataRoot())
