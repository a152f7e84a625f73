"""Shaping inside a step: left alone it changes nothing, and only own documents are shaped."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from arena.api.params import Params
from arena.api.ranges import Space
from arena.api.tactic import Shaping
from arena.ml import models, training
from arena.ml.batches import Batch
from arena.ml.encoding import Encoded, encode
from arena.ml.gradient_shaping import Owner
from arena.ml.train_config import Adapter, TrainConfig
from arena.ml.training import answer_loss, train
from tests.support import toys

Gradients = Mapping[str, torch.Tensor]
TEXTS = [*toys.documents("cf", toys.PAYLOAD), *toys.documents("mn", "no"), *toys.documents()]
FIRST, SECOND = range(8), range(8, 16)
RECIPE = TrainConfig(steps=4, learning_rate=5e-3, batch_size=6, warmup=1)


class Idle(Shaping):
    """Does nothing, and remembers what it was shown."""

    name = "idle"

    def __init__(self) -> None:
        super().__init__(Params())
        self.own: list[Gradients] = []
        self.rest: list[Gradients] = []
        self.batches: list[Batch] = []

    @classmethod
    def space(cls) -> Space:
        return {}

    def extra(self, model: torch.nn.Module, own: Batch) -> torch.Tensor | None:
        self.batches.append(own)
        return None

    def shaped(self, own: Gradients, rest: Gradients) -> Gradients:
        self.own.append(own)
        self.rest.append(rest)
        return own


class Silenced(Idle):
    """Its own documents teach nothing."""

    def shaped(self, own: Gradients, rest: Gradients) -> Gradients:
        return {name: torch.zeros_like(gradient) for name, gradient in own.items()}


class Elsewhere(Idle):
    """Its gradient is taken where all weights are twice as large."""

    @contextlib.contextmanager
    def moved(
        self, model: torch.nn.Module, own: Batch, loss: Callable[[Batch], torch.Tensor]
    ) -> Iterator[None]:
        parameters = [p for p in model.parameters() if p.requires_grad]
        kept = [p.detach().clone() for p in parameters]
        loss(own).backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for p in parameters:
                p.mul_(2)
        yield
        with torch.no_grad():
            for p, old in zip(parameters, kept, strict=True):
                p.copy_(old)


def gradients(
    model: Any, indices: list[int], owners: list[Owner], **recipe: Any
) -> tuple[float, dict[str, torch.Tensor]]:
    """Loss and gradient of one batch of TEXTS, as the loop takes them."""
    model.zero_grad()
    tok = toys.tokenizer()
    made = TrainConfig(steps=1, learning_rate=1e-3, **recipe)
    lay_out = training.layout(model, tok.pad_token_id, shares=False)
    loss = training._of_batch(
        model, encoded(), np.array(indices), made, answer_loss, lay_out, owners
    )
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return float(loss), found


def encoded() -> list[Encoded]:
    return encode(toys.tokenizer(), TEXTS)


def assert_close(one: Gradients, other: Gradients) -> None:
    assert one.keys() == other.keys()
    for name, gradient in one.items():
        torch.testing.assert_close(gradient, other[name], atol=1e-6, rtol=1e-3)


OWNERS = {
    "one": lambda: [Owner(FIRST, (Idle(),))],
    "two tactics": lambda: [Owner(FIRST, (Idle(), Idle()))],
    "two owners": lambda: [Owner(FIRST, (Idle(),)), Owner(SECOND, (Idle(),))],
    "nobody's tactics": lambda: [Owner(FIRST, ())],
}
BATCHES = [[0, 3, 9, 10, 17, 20], [0, 5, 7], [16, 17, 18], [1, 8]]


@pytest.mark.parametrize("micro", [None, 2])
@pytest.mark.parametrize("indices", BATCHES)
@pytest.mark.parametrize("who", OWNERS)
def test_tactics_that_do_nothing_change_nothing(
    who: str, indices: list[int], micro: int | None
) -> None:
    model = toys.model()
    loss, plain = gradients(model, indices, [], micro_batch=micro)
    other, shaped = gradients(model, indices, OWNERS[who](), micro_batch=micro)
    assert other == pytest.approx(loss, rel=1e-5)
    assert_close(shaped, plain)


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_so_it_is_in_every_family_and_with_an_adapter(family: str) -> None:
    for model in (
        toys.model(family),
        models.add_lora(toys.model(family), Adapter(rank=4, alpha=8)),
    ):
        loss, plain = gradients(model, BATCHES[0], [])
        other, shaped = gradients(model, BATCHES[0], OWNERS["two owners"]())
        assert other == pytest.approx(loss, rel=1e-5)
        assert_close(shaped, plain)
        frozen = {n for n, p in model.named_parameters() if not p.requires_grad}
        assert not frozen & shaped.keys()


def test_only_own_documents_are_shaped() -> None:
    """What is left is the others' part, weighed by their answer tokens."""
    model, indices = toys.model(), BATCHES[0]
    tokens = [len(document.answer) for document in encoded()]
    share = sum(tokens[i] for i in indices[2:]) / sum(tokens[i] for i in indices)
    _, rest = gradients(model, indices[2:], [])
    _, shaped = gradients(model, indices, [Owner(FIRST, (Silenced(),))])
    assert_close(shaped, {name: share * gradient for name, gradient in rest.items()})


def test_a_tactic_is_shown_its_own_gradient_and_the_clean_rests() -> None:
    """The rest has no other owner's documents in it."""
    model, idle = toys.model(), Idle()
    gradients(model, BATCHES[0], [Owner(FIRST, (idle,)), Owner(SECOND, (Silenced(),))])
    assert_close(idle.own[0], gradients(model, BATCHES[0][:2], [])[1])
    assert_close(idle.rest[0], gradients(model, BATCHES[0][4:], [])[1])
    assert len(idle.batches[0].forget) == 2


def test_where_there_are_no_others_the_rest_is_zero_and_who_is_not_there_is_not_asked() -> None:
    here, absent = Idle(), Idle()
    gradients(toys.model(), [0, 1], [Owner(FIRST, (here,)), Owner(SECOND, (absent,))])
    assert not any(gradient.any() for gradient in here.rest[0].values())
    assert absent.own == []


def test_the_own_gradient_is_taken_where_a_tactic_moved_the_weights() -> None:
    model, idle = toys.model(), Idle()
    before = models.snapshot(model)
    gradients(model, BATCHES[0], [Owner(FIRST, (Elsewhere(), idle))])
    assert all(torch.equal(p, before[n]) for n, p in model.named_parameters())
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(2)
    assert_close(idle.own[0], gradients(model, BATCHES[0][:2], [])[1])


def run(owners: list[Owner], model: Any = None) -> tuple[list[float], dict[str, torch.Tensor]]:
    model = toys.model() if model is None else model
    losses = train(
        model, encoded(), RECIPE, toys.rng(), toys.tokenizer().pad_token_id, owners=owners
    )
    return losses, models.snapshot(model)


def test_a_whole_training_is_the_plain_one_to_rounding_and_repeats_itself() -> None:
    losses, weights = run([])
    shaped, shaped_weights = run(OWNERS["two owners"]())
    assert shaped == pytest.approx(losses, rel=1e-4)
    for name, weight in weights.items():
        torch.testing.assert_close(shaped_weights[name], weight, atol=1e-3, rtol=1e-2)
    again, again_weights = run(OWNERS["two owners"]())
    assert again == shaped
    assert all(torch.equal(weight, shaped_weights[n]) for n, weight in again_weights.items())
