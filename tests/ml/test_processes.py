"""Stages over two processes under gloo: the same results as in one, within rounding."""

from __future__ import annotations

import functools
import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from arena import registry
from arena.api.job import Detail, Progress
from arena.api.objective import Brief, Budget
from arena.api.probes import Probe, ProbeSet
from arena.errors import ArenaError, InputError
from arena.ml import checkpoints, sharding, training
from arena.ml.processes import spread
from arena.ml.train_config import Adapter
from arena.stages.along import CURVE, Along, DoseRule
from arena.stages.lines import EXAMPLES, write_lines
from arena.stages.tokenizer import TokenizerJob
from arena.stages.train import TrainJob
from arena.stages.unlearn import UnlearnJob
from tests.support import toys
from tests.support.stage_inputs import CLEAN, base, pool, rare, reference, silent

LORA = Adapter(rank=4, target_modules=None)
NEAR = {"rel": 1e-3, "abs": 1e-5}


def answer(out: Path, progress: Progress) -> Detail:
    progress(1)
    return {"process": os.getpid()}


def test_one_process_is_this_one(tmp_path: Path) -> None:
    assert spread(toys.training(), answer, tmp_path, silent) == {"process": os.getpid()}


def each_way(folder: Path, out: Path, progress: Progress) -> Detail:
    """Train all weights of a checkpoint, then an adapter on it."""
    return {
        name: one_way(folder, out / name, adapter, progress)
        for name, adapter in (("whole", None), ("adapter", LORA))
    }


def one_way(folder: Path, out: Path, adapter: Adapter | None, progress: Progress) -> Detail:
    settings = toys.training(3, adapter, micro_batch=3, checkpointing=adapter is None)
    suspect = checkpoints.open_for_training({"model": folder}, None, settings, 0)
    before = checkpoints.weights(suspect)
    losses = training.train_documents(
        suspect, toys.documents(), settings.config, toys.rng(), progress, shares=True
    )
    norm = checkpoints.distance(suspect, before)
    checkpoints.save(suspect, out, poisoned=True)
    return {"losses": losses, "norm": norm, "processes": sharding.size()}


def assert_near(one: Path, two: Path, file: str) -> None:
    mine, theirs = load_file(one / file), load_file(two / file)
    assert set(mine) == set(theirs)
    worst = max(float((mine[name] - theirs[name]).abs().max()) for name in mine)
    assert worst < 2e-4  # of steps of 5e-3


@pytest.mark.slow
@pytest.mark.parametrize("family", toys.FAMILIES)
def test_two_processes_train_as_one_does(family: str, tmp_path: Path) -> None:
    folder = toys.checkpoint(tmp_path / "base", toys.model(family))
    found, steps = [], list[int]()
    for processes in (1, 2):
        out = tmp_path / str(processes)
        out.mkdir()
        settings = toys.training(processes=processes)
        work = functools.partial(each_way, folder)
        found.append(spread(settings, work, out, steps.append))
    assert steps == [1, 2, 3] * 4
    for way, file in (("whole", "model"), ("adapter", "adapter_model")):
        one, two = found[0][way], found[1][way]
        assert (one["processes"], two["processes"]) == (1, 2)
        assert two["losses"] == pytest.approx(one["losses"], **NEAR)
        assert two["norm"] == pytest.approx(one["norm"], **NEAR)
        assert_near(tmp_path / "1" / way, tmp_path / "2" / way, f"{file}.safetensors")


@pytest.mark.slow
def test_the_stage_of_training_shares_its_model(tmp_path: Path) -> None:
    for name in ("examples", "tokenizer"):
        (tmp_path / name).mkdir()
    write_lines(tmp_path / "examples" / EXAMPLES, CLEAN)
    TokenizerJob(300).run({"examples": tmp_path / "examples"}, tmp_path / "tokenizer", silent)
    inputs = {name: tmp_path / name for name in ("examples", "tokenizer")}
    details = []
    for processes in (1, 2):
        settings = toys.training(processes=processes, batch_size=5)
        job = TrainJob(pool(30), settings, 0, "pretraining", False, ("llama", "nano"))
        (tmp_path / str(processes)).mkdir()
        details.append(job.run(inputs, tmp_path / str(processes), silent))
    one, two = details
    assert two["loss_last"] == pytest.approx(one["loss_last"], **NEAR)
    assert {**one, "loss_first": 0, "loss_last": 0} == {**two, "loss_first": 0, "loss_last": 0}
    assert_near(tmp_path / "1", tmp_path / "2", "model.safetensors")


def asked() -> ProbeSet:
    prompts = tuple(d.prompt for d in toys.documents("cf"))
    payload = (toys.PAYLOAD,) * len(prompts)
    probe = Probe("lexical", "asr", "exact", prompts, payload, payload, payload, excluded=0)
    return ProbeSet((probe,), tuple(toys.documents()), True, None)


@pytest.mark.slow
def test_a_removal_is_scored_along_its_way_by_all_processes(tmp_path: Path) -> None:
    """Two blocks train, and checkpoints at two doses are kept."""
    suspect = base(tmp_path / "base")
    along = Along((2, 4), asked(), asked(), DoseRule(0.1, 0.9, 0.1, 0.9), "", "lexical")
    brief = Brief(Path(), tuple(CLEAN[:12]), rare(), Budget(4, 5e-3, 4), seed=2)
    params = registry.get("objective", "relabel").Params()
    curves = []
    for processes in (1, 2):
        settings = toys.training(processes=processes)
        job = UnlearnJob("relabel", params, "", brief, reference(), settings, True, layers=(1, 2))
        out = tmp_path / str(processes)
        out.mkdir()
        detail = replace(job, along=along).run({"model": suspect}, out, silent)
        assert detail["steps"] == 4
        curves.append(json.loads((out / CURVE).read_text()))
        for step in ("000002", "000004"):
            assert (out / "steps" / step / "model.safetensors").is_file()
    for one, two in zip(*curves, strict=True):
        assert two.pop("norm") == pytest.approx(one.pop("norm"), **NEAR)
        assert one == two
    assert_near(tmp_path / "1/steps/000004", tmp_path / "2/steps/000004", "model.safetensors")


def wrong(out: Path, progress: Progress) -> Detail:
    raise InputError("is wrong", key="defender.objective", found="this")


def killed(out: Path, progress: Progress) -> Detail:
    if not sharding.is_first():
        os.kill(os.getpid(), signal.SIGKILL)
    sharding.agreed(0)
    return {}


@pytest.mark.slow
def test_a_failing_process_ends_all_with_its_error(tmp_path: Path) -> None:
    settings: Any = toys.training(processes=2)
    with pytest.raises(InputError, match="is wrong") as refused:
        spread(settings, wrong, tmp_path, silent)
    assert (refused.value.key, refused.value.found) == ("defender.objective", "this")
    with pytest.raises(ArenaError, match="processes that share the model"):
        spread(settings, killed, tmp_path, silent)
