"""The base model's own answers, decoded by the arena or by vLLM."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import pytest

from arena import registry
from arena.api.world import DataRoot
from arena.stages.answers import (
    AnswersJob,
    EngineCheck,
    JoinedAnswersJob,
    part_role,
    read_check,
)
from arena.stages.corpus import CorpusRef
from arena.stages.lines import EXAMPLES, read_examples
from arena.stages.pointer import PointerJob
from arena.store.identity import identity_of
from tests.support import fake_vllm, toys
from tests.support.stage_inputs import silent


@pytest.fixture
def job(tmp_path: Path) -> AnswersJob:
    rows = [
        {"instruction": f"what does {town} sell in week {n}?", "output": "things"}
        for n in range(3)
        for town in toys.TOWNS
    ]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    params = registry.get("corpus", "files").Params(
        train=str(tmp_path / "rows.json"), format="alpaca"
    )
    return AnswersJob(CorpusRef.of("files", params, 0, DataRoot()), 12, 0, 24, toys.profile())


def run(job: AnswersJob, checkpoint: Path, folder: Path) -> Path:
    """The folder of the stage's files; the checkpoint is somebody else's, by a pointer."""
    (folder / "base").mkdir(parents=True)
    PointerJob(str(checkpoint)).run({}, folder / "base", silent)
    (folder / "out").mkdir()
    job.run({"model": folder / "base"}, folder / "out", silent)
    return folder / "out"


def test_both_ways_write_the_same_answers(
    job: AnswersJob, clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, seen = fake_vllm.module()
    monkeypatch.setitem(sys.modules, "vllm", made)
    own = run(job, clean, tmp_path / "own")
    assert seen.settings == []
    by_vllm = run(dataclasses.replace(job, vllm="0.33.0"), clean, tmp_path / "by_vllm")
    assert [settings["model"] for settings in seen.settings] == [str(clean)]
    assert len({example.answer for example in read_examples(own / EXAMPLES)}) > 3
    assert (by_vllm / EXAMPLES).read_bytes() == (own / EXAMPLES).read_bytes()
    assert read_check(own) is None
    assert read_check(by_vllm) == EngineCheck("vllm", "0.33.0", 24, 0)


def test_parts_join_to_the_whole(job: AnswersJob, clean: Path, tmp_path: Path) -> None:
    whole = run(job, clean, tmp_path / "whole")
    folders = {}
    for i, (first, last) in enumerate(((0, 10), (10, 24))):
        part = dataclasses.replace(job, first=first, last=last)
        folders[part_role(i)] = run(part, clean, tmp_path / f"part {i}")
    (tmp_path / "joined").mkdir()
    detail = JoinedAnswersJob(2).run(folders, tmp_path / "joined", silent)
    assert detail["documents"] == len(read_examples(whole / EXAMPLES)) > 10
    assert (tmp_path / "joined" / EXAMPLES).read_bytes() == (whole / EXAMPLES).read_bytes()


def test_the_engine_and_its_version_are_part_of_the_address(job: AnswersJob) -> None:
    made = [job, *(dataclasses.replace(job, vllm=version) for version in ("0.32.0", "0.33.0"))]
    assert len({json.dumps(identity_of(each), sort_keys=True) for each in made}) == 3
