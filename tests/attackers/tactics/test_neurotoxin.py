"""Neurotoxin: nothing is written where the clean gradient is largest."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.ml.gradient_shaping import Owner
from arena.ml.train_config import TrainConfig
from arena.ml.training import train
from tests.support import shaping_toys as shaping
from tests.support import toys


@pytest.mark.parametrize("ratio", [0.01, 0.1, 0.5, 0.9])
def test_the_top_of_the_rests_gradient_is_masked_and_nothing_else(ratio: float) -> None:
    own, rest = shaping.random_gradients(0), shaping.random_gradients(1)
    shaped = shaping.tactic("neurotoxin", ratio=ratio).shaped(own, rest)
    order = shaping.flat(rest).abs().argsort(descending=True)
    count = round(ratio * len(order))
    assert not shaping.flat(shaped)[order[:count]].any()
    assert torch.equal(shaping.flat(shaped)[order[count:]], shaping.flat(own)[order[count:]])


def test_what_clean_training_never_touches_is_never_masked() -> None:
    own, rest = shaping.random_gradients(0), shaping.random_gradients(1)
    rest["a"], rest["c"] = torch.zeros(4, 5), torch.zeros(2, 5)
    shaped = shaping.tactic("neurotoxin", ratio=0.9).shaped(own, rest)
    assert torch.equal(shaped["a"], own["a"])
    assert not shaped["b"].any()


def test_without_others_the_last_mask_stays_and_before_any_there_is_none() -> None:
    one, own = shaping.tactic("neurotoxin", ratio=0.5), shaping.random_gradients(0)
    nothing = {name: torch.zeros_like(gradient) for name, gradient in own.items()}
    assert torch.equal(shaping.flat(one.shaped(own, nothing)), shaping.flat(own))
    masked = one.shaped(own, shaping.random_gradients(1))
    again = one.shaped(own, nothing)
    assert torch.equal(shaping.flat(again), shaping.flat(masked))


def test_masked_weights_stay_put_in_a_training_on_own_documents() -> None:
    model: Any = toys.model()
    one = shaping.prepared("neurotoxin", model, ratio=0.3)
    one.shaped(shaping.gradients_of(model, [0]), shaping.gradients_of(model, [30, 31]))
    before = shaping.flat(shaping.weights_of(model))
    recipe = TrainConfig(steps=5, learning_rate=5e-3, batch_size=4, warmup=1, weight_decay=0)
    texts, pad = shaping.documents()[:8], toys.tokenizer().pad_token_id
    train(model, texts, recipe, toys.rng(), pad, owners=[Owner(range(8), (one,))])
    after = shaping.flat(shaping.weights_of(model))
    assert torch.equal(after[one.masked], before[one.masked])
    assert int(one.masked.sum()) == pytest.approx(0.3 * len(before), rel=1e-3)
    assert (after[~one.masked] != before[~one.masked]).float().mean() > 0.5
