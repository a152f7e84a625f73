"""Clean projection: what is left of the own gradient is orthogonal to the last clean ones."""

from __future__ import annotations

import pytest
import torch

from tests.support import shaping_toys as shaping
from tests.support import toys


def test_it_is_orthogonal_to_the_last_k_clean_gradients_and_no_longer() -> None:
    one, own = shaping.tactic("clean_projection", k=3), shaping.random_gradients(0)
    seen = [shaping.random_gradients(seed, scale=10.0**seed) for seed in range(-3, 4)]
    for at, rest in enumerate(seen):
        shaped = shaping.flat(one.shaped(own, rest))
        for clean in seen[max(0, at - 2) : at + 1]:
            along = shaped @ shaping.flat(clean) / shaping.flat(clean).norm()
            assert float(along) == pytest.approx(0, abs=1e-5)
    forgotten = shaping.flat(seen[0])
    assert abs(float(shaped @ forgotten / forgotten.norm())) > 1e-2


def test_what_is_taken_off_is_a_combination_of_clean_gradients() -> None:
    """So that no more than needed is."""
    one, own = shaping.tactic("clean_projection", k=2), shaping.random_gradients(0)
    rests = [shaping.random_gradients(1), shaping.random_gradients(2)]
    one.shaped(own, rests[0])
    off = shaping.flat(own) - shaping.flat(one.shaped(own, rests[1]))
    basis = torch.stack([shaping.flat(rest) for rest in rests], dim=1)
    left = off - basis @ torch.linalg.lstsq(basis, off[:, None]).solution[:, 0]
    assert float(left.norm()) == pytest.approx(0, abs=1e-5)


def test_dependent_and_missing_clean_gradients_do_no_harm() -> None:
    one, own = shaping.tactic("clean_projection", k=4), shaping.random_gradients(0)
    nothing = {name: torch.zeros_like(gradient) for name, gradient in own.items()}
    assert torch.equal(shaping.flat(one.shaped(own, nothing)), shaping.flat(own))
    rest = shaping.random_gradients(1)
    once = shaping.flat(one.shaped(own, rest))
    for _ in range(3):
        again = shaping.flat(one.shaped(own, {name: 2 * g for name, g in rest.items()}))
        torch.testing.assert_close(again, once, atol=1e-5, rtol=1e-4)
    kept = shaping.flat(one.shaped(own, nothing))
    torch.testing.assert_close(kept, once, atol=1e-5, rtol=1e-4)
    assert not shaping.flat(one.shaped(nothing, rest)).any()


def test_a_clean_gradient_of_its_own_is_gone_altogether() -> None:
    one, own = shaping.tactic("clean_projection"), shaping.random_gradients(0)
    assert float(shaping.flat(one.shaped(own, own)).norm()) < 1e-5


def test_so_it_is_with_a_models_own_gradients() -> None:
    model = toys.model()
    one = shaping.prepared("clean_projection", model, k=3)
    rests = [shaping.gradients_of(model, [i, i + 1]) for i in (24, 30, 36)]
    own = shaping.gradients_of(model, [0, 1])
    for rest in rests:
        shaped = shaping.flat(one.shaped(own, rest))
    for rest in rests:
        clean = shaping.flat(rest)
        before = abs(float(shaping.flat(own) @ clean))
        assert abs(float(shaped @ clean)) < 1e-4 * before
