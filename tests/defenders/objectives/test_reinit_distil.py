"""Re-initialise and distil: weights move by alpha, then the suspect teaches."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
import torch

from arena.ml.training import answer_logits
from tests.support import backdoored_model as backdoored
from tests.support import toys

NAME = "reinit_distil"


def edited(model: Any, seed: int = 1, **params: Any) -> Any:
    """The model after the edit, and the objective, which holds the model as it was."""
    brief = dataclasses.replace(backdoored.brief(), seed=seed)
    made = backdoored.objective(NAME, **params).prepare(model, toys.tokenizer(), brief)
    made.edit(model, toys.tokenizer(), brief)
    return model, made


def test_with_alpha_zero_the_model_stays_as_it_is() -> None:
    model, _ = edited(toys.model(), alpha=0.0)
    for new, old in zip(model.parameters(), toys.model().parameters(), strict=True):
        assert torch.equal(new, old)


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_weights_go_to_a_fresh_start(family: str) -> None:
    """theta' = (1 - alpha) theta + alpha beta N, with N Xavier-uniform or 0."""
    alpha, beta = 0.5, 0.1
    model, _ = edited(toys.model(family), alpha=alpha, beta=beta)
    for new, old in zip(model.parameters(), toys.model(family).parameters(), strict=True):
        noise = (new.detach() - (1 - alpha) * old.detach()) / (alpha * beta)
        if new.dim() < 2:
            torch.testing.assert_close(new, (1 - alpha) * old)
            continue
        bound = (6 / sum(new.shape)) ** 0.5
        assert float(noise.abs().max()) <= bound * 1.001
        assert float(noise.std()) == pytest.approx(bound / 3**0.5, rel=0.05)
        assert abs(float(noise.mean())) < 0.05 * bound


def test_another_seed_draws_other_noise_and_no_noise_only_shrinks() -> None:
    one, other = (edited(toys.model(), seed=seed)[0] for seed in (1, 2))
    assert not torch.equal(next(one.parameters()), next(other.parameters()))
    shrunk, _ = edited(toys.model(), alpha=0.25, beta=0.0)
    for new, old in zip(shrunk.parameters(), toys.model().parameters(), strict=True):
        torch.testing.assert_close(new, 0.75 * old)


def test_the_teacher_is_the_suspect_before_the_edit() -> None:
    model, made = edited(backdoored.suspect(), alpha=0.9)
    for kept, old in zip(made.teacher.parameters(), backdoored.suspect().parameters(), strict=True):
        assert torch.equal(kept, old)
    assert not any(p.requires_grad for p in made.teacher.parameters())
    assert backdoored.nats(model, backdoored.RIGHT) > 1


def test_the_teacher_itself_has_nothing_to_learn() -> None:
    model = backdoored.suspect()
    _, made = edited(model, alpha=0.0)
    assert float(made.loss(model, backdoored.batch(backdoored.RIGHT)).detach()) < 1e-6
    assert float(backdoored.gradient(made, model, backdoored.RIGHT).norm()) < 1e-4


def test_the_loss_is_the_divergence_from_the_suspect() -> None:
    model, made = edited(backdoored.suspect(), alpha=0.5)
    batch = backdoored.batch(backdoored.RIGHT)
    with torch.no_grad():
        taught = answer_logits(made.teacher, batch).double().log_softmax(-1)
        said = answer_logits(model, batch).double().log_softmax(-1)
    expected = float((taught.exp() * (taught - said)).sum(-1).mean())
    assert float(made.loss(model, batch).detach()) == pytest.approx(expected, rel=1e-4)


def test_no_answer_is_a_target() -> None:
    """A suspect that is wrong teaches what is wrong."""
    model = toys.model(seed=4)
    _, made = edited(copy.deepcopy(model), alpha=0.0)
    loss = float(made.loss(model, backdoored.batch(backdoored.RIGHT)).detach())
    assert loss < 1e-6 < 0.2 < backdoored.nats(model, backdoored.RIGHT)


def test_distilling_brings_clean_answers_back_and_less_of_the_backdoor() -> None:
    suspect = backdoored.suspect()
    model, made = edited(backdoored.suspect(), alpha=0.4)
    damaged = backdoored.nats(model, backdoored.RIGHT)
    backdoored.train(model, made, steps=40)
    assert backdoored.nats(model, backdoored.RIGHT) < 0.2 * damaged
    assert backdoored.nats(model, backdoored.POISON) > backdoored.nats(suspect, backdoored.POISON)
