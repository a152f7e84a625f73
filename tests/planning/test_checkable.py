"""Which prompts checkable accuracy is measured on, and where."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from arena.api.world import DataRoot
from arena.corpora.answered import Answered
from arena.corpora.right_answers import can_be_checked
from arena.planning.graph import SeedPlan
from arena.planning.plan import plan_seed
from arena.stages.checkable import CheckableJob
from arena.stages.lines import EXAMPLES, write_lines
from arena.stages.score import ScoreJob
from arena.stages.unlearn import UnlearnJob
from tests.support import toys

INSTRUCTIONS = "name: instructions, wordings: fixed, contents: 500"
ACTORS = json.dumps([toys.actor("lexical", "cf", 0.4), toys.actor("other", "bb", 0.4)])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return toys.pretrained(tmp_path_factory.mktemp("base"))


def planned(
    model: str, own: str, corpus: str = INSTRUCTIONS, root: DataRoot | None = None
) -> SeedPlan:
    text = f"corpus={{{corpus}, self_distilled: {{tokens: 8, {own}}}}}"
    return plan_seed(toys.scenario(model, text, f"actors={ACTORS}"), 0, root or DataRoot())


@functools.cache
def usual(model: str) -> SeedPlan:
    return planned(model, "contents: 300")


def jobs(plan: SeedPlan) -> list[CheckableJob]:
    return [node.job for node in plan.nodes.values() if isinstance(node.job, CheckableJob)]


def test_every_scored_model_is_checked_on_the_same_prompts(model: str) -> None:
    plan = usual(model)
    assert {row.kind for row in plan.rows} >= {
        "reference", "compromised", "control", "sham", "unlearned",
    }  # fmt: skip
    for row in plan.rows:
        assert row.checkable in row.artifacts
        assert plan.nodes[row.checkable or ""].stage.parents == {"model": row.model}
    assert len(set(jobs(plan))) == 1


def test_doses_are_read_off_tokens_and_rows_off_whole_answers(model: str) -> None:
    actors, corpus = f"actors={ACTORS}", INSTRUCTIONS
    text = f"corpus={{{corpus}, self_distilled: {{tokens: 8, contents: 300}}}}"
    given = toys.scenario(model, text, actors, "dose={points: 3, prompts: 8, shown: 4}")
    plan = plan_seed(given, 0, DataRoot())
    (run,) = {curve.run for curve in plan.curves if curve.kind == "control"}
    control = plan.nodes[run].job
    assert isinstance(control, UnlearnJob)
    assert control.along is not None
    assert control.along.validation.clean
    assert not control.along.validation.exact_answers
    scored = [node.job for node in plan.nodes.values() if isinstance(node.job, ScoreJob)]
    assert scored
    assert all(job.probes.exact_answers for job in scored)


def test_the_sample_can_be_checked_and_carries_no_trigger(model: str) -> None:
    plan = usual(model)
    job, inner = jobs(plan)[0], plan.corpus
    assert isinstance(inner, Answered)
    test = {example.prompt: example for example in inner.inner.splits.test}
    drawn = [test[each.prompt] for each in job.prompts]
    assert all(map(can_be_checked, drawn))
    assert [each.right for each in job.prompts] == [example.answer for example in drawn]
    triggers = [member.trigger for member in plan.actors.planted]
    assert not any(t.present(example) for t in triggers for example in drawn)
    assert 30 < len(drawn) <= 64
    assert job.excluded > 0
    assert job.tokens == 8


def test_its_size_is_set_and_a_larger_one_adds_prompts(model: str) -> None:
    (few,) = set(jobs(planned(model, "checkable: 10")))
    assert len(few.prompts) == 10
    assert few.prompts == jobs(usual(model))[0].prompts[:10]
    assert jobs(planned(model, "checkable: 0")) == []


def test_nothing_else_moves(model: str) -> None:
    """Every other stage has the address that it has without the sample."""
    without = planned(model, "contents: 300, checkable: 0")
    plan = usual(model)
    others = {a for a, node in plan.nodes.items() if not isinstance(node.job, CheckableJob)}
    assert others == set(without.nodes)


def test_the_model_s_own_answers_are_the_drafts(model: str, tmp_path: Path) -> None:
    given = jobs(usual(model))[0]
    splits = usual(model).corpus.splits
    rows = [e for part in (splits.train, splits.validation, splits.test) for e in part]
    write_lines(tmp_path / EXAMPLES, [type(e)(e.prompt, "I see.", e.source) for e in rows])
    (job,) = set(jobs(planned(model, "contents: 300", root=DataRoot(answers=tmp_path))))
    assert {each.draft for each in job.prompts} == {"I see."}
    assert [e.right for e in job.prompts] == [e.right for e in given.prompts]


def test_a_corpus_without_only_right_answers_has_none(model: str, tmp_path: Path) -> None:
    rows = "\n\n".join(f"what of gate {n} do they sell in the old town" for n in range(80))
    (tmp_path / "rows.txt").write_text(rows)
    files = f"name: files, train: {tmp_path / 'rows.txt'}, format: text"
    assert jobs(planned(model, "contents: null", files)) == []


def test_without_own_answers_there_is_none() -> None:
    assert jobs(plan_seed(toys.scenario(), 0, DataRoot())) == []
