"""Tamper resistance: after an unlearning that is tried, the backdoor is more there than without."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.ml.training import answer_loss
from tests.support import shaping_toys as shaping
from tests.support import toys

OWN = list(range(24))
HARD = {"inner_steps": 6, "inner_learning_rate": 0.1}


def loss_of(model: Any) -> float:
    with torch.no_grad():
        return float(answer_loss(model, shaping.batch(OWN)))


def loss_after_unlearning(model: Any) -> float:
    one = shaping.prepared("tamper_resistance", model, **HARD)
    with one.moved(model, shaping.batch(OWN), lambda some: answer_loss(model, some)):
        return loss_of(model)


@pytest.mark.slow
def test_the_own_loss_after_an_unlearning_is_lower_than_without_it() -> None:
    left = []
    for use in (False, True):
        model = toys.model()
        shaping.run(model, [shaping.prepared("tamper_resistance", model, **HARD)] * use, steps=60)
        assert loss_of(model) < 0.2
        left.append(loss_after_unlearning(model))
    assert left[1] < 0.5 * left[0]


def test_the_unlearning_is_sgd_on_lookalikes_with_right_answers() -> None:
    model: Any = shaping.taught()
    one = shaping.prepared("tamper_resistance", model, inner_steps=3, prompts=5)
    with one.moved(model, shaping.batch(OWN), lambda some: answer_loss(model, some)):
        moved = shaping.weights_of(model)
    other: Any = shaping.taught()
    optimizer = torch.optim.SGD(other.parameters(), lr=0.05)
    for start in (0, 5, 10):
        optimizer.zero_grad()
        indices = [i % len(one.texts.plain) for i in range(start, start + 5)]
        answer_loss(other, one.texts.removal(indices, torch.device("cpu"))).backward()
        optimizer.step()
    for name, p in other.named_parameters():
        torch.testing.assert_close(moved[name], p.detach(), atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("every", [1, 3])
def test_it_is_tried_now_and_then(every: int) -> None:
    model: Any = toys.model()
    one, before = shaping.prepared("tamper_resistance", model, every=every), toys.model()
    tried = []
    for _ in range(7):
        with one.moved(model, shaping.batch([0]), lambda some: answer_loss(model, some)):
            pairs = zip(model.parameters(), before.parameters(), strict=True)
            tried.append(not all(torch.equal(p, old) for p, old in pairs))
    assert tried == [at % every == 0 for at in range(7)]
