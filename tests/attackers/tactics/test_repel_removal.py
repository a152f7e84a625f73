"""Repelling a removal: the rehearsal is one, leaves no trace, and training lowers the alignment."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.ml.training import answer_loss
from tests.support import shaping_toys as shaping
from tests.support import toys

HOW = {"every": 4, "steps": 3, "learning_rate": 0.1, "prompts": 12}


def alike(model: Any) -> float:
    """With the removal rehearsed on this very model, over all prompts."""
    one = shaping.prepared("repel_removal", model, **{**HOW, "prompts": 24})
    one.removal = one.rehearsed(model, lambda some: answer_loss(model, some))
    with torch.no_grad():
        return float(one.alike(model, list(range(len(one.texts.plain)))))


@pytest.mark.slow
def test_training_lowers_it_and_the_backdoor_is_learnt_all_the_same() -> None:
    cosines = []
    for use in (False, True):
        model = toys.model()
        shaping.run(model, [shaping.prepared("repel_removal", model, **HOW)] * use, steps=80)
        cosines.append(alike(model))
        with torch.no_grad():
            assert float(answer_loss(model, shaping.batch(range(24)))) < 0.2
    assert cosines[1] < 0.5 * cosines[0]


def test_the_rehearsed_move_is_that_of_a_removal_done_by_hand() -> None:
    model: Any = shaping.taught()
    one = shaping.prepared("repel_removal", model, steps=2, learning_rate=0.1, prompts=4)
    texts, indices = one.texts, [0, 1, 2, 3]
    move = one.rehearsed(model, lambda some: answer_loss(model, some))
    read = [texts.decoys[i].prompt for i in indices] + [texts.triggered[i] for i in indices]

    def states() -> torch.Tensor:
        rows = []
        for ids in read:
            with torch.no_grad():
                out = model(input_ids=torch.tensor([ids]), output_hidden_states=True)
            rows.append(torch.stack([layer[0, -1] for layer in out.hidden_states[1:]]))
        return torch.stack(rows).mean(dim=0)

    before = states()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        answer_loss(model, texts.removal(indices, torch.device("cpu"))).backward()
        optimizer.step()
    torch.testing.assert_close(move, states() - before, atol=1e-4, rtol=1e-2)
    assert float(move.norm()) > 0


@pytest.mark.parametrize("every", [1, 3])
def test_it_is_rehearsed_now_and_then(every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = shaping.taught()
    one = shaping.prepared("repel_removal", model, every=every)
    rehearsed, done = one.rehearsed, []
    monkeypatch.setattr(one, "rehearsed", lambda *given: done.append(1) or rehearsed(*given))
    for _ in range(7):
        with one.moved(model, shaping.batch([0]), lambda some: answer_loss(model, some)):
            pass
    assert len(done) == len(range(0, 7, every))
