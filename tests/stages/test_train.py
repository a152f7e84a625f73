"""Training on a mix."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from arena.ml import training
from arena.stages.lines import DOCUMENTS, EXAMPLES, write_lines
from arena.stages.tokenizer import TokenizerJob
from arena.stages.train import TrainJob
from tests.support import toys
from tests.support.stage_inputs import CLEAN, pool, shard, silent


@pytest.fixture
def inputs(tmp_path: Path) -> Mapping[str, Path]:
    """A clean mix, its tokenizer, two shards and a base model."""
    for name in ("examples", "tokenizer", "one", "two"):
        (tmp_path / name).mkdir()
    write_lines(tmp_path / "examples" / EXAMPLES, CLEAN)
    TokenizerJob(300).run({"examples": tmp_path / "examples"}, tmp_path / "tokenizer", silent)
    for name in ("one", "two"):
        write_lines(tmp_path / name / DOCUMENTS, shard(name, 6))
    return {
        "examples": tmp_path / "examples",
        "tokenizer": tmp_path / "tokenizer",
        "shard:one": tmp_path / "one",
        "shard:two": tmp_path / "two",
    }


def train_job(seed: int = 0) -> TrainJob:
    return TrainJob(pool(30), toys.training(), seed, "pretraining", True, ("llama", "nano"))


def test_training_from_scratch_is_a_function_of_its_inputs(
    inputs: Mapping[str, Path], tmp_path: Path
) -> None:
    steps: list[int] = []
    details = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        out = tmp_path / name
        details.append(train_job(seed).run(inputs, out, steps.append))
    assert details[0] == details[1] != details[2]
    assert details[0]["documents"] == 30
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in "abc"]
    assert weights[0] == weights[1] != weights[2]
    assert steps == [1, 2, 3, 4] * 3
    assert "COMPROMISED" in (tmp_path / "a" / "README.md").read_text()


def test_the_loop_is_given_the_stages_own_settings(
    inputs: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def loop(model: Any, documents: Any, config: Any, *rest: Any, **more: Any) -> list[float]:
        given.append(config)
        return [0.0]

    monkeypatch.setattr(training, "train", loop)
    job = train_job()
    job.run(inputs, tmp_path / "out", silent)
    assert given == [job.training.config]


def test_jobs_are_values(inputs: Mapping[str, Path]) -> None:
    assert train_job() == train_job() != train_job(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        train_job().seed = 4  # type: ignore[misc]
