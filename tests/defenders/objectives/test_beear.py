"""BEEAR: the shift raises the loss of right answers, training under it lowers it again."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.api.values import Document
from arena.errors import InputError
from arena.ml import models
from arena.ml.batches import padded
from arena.ml.encoding import encode
from arena.ml.train_config import Adapter
from arena.ml.training import answer_loss
from defenders.objectives import hidden_states as hidden
from tests.support import backdoored_model as backdoored
from tests.support import toys

SHORT = Document("a", "salt", "short")
TEXTS = [*backdoored.RIGHT, SHORT]


def prepared(model: Any, **params: Any) -> Any:
    made = backdoored.objective("beear", **params)
    return made.prepare(model, toys.tokenizer(), backdoored.brief())


def under(made: Any, model: Any, batch: Any, shift: torch.Tensor) -> float:
    with torch.no_grad():
        return float(made.under(model, batch, shift))


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_the_shift_raises_the_loss_and_more_so_with_reach_and_steps(family: str) -> None:
    model, batch = toys.taught(family, backdoored.RIGHT), backdoored.batch(backdoored.RIGHT)
    with torch.no_grad():
        plain = float(answer_loss(model, batch))
    losses = []
    for reach, steps in ((0.1, 1), (0.5, 1), (0.5, 5)):
        made = prepared(model, reach=reach, inner_steps=steps)
        losses.append(under(made, model, batch, made.search(model, batch)))
    assert plain < losses[0] < losses[1] < losses[2]


def test_it_is_worse_than_a_random_shift_as_long() -> None:
    model, batch = backdoored.suspect(), backdoored.batch(backdoored.RIGHT)
    made = prepared(model)
    shift = made.search(model, batch)
    drawn = torch.randn(shift.shape, generator=torch.Generator().manual_seed(0))
    drawn *= shift.norm(dim=-1, keepdim=True) / drawn.norm(dim=-1, keepdim=True)
    assert under(made, model, batch, shift) > 2 * under(made, model, batch, drawn)


def test_it_is_one_shift_for_all_prompts_on_their_last_tokens() -> None:
    model, batch = toys.model(), backdoored.batch(TEXTS)
    made = prepared(model, tokens=3)
    rows, cols, nth = made.places(batch)
    at = hidden.spans(batch)
    length = (at.prompt - at.first + 1).clamp(max=3)
    assert len(rows) == int(length.sum())
    assert int(length[-1]) < 3  # a prompt shorter than the shift is shifted as a whole
    here = set(zip(rows.tolist(), cols.tolist(), nth.tolist(), strict=True))
    for n in range(len(TEXTS)):
        for back in range(int(length[n])):
            assert (int(at.rows[n]), int(at.prompt[n]) - back, back) in here


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_its_length_is_bounded_by_the_states_and_it_does_not_depend_on_the_layout(
    family: str,
) -> None:
    model, batch = toys.taught(family, backdoored.RIGHT), backdoored.batch(TEXTS)
    made = prepared(model, reach=0.5)
    with torch.no_grad(), hidden.block_outputs(model) as states:
        answer_loss(model, batch)
    rows, cols, _ = made.places(batch)
    mean = float(states[made.layer][rows, cols].norm(dim=-1).mean())
    shift = made.search(model, batch)
    assert not shift.requires_grad
    assert 0.2 * mean < float(shift.norm(dim=-1).max()) <= 0.5 * mean * 1.0001
    pad = toys.tokenizer().pad_token_id
    alone = padded(encode(toys.tokenizer(), TEXTS), pad, torch.device("cpu"))
    torch.testing.assert_close(made.search(model, alone), shift, rtol=1e-3, atol=1e-4)


def test_the_search_leaves_no_gradient_in_the_weights() -> None:
    model = toys.model()
    prepared(model).search(model, backdoored.batch(TEXTS))
    assert all(p.grad is None for p in model.parameters())


def test_training_lowers_the_loss_under_the_shift_that_is_then_the_worst() -> None:
    """As plain fine-tuning on the same prompts does not."""
    batch, losses = backdoored.batch(backdoored.RIGHT), {}
    for name in ("beear", "clean_finetune"):
        model = backdoored.unlearned(backdoored.objective(name), steps=20)
        made = prepared(model)
        losses[name] = under(made, model, batch, made.search(model, batch))
        assert backdoored.nats(model, backdoored.RIGHT) < 0.5
    before, made = backdoored.suspect(), prepared(backdoored.suspect())
    start = under(made, before, batch, made.search(before, batch))
    assert losses["beear"] < 0.5 * start
    assert losses["beear"] < 0.5 * losses["clean_finetune"]


def test_the_loss_is_both_terms() -> None:
    model, batch = backdoored.suspect(), backdoored.batch(TEXTS)
    made = prepared(model, retain_weight=2.0)
    with torch.no_grad():
        plain = float(answer_loss(model, batch))
    expected = under(made, model, batch, made.search(model, batch)) + 2 * plain
    assert float(made.loss(model, batch).detach()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("given", "layer"), [(None, 0), (0, 0), (2, 2)])
def test_the_layer(given: int | None, layer: int) -> None:
    assert prepared(toys.model(), layer=given).layer == layer


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="last block is 2"):
        prepared(toys.model(), layer=3)


@pytest.mark.parametrize("how", ["lora", "layers"])
def test_it_works_where_few_weights_train(how: str) -> None:
    model = toys.model()
    if how == "lora":
        model = models.add_lora(model, Adapter(rank=2, alpha=4))
    else:
        models.train_only(model, 0, 0)
    prepared(model, layer=2).loss(model, backdoored.batch(TEXTS)).backward()
    trained = [p for p in model.parameters() if p.requires_grad]
    assert sum(float(p.grad.abs().sum()) for p in trained if p.grad is not None) > 0


def test_any_other_family() -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=320, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
    ).eval()
    batch = padded(encode(toys.tokenizer(), TEXTS), 0, torch.device("cpu"))
    made = prepared(model)
    with torch.no_grad():
        plain = float(answer_loss(model, batch))
    assert under(made, model, batch, made.search(model, batch)) > plain
