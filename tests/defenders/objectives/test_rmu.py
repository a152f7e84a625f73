"""RMU: triggered states move to the control vector, clean ones stay."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.errors import InputError
from arena.ml import models, terms
from tests.support import backdoored_model as backdoored
from tests.support import toys


def prepared(model: Any, **params: Any) -> Any:
    made = backdoored.objective("rmu", **params)
    return made.prepare(model, toys.tokenizer(), backdoored.brief())


def states(model: Any, documents: Any, layer: int) -> torch.Tensor:
    with torch.inference_mode():
        return terms.answer_states(model, backdoored.batch(documents), layer)


def test_the_control_vector_is_random_seeded_and_as_long_as_asked() -> None:
    model = toys.model()
    made = prepared(model, coefficient=3.0)
    assert made.control.shape == (64,)
    assert float(made.control.norm()) == pytest.approx(3.0, rel=1e-5)
    assert bool((made.control >= 0).all())  # its entries are uniform in [0, 1), scaled
    assert torch.equal(made.control, prepared(model, coefficient=3.0).control)


@pytest.mark.parametrize(("given", "layer"), [(None, 1), (0, 0), (2, 2)])
def test_the_layer(given: int | None, layer: int) -> None:
    assert prepared(toys.model(), layer=given).layer == layer


def test_triggered_states_move_to_the_control_vector_and_retained_ones_stay() -> None:
    """With the paper's weights."""
    before, made = backdoored.suspect(), backdoored.objective("rmu")
    ready, after = prepared(before), backdoored.unlearned(made, steps=40, rate=3e-3)
    documents = made.documents(backdoored.brief())
    kept, marked = ([d for d in documents if d.role == r] for r in ("retain", "forget"))
    old, new = (states(m, marked, ready.layer) for m in (before, after))
    assert (new - ready.control).norm() < 0.6 * (old - ready.control).norm()
    still, moved = (states(m, kept, ready.layer) for m in (before, after))
    assert (moved - still).norm() < 0.05 * still.norm()
    assert backdoored.fired(after) < 8
    assert backdoored.nats(after, backdoored.POISON) > backdoored.nats(before, backdoored.POISON)
    assert backdoored.nats(after, kept) < 0.1


def test_the_loss_is_the_papers() -> None:
    model, suspect = toys.model(seed=2), backdoored.suspect()
    made = prepared(suspect, layer=1, alpha=7.0)
    steered = states(model, backdoored.TRIGGERED, 1) - made.control
    moved = states(model, backdoored.RIGHT, 1) - states(suspect, backdoored.RIGHT, 1)
    expected = steered.square().mean() + 7 * moved.square().mean()
    both = [*backdoored.forgotten(backdoored.TRIGGERED), *backdoored.RIGHT]
    with torch.no_grad():
        loss = float(made.loss(model, backdoored.batch(both)))
    assert loss == pytest.approx(float(expected), rel=1e-4)


def test_only_what_stands_up_to_the_layer_gets_a_gradient() -> None:
    model = backdoored.suspect()
    made = prepared(model, layer=1)
    both = [*backdoored.forgotten(backdoored.TRIGGERED), *backdoored.RIGHT]
    made.loss(model, backdoored.batch(both)).backward()
    reached = [
        any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in block.parameters())
        for block in models.blocks_of(model)
    ]
    assert reached == [True, True, False]


def test_a_layer_that_is_not_there_or_cannot_move_is_refused() -> None:
    model = toys.model()
    with pytest.raises(InputError, match="last block is 2"):
        prepared(model, layer=3)
    models.train_only(model, 2, 2)
    with pytest.raises(InputError, match="no block up to"):
        prepared(model, layer=1)
