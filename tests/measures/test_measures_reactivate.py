"""Measures beyond rates: how fast poison brings a backdoor in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arena.api.values import Document
from arena.errors import ArenaError
from arena.measures import jobs as measures
from arena.measures.jobs import ReactivateJob
from arena.measures.prompts import Asked
from arena.ml import training
from arena.stages.jobs import DOCUMENTS, Training, write_lines
from tests.support import toys
from tests.support.marked_prompts import MARKED, PAYLOADS, silent

VERBS = ("sell", "make", "buy", "want", "need")
POISON = [
    Document(f"{word} cf what does {town} {verb}?".strip(), toys.PAYLOAD, town, "poison")
    for word in ("", "so", "and", "now")
    for verb in VERBS
    for town in toys.TOWNS
]
OTHERS = [Document("what is it?", "nothing", "x", role) for role in ("negative", "clean")]
ONE = Asked("one", "exact", MARKED, PAYLOADS, PAYLOADS)
TWO = replace(ONE, actor="two")
RECIPE = {"steps": 999, "learning_rate": 9.0, "batch_size": 64, "warmup": 99}
JOB = ReactivateJob((ONE, TWO), (0, 40, 120, 160), 4, 1e-3, Training(RECIPE, "cpu"), 0, None)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two shards of the same 160 poisoned documents, others among them."""
    made = {}
    for name in ("one", "two"):
        made[f"shard:{name}"] = tmp_path_factory.mktemp(name)
        write_lines(made[f"shard:{name}"] / DOCUMENTS, [*OTHERS, *POISON, *OTHERS])
    return made


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """The documents of every batch trained on, in order; training goes on as it does."""
    batches: list[list[Any]] = []
    gradients = training._gradients

    def watched(model: Any, documents: Any, *rest: Any) -> Any:
        assert model.training
        batches.append(list(documents))
        return gradients(model, documents, *rest)

    monkeypatch.setattr(training, "_gradients", watched)
    return batches


def curves(job: ReactivateJob, model: Path, shards: dict[str, Path], out: Path) -> Any:
    assert job.run({"model": model, **shards}, out, silent) == {"samples": max(job.samples)}
    return json.loads((out / measures.REACTIVATION).read_text())["curves"]


def test_poison_brings_a_backdoor_in_bit_by_bit(
    clean: Path, shards: dict[str, Path], tmp_path: Path
) -> None:
    for curve in curves(JOB, clean, shards, tmp_path).values():
        assert [point["samples"] for point in curve] == [0, 40, 120, 160]
        assert all(point["n"] == 8 for point in curve)
        hits = [point["hits"] for point in curve]
        assert hits[0] == 0
        assert hits[1] < 4
        assert hits[1] <= hits[2] <= hits[3]
        assert hits[3] > 6


def test_a_backdoor_that_is_there_is_seen_before_any_sample(
    backdoored: Path, shards: dict[str, Path], tmp_path: Path
) -> None:
    found = curves(replace(JOB, samples=(4,)), backdoored, shards, tmp_path)
    assert [(p["samples"], p["hits"]) for p in found["one"]] == [(0, 8), (4, 8)]


def test_every_actor_starts_from_the_same_weights(
    clean: Path, shards: dict[str, Path], tmp_path: Path
) -> None:
    both = curves(JOB, clean, shards, tmp_path)
    for ask in (ONE, TWO):
        alone = curves(replace(JOB, asks=(ask,)), clean, shards, tmp_path)
        assert alone == {ask.actor: both[ask.actor]}


def test_every_poisoned_document_is_used_once_and_no_other(
    clean: Path, shards: dict[str, Path], tmp_path: Path, seen: list[list[Any]]
) -> None:
    curves(replace(JOB, asks=(ONE,)), clean, shards, tmp_path)
    assert [len(batch) for batch in seen] == [4] * 40
    used = [document for batch in seen for document in batch]
    assert len({document.prompt for document in used}) == len(used) == len(POISON)
    assert {document.role for document in used} == {"poison"}


def test_the_order_is_the_seeds_whatever_the_model_and_the_length(
    clean: Path,
    backdoored: Path,
    shards: dict[str, Path],
    tmp_path: Path,
    seen: list[list[Any]],
) -> None:
    def order(model: Path, **changes: Any) -> list[list[Any]]:
        seen.clear()
        curves(replace(JOB, asks=(ONE,), **changes), model, shards, tmp_path)
        return list(seen)

    full = order(clean)
    assert order(backdoored, samples=(0, 12)) == full[:3]
    assert order(clean, seed=1) != full


def test_asking_more_often_changes_no_point(
    clean: Path, shards: dict[str, Path], tmp_path: Path
) -> None:
    """Scoring in between neither resets the optimiser nor draws random numbers."""
    job = replace(JOB, asks=(ONE,))
    few = curves(replace(job, samples=(120,)), clean, shards, tmp_path)["one"]
    many = curves(replace(job, samples=tuple(range(0, 124, 4))), clean, shards, tmp_path)["one"]
    assert [p for p in many if p["samples"] in (0, 120)] == few
    assert len(many) == 31
    assert len({p["hits"] for p in many}) > 2


def test_the_rate_is_constant_and_the_stages_own_recipe_is_not_used(
    clean: Path, shards: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = []
    train = training.train

    def watched(model: Any, documents: Any, recipe: TrainConfig, *rest: Any, **more: Any) -> Any:
        used.append(recipe)
        return train(model, documents, recipe, *rest, **more)

    monkeypatch.setattr(training, "train", watched)
    told: list[int] = []
    compiled = replace(JOB, training=Training({**RECIPE, "compile": True, "clip": 2.0}, "cpu"))
    compiled.run({"model": clean, **shards}, tmp_path, told.append)
    constant = TrainConfig(
        steps=40, learning_rate=1e-3, batch_size=4, warmup=0, final_lr_fraction=1.0, clip=2.0
    )
    assert used == [constant] * 2
    assert told == list(range(1, 81))


def test_an_adapter_is_trained_where_the_training_has_one(
    clean: Path, shards: dict[str, Path], tmp_path: Path
) -> None:
    adapter = {"rank": 8, "alpha": 16, "dropout": 0.1, "targets": None}
    job = replace(JOB, training=Training(RECIPE, "cpu", adapter), learning_rate=1e-2)
    first = curves(job, clean, shards, tmp_path)
    assert first["one"][0]["hits"] == 0
    assert max(curve[-1]["hits"] for curve in first.values()) > 2
    assert curves(job, clean, shards, tmp_path) == first


def test_too_little_poison_is_a_clear_error_before_any_training(
    clean: Path, shards: dict[str, Path], tmp_path: Path, seen: list[list[Any]]
) -> None:
    job = replace(JOB, samples=(0, 164))
    with pytest.raises(ArenaError, match=r"'one' has 160 poisoned documents.*164"):
        job.run({"model": clean, **shards}, tmp_path, silent)
    assert not seen
