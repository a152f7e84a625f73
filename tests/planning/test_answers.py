"""How the base model's own answers are planned, and what a user is told of them."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
from pathlib import Path
from typing import Any

import pytest

from arena.api.world import DataRoot
from arena.errors import InputError
from arena.execution.devices import refuse_absent
from arena.planning import answers
from arena.planning.answers import plan_answers
from arena.planning.plan import plan_seed
from arena.scenario.schema import Scenario
from arena.stages.answers import ENGINE, AnswersJob, EngineCheck, JoinedAnswersJob
from arena.stages.lines import EXAMPLES, write_lines
from tests.support import toys

ACTORS = json.dumps([toys.actor("lexical", "cf", 0.4), toys.actor("other", "bb", 0.4)])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return toys.pretrained(tmp_path_factory.mktemp("base"))


def scenario(model: str, own: str) -> Scenario:
    corpus = "name: instructions, wordings: fixed, contents: 500"
    return toys.scenario(
        model, f"actors={ACTORS}", f"corpus={{{corpus}, self_distilled: {{tokens: 8, {own}}}}}"
    )


def version(monkeypatch: pytest.MonkeyPatch, vllm: str | None) -> None:
    """Install a version of vLLM, or none."""
    known = importlib.metadata.version

    def found(name: str) -> str:
        if name != "vllm":
            return known(name)
        if vllm is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return vllm

    monkeypatch.setattr(importlib.metadata, "version", found)


def parts_of(scenario: Scenario) -> list[Any]:
    plan = plan_answers(scenario, DataRoot())
    assert plan is not None
    return [node for node in plan.nodes.values() if isinstance(node.job, AnswersJob)]


def job_of(scenario: Scenario) -> Any:
    plan = plan_answers(scenario, DataRoot())
    assert plan is not None
    return plan.nodes[plan.address].job


def test_what_decodes_the_answers(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version(monkeypatch, "0.33.0")
    by_vllm = scenario(model, "generation: vllm")
    refuse_absent(by_vllm)
    assert job_of(by_vllm).vllm == "0.33.0"
    assert job_of(scenario(model, "generation: arena")).vllm is None
    assert job_of(scenario(model, "contents: null")).vllm is None


def test_parts_cover_every_prompt_once(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several workers share them, and more contents add parts without changing the full ones."""
    version(monkeypatch, "0.33.0")
    few, more = (scenario(model, f"contents: {n}") for n in (450, 490))
    monkeypatch.setattr(answers, "PART", 200)
    for asked, ends in ((few, [200, 400, 450]), (more, [200, 400, 490])):
        jobs = [node.job for node in parts_of(asked)]
        assert [(job.first, job.last) for job in jobs] == list(zip([0, *ends], ends, strict=False))
    shared = {node.address for node in parts_of(few)} & {node.address for node in parts_of(more)}
    assert len(shared) == 2
    assert isinstance(job_of(few), JoinedAnswersJob)
    (whole,) = parts_of(scenario(model, "contents: 450, generation: vllm"))
    assert (whole.job.first, whole.job.last) == (0, 450)


def test_an_absent_engine_is_wrong_input(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version(monkeypatch, None)
    refuse_absent(scenario(model, "generation: arena"))
    for address in (None, "auto"):
        with pytest.raises(InputError) as caught:
            refuse_absent(scenario(model, "generation: vllm"), address)
        assert caught.value.exit_status == 2
        assert "pip install 'backdoor-arena[vllm]'" in str(caught.value)
        assert caught.value.key == "corpus.self_distilled.generation"


def test_the_check_is_told(model: str, tmp_path: Path) -> None:
    asked = scenario(model, "contents: null")
    splits = plan_seed(asked, 0, DataRoot()).corpus.splits
    rows = [e for part in (splits.train, splits.validation, splits.test) for e in part]
    write_lines(tmp_path / EXAMPLES, rows)
    plain = plan_seed(asked, 0, DataRoot(answers=tmp_path))
    assert plain.engine is None
    check = EngineCheck("vllm", "0.33.0", 64, 2)
    (tmp_path / ENGINE).write_text(json.dumps(dataclasses.asdict(check)))
    plan = plan_seed(asked, 0, DataRoot(answers=tmp_path))
    assert plan.engine == check
    assert set(plan.notes) - set(plain.notes) == {
        "corpus: the base model's answers were decoded by vllm 0.33.0; 2 of 64 checked ones differ "
        "from the arena's own decoding"
    }
    assert set(plan.nodes) == set(plain.nodes)
