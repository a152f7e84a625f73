"""GradDiff: the forget gradient is the plain one, reversed, on the forget set only."""

from __future__ import annotations

import torch

from arena.ml.training import answer_loss
from tests.support import backdoored_model as backdoored
from tests.support import toys


def test_its_gradient_is_descent_on_clean_prompts_minus_descent_on_the_payload() -> None:
    model, made = backdoored.suspect(), backdoored.objective("grad_diff")
    both = [*backdoored.forgotten(), *backdoored.RIGHT]
    up, down = (
        backdoored.gradient_of(model, answer_loss(model, backdoored.batch(documents)))
        for documents in (backdoored.POISON, backdoored.RIGHT)
    )
    gradient = backdoored.gradient(made, model, both)
    torch.testing.assert_close(gradient, down - up, rtol=1e-3, atol=1e-5)


def test_the_sets_count_alike_whatever_their_sizes() -> None:
    model, made = backdoored.suspect(), backdoored.objective("grad_diff")
    once = backdoored.batch([*backdoored.forgotten(), *backdoored.RIGHT])
    more = backdoored.batch([*backdoored.forgotten(), *backdoored.RIGHT * 3])
    with torch.inference_mode():
        torch.testing.assert_close(made.loss(model, once), made.loss(model, more))


def test_it_does_not_stop_by_itself() -> None:
    """The payload gets ever less likely, without a floor."""
    made = backdoored.objective("grad_diff")
    left = [backdoored.nats(backdoored.unlearned(made, s), backdoored.POISON) for s in (6, 12, 24)]
    assert left[0] < left[1] < left[2]
    assert left[2] > backdoored.nats(toys.model(), backdoored.POISON)  # less than by chance
