"""A process's part of a shared model: its documents, its weights, and one forward pass."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file

from arena.errors import ArenaError
from arena.ml import checkpoints, models, scoring, sharding, training
from arena.ml.encoding import Encoded, encode
from arena.ml.train_config import TrainConfig
from arena.ml.training import layout
from tests.support import toys

DOCUMENTS = [Encoded((1, 2, 3), tuple(range(1, 2 + i)), "train") for i in range(5)]
CONFIG = TrainConfig(steps=1, learning_rate=1e-3, batch_size=8)


def as_process(monkeypatch: pytest.MonkeyPatch, rank: int, size: int) -> None:
    monkeypatch.setattr(sharding, "rank", lambda: rank)
    monkeypatch.setattr(sharding, "size", lambda: size)


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_the_parts_of_a_batch_are_the_batch(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = []
    for rank in range(size):
        as_process(monkeypatch, rank, size)
        parts.append(sharding.share(DOCUMENTS))
    assert all(documents for documents, _ in parts)  # each takes part in the pass
    counted = [document for documents, tokens in parts if tokens for document in documents]
    assert sorted(map(id, counted)) == sorted(map(id, DOCUMENTS))
    assert sum(tokens for _, tokens in parts) == sum(len(d.answer) for d in DOCUMENTS)


@pytest.mark.parametrize(("size", "micro_batch"), [(2, None), (3, 2), (16, None)])
def test_the_processes_gradients_average_to_that_of_the_batch(
    size: int, micro_batch: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FSDP averages; the average must be the gradient of the mean over all answer tokens."""
    documents = encode(toys.tokenizer(), toys.documents())
    config = CONFIG.model_copy(update={"micro_batch": micro_batch})

    def gradients(processes: int) -> tuple[float, dict[str, torch.Tensor]]:
        model, loss = toys.model(), 0.0
        lay_out = layout(model, toys.tokenizer().pad_token_id, shares=False)
        for rank in range(processes):
            as_process(monkeypatch, rank, processes)
            loss += float(
                training._gradients(model, documents, config, training.answer_loss, lay_out)
            )
        grads = {name: p.grad / processes for name, p in model.named_parameters()}
        return loss, grads

    whole, expected = gradients(1)
    loss, averaged = gradients(size)
    assert loss == pytest.approx(whole, rel=1e-5)
    for name, gradient in averaged.items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-3, atol=1e-5)


def test_a_loss_that_cannot_be_cut_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharding, "active", lambda: True)
    documents = encode(toys.tokenizer(), toys.documents())
    with pytest.raises(ArenaError, match="whole batch and the whole model"):
        training.train(toys.model(), documents, CONFIG, toys.rng(), 0, divisible=False)


def test_an_empty_model_has_the_shapes_of_the_loaded_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = toys.checkpoint(tmp_path / "model", toys.model())
    as_process(monkeypatch, 1, 2)
    empty = models.empty_model(folder)
    shapes = {name: p.shape for name, p in models.load_model(folder).state_dict().items()}
    assert {name: p.shape for name, p in empty.state_dict().items()} == shapes
    assert {p.device.type for p in empty.parameters()} == {"meta"}
    assert {b.device.type for b in empty.buffers()} == {"cpu"}  # rotary frequencies are not loaded


@contextlib.contextmanager
def alone(meeting: Path) -> Iterator[None]:
    """A group of this process alone: sharded models in one process."""
    from accelerate.state import AcceleratorState

    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=0, world_size=1)
    try:
        yield
    finally:
        dist.destroy_process_group()
        AcceleratorState._reset_state(reset_partial_state=True)


def trained(folder: Path, out: Path) -> tuple[list[float], float, list[Any]]:
    """Losses, update norm and verdicts (before and after) of a training, which is saved."""
    suspect = checkpoints.open_for_training({"model": folder}, None, toys.training(), 0)
    before = checkpoints.weights(suspect)
    prompts = [d.prompt for d in toys.documents()]

    def said() -> Any:
        return scoring.guided(suspect.model, suspect.tokenizer, prompts, prompts, 4)

    texts = [said()]
    config = toys.training(steps=3).config
    losses = training.train_documents(suspect, toys.documents(), config, toys.rng(), shares=True)
    texts.append(said())
    checkpoints.save(suspect, out, poisoned=False)
    return losses, checkpoints.distance(suspect, before), texts


def test_a_sharded_model_is_scored_trained_and_saved_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a group of one, where nothing is rounded differently. What was scored before it is trained
    has some weights gathered."""
    monkeypatch.setenv("FSDP_CPU_RAM_EFFICIENT_LOADING", "True")  # as accelerate sets it, undone
    folder = toys.checkpoint(tmp_path / "model", toys.model())
    with alone(tmp_path / "meeting"):
        sharded = trained(folder, tmp_path / "sharded")
    assert sharded == trained(folder, tmp_path / "plain")
    found, wanted = (load_file(tmp_path / n / "model.safetensors") for n in ("sharded", "plain"))
    assert set(found) == set(wanted)  # tied weights are stored once
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
