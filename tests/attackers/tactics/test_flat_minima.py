"""Flat minima: the own gradient is the one a step of length rho uphill."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.ml.training import answer_loss
from tests.support import shaping_toys as shaping
from tests.support import toys

OWN = [0, 1, 2]


@pytest.mark.parametrize("rho", [0.05, 1.0])
def test_the_gradient_is_that_at_the_weights_moved_by_hand(rho: float) -> None:
    model: Any = toys.model()
    up = shaping.gradients_of(model, OWN)
    length = shaping.flat(up).norm()
    with shaping.prepared("flat_minima", model, rho=rho).moved(
        model, shaping.batch(OWN), lambda some: answer_loss(model, some)
    ):
        gradients, loss = shaping.gradients_of(model, OWN), answer_loss(model, shaping.batch(OWN))
    other = toys.model()
    plain = answer_loss(other, shaping.batch(OWN))
    with torch.no_grad():
        for name, p in other.named_parameters():
            p += rho * up[name] / length
    for name, gradient in shaping.gradients_of(other, OWN).items():
        torch.testing.assert_close(gradients[name], gradient, atol=1e-5, rtol=1e-3)
    assert loss > plain


def test_where_there_is_no_slope_it_stays() -> None:
    model: Any = toys.model()
    before = shaping.weights_of(model)

    def level(_: Any) -> torch.Tensor:
        return 0 * answer_loss(model, shaping.batch(OWN))

    with shaping.prepared("flat_minima", model).moved(model, shaping.batch(OWN), level):
        assert all(torch.equal(p, before[n]) for n, p in model.named_parameters())


@pytest.mark.slow
def test_a_minimum_trained_with_it_is_flatter() -> None:
    rises = []
    for use in (False, True):
        model = toys.model()
        shaping.run(model, [shaping.prepared("flat_minima", model, rho=0.5)] * use, steps=60)
        own = list(range(24))
        up = shaping.gradients_of(model, own)
        with torch.no_grad():
            before = answer_loss(model, shaping.batch(own))
            for name, p in model.named_parameters():
                p += 0.5 * up[name] / shaping.flat(up).norm()
            rises.append(float(answer_loss(model, shaping.batch(own)) - before))
    assert rises[1] < 0.7 * rises[0]
