"""Weight noise: seeded, anew in each step, in proportion to each tensor."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch

from arena.ml import models
from arena.ml.train_config import Adapter
from arena.ml.training import answer_loss
from tests.support import shaping_toys as shaping
from tests.support import toys


def moves(model: Any, one: Any) -> dict[str, torch.Tensor]:
    before, own = shaping.weights_of(model), shaping.batch([0])
    with one.moved(model, own, lambda some: answer_loss(model, some)):
        return {name: p.detach() - before[name] for name, p in model.named_parameters()}


def test_its_scale_is_relative_to_each_tensor() -> None:
    model = toys.model()
    for name, moved in moves(model, shaping.prepared("weight_noise", model, sigma=0.2)).items():
        if moved.numel() > 1000:
            rms = model.get_parameter(name).detach().square().mean().sqrt()
            assert float(moved.std() / rms) == pytest.approx(0.2, rel=0.05)


def test_it_is_drawn_by_the_actors_seed_anew_in_each_step() -> None:
    model = toys.model()
    one, other = (shaping.prepared("weight_noise", model) for _ in range(2))
    torch.manual_seed(1)  # another disturbance of the world
    first, same = moves(model, one), moves(model, other)
    assert all(torch.equal(moved, same[name]) for name, moved in first.items())
    assert not torch.equal(shaping.flat(moves(model, one)), shaping.flat(first))
    brief = dataclasses.replace(shaping.brief(), seed=6)
    third = shaping.tactic("weight_noise").prepared(model, toys.tokenizer(), brief)
    assert not torch.equal(shaping.flat(moves(model, third)), shaping.flat(first))


def test_an_adapter_alone_is_disturbed_and_its_zeros_are_not() -> None:
    model = models.add_lora(toys.model(), Adapter(rank=4, alpha=8))
    for name, moved in moves(model, shaping.prepared("weight_noise", model)).items():
        assert bool(moved.any()) == ("lora_A" in name), name
