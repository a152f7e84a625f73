"""A defence's training run, and its controls."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from arena import registry, stages
from arena.api.objective import Brief, Budget
from arena.api.probes import ProbeSet
from arena.api.trigger import NoTrigger, Trigger
from arena.api.values import Document
from arena.errors import ArenaError
from arena.ml import training
from arena.ml.checkpoints import open_for_scoring
from arena.ml.train_config import Adapter
from arena.stages import unlearn
from arena.stages.along import STEPS, Along, DoseRule, read_curve
from arena.stages.counting import Counted, counted
from arena.stages.unlearn import UnlearnJob
from arena.store.manifest import MANIFEST
from attackers.triggers.style import Style, StyleParams
from tests.support import toys
from tests.support.stage_inputs import CLEAN, base, reference, silent
from tests.support.toy_probes import probes


def unlearn_job(adapter: Any = None, objective: str = "relabel", **more: Any) -> UnlearnJob:
    clean = tuple(CLEAN[:12])
    brief = Brief(Path(), clean, NoTrigger(), Budget(4, 5e-3, 4), seed=2)
    params = registry.get("objective", objective).Params()
    training = toys.training(adapter=adapter)
    return UnlearnJob(objective, params, "", brief, reference(), training, True, **more)


def test_unlearning_takes_its_budget(tmp_path: Path) -> None:
    suspect = base(tmp_path / "base")
    detail = unlearn_job().run({"model": suspect}, tmp_path / "out", silent)
    assert detail["update_norm"] > 0
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_the_loop_is_given_the_stages_own_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def loop(model: Any, documents: Any, config: Any, *rest: Any, **more: Any) -> list[float]:
        given.append(config)
        return [0.0]

    monkeypatch.setattr(training, "train", loop)
    job = unlearn_job()
    job.run({"model": base(tmp_path / "base")}, tmp_path / "out", silent)
    assert given == [job.training.config]


@pytest.mark.parametrize(("name", "compiled"), [("relabel", True), ("crow", False), ("rmu", False)])
def test_a_loss_that_reads_blocks_is_not_compiled(
    name: str, compiled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def loop(model: Any, documents: Any, config: Any, *rest: Any, **more: Any) -> list[float]:
        given.append(config.compile)
        return [0.0]

    monkeypatch.setattr(training, "train", loop)
    job = unlearn_job(objective=name)
    config = job.training.config.model_copy(update={"compile": True})
    job = dataclasses.replace(job, training=dataclasses.replace(job.training, config=config))
    job.run({"model": base(tmp_path / "base")}, tmp_path / "out", silent)
    assert given == [compiled]


class Found:
    """What a search found: poetic style, which only the grammar can give, not the rules."""

    trigger = Style(StyleParams(style="poetic"), toys.townlore().world)

    def found_in(self, folder: Path) -> Trigger | None:
        return self.trigger


def test_prompts_that_what_was_found_cannot_mark_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Document] = []

    def loop(model: Any, documents: Any, *rest: Any, **more: Any) -> list[float]:
        given.extend(documents)
        return [0.0]

    monkeypatch.setattr(training, "train_documents", loop)
    formed = list(toys.townlore().splits.train[:8])
    lost = [dataclasses.replace(each, form=None) for each in formed[:3]]
    job = unlearn_job(search=Found())
    brief = dataclasses.replace(job.brief, clean=(*lost, *formed[3:]))
    job = dataclasses.replace(job, brief=brief)
    inputs = {"model": base(tmp_path / "base"), "findings": tmp_path}
    job.run(inputs, tmp_path / "out", silent)
    assert len(given) == 8
    assert {each.source for each in given} == {each.source for each in formed[3:]}
    assert sum(each.role == "forget" for each in given) == 4

    job = dataclasses.replace(job, brief=dataclasses.replace(brief, clean=tuple(lost)))
    with pytest.raises(ArenaError, match="style:poetic was found, and none"):
        job.run(inputs, tmp_path / "out", silent)


WITH_TRIGGER: list[str] = [
    name
    for name in registry.names("objective")
    if registry.get("objective", name).needs_trigger  # type: ignore[attr-defined]
]


@pytest.mark.parametrize("name", WITH_TRIGGER)
def test_the_clean_fine_tune_is_the_same_for_every_objective(name: str, tmp_path: Path) -> None:
    suspect = base(tmp_path / "base")
    weights = []
    for objective in ("relabel", name):
        unlearn_job(objective=objective).run({"model": suspect}, tmp_path / objective, silent)
        weights.append((tmp_path / objective / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


@pytest.mark.parametrize("adapter", [None, Adapter(rank=2, alpha=4)])
def test_only_the_chosen_layers_change(adapter: Any, tmp_path: Path) -> None:
    from arena.ml.models import load_model

    suspect = base(tmp_path / "base")
    job = unlearn_job(adapter, layers=(1, 1))
    detail = job.run({"model": suspect}, tmp_path / "out", silent)
    before = dict(load_model(suspect).named_parameters())
    after = dict(load_model(tmp_path / "out").named_parameters())
    moved = {name for name, p in after.items() if not p.equal(before[name])}
    assert moved
    assert all("layers.1." in name for name in moved)
    norm = sum(float((after[n] - before[n]).detach().double().square().sum()) for n in moved)
    assert detail["update_norm"] == pytest.approx(norm**0.5, rel=1e-3)


MOST = 4 * unlearn.MATCH_TIMES


@pytest.mark.parametrize(("stretch", "takes"), [(1.0, 4), (1.5, 5), (99.0, MOST)])
def test_a_matched_sham_trains_until_its_update_is_as_large(
    stretch: float, takes: int, tmp_path: Path
) -> None:
    """It moves as far as the unlearning run did, unless the stretched budget ends before."""
    suspect = base(tmp_path / "base")
    norm = unlearn_job().run({"model": suspect}, tmp_path / "plain", silent)["update_norm"]
    (tmp_path / "plain" / MANIFEST).write_text(
        json.dumps({"detail": {"update_norm": stretch * norm}})
    )
    both = {"model": suspect, "matched": tmp_path / "plain"}
    detail = unlearn_job().run(both, tmp_path / "out", silent)
    assert detail["matched_norm"] == stretch * norm
    assert abs(detail["steps"] - takes) <= (2 if takes < MOST else 0)
    assert (detail["update_norm"] >= stretch * norm) == (takes < MOST)


@pytest.mark.parametrize("adapter", [None, Adapter(rank=2, alpha=4)])
def test_a_curve_is_what_the_kept_checkpoints_answer(
    adapter: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rounded weights too, while the run itself goes on in float32."""
    answered = []

    def counting(suspect: Any, probes: ProbeSet) -> Counted:
        answered.append(suspect.model.dtype)
        return counted(suspect, probes)

    monkeypatch.setattr(stages.along, "counted", counting)
    rule = DoseRule(removed=1.0, kept=0.0, lost=1.0, installed=0.0)
    along = Along((2, 4), probes(), probes(), rule, "", "lexical", scoring="bfloat16")
    job = unlearn_job(adapter, along=along)
    suspect = base(tmp_path / "base")
    job.run({"model": suspect}, tmp_path / "out", silent)
    assert set(answered) == {torch.bfloat16}
    curve = {point.step: point for point in read_curve(tmp_path / "out")}
    kept = {int(folder.name): folder for folder in (tmp_path / "out" / STEPS).iterdir()}
    assert kept
    for step, folder in kept.items():
        beside = shutil.copytree(folder, tmp_path / folder.name)  # an adapter's base is its sibling
        again = counted(open_for_scoring(beside, "cpu", "bfloat16"), probes())
        assert (curve[step].shown, curve[step].shown_clean) == (again.asr, again.clean)
