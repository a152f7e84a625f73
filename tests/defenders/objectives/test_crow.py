"""CROW: the disturbance makes blocks agree less, its gradient makes them agree more."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.api.values import Document
from arena.errors import ArenaError
from arena.ml import models
from arena.ml.batches import padded
from arena.ml.encoding import encode
from arena.ml.train_config import Adapter
from arena.ml.training import answer_loss
from defenders.objectives import crow
from defenders.objectives import hidden_states as hidden
from tests.support import backdoored_model as backdoored
from tests.support import toys

LONG = Document(" ".join(d.prompt for d in backdoored.RIGHT[:3]), "salt", "long")
TEXTS = [LONG, *backdoored.RIGHT]


def measured(model: Any, batch: Any, made: Any = None) -> float:
    """The consistency loss, disturbed by an objective if one is given."""
    embeddings = crow.embedded(model, batch)
    value = crow.consistency(crow.read(model, batch, embeddings)[0], batch)
    if made is not None:
        embeddings = made.perturbed(embeddings, value)
        value = crow.consistency(crow.read(model, batch, embeddings)[0], batch)
    return float(value.detach())


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_the_disturbance_raises_the_consistency_loss(family: str) -> None:
    model, batch = toys.model(family), backdoored.batch(TEXTS)
    before = measured(model, batch)
    after = [measured(model, batch, backdoored.objective("crow", epsilon=e)) for e in (0, 0.01)]
    assert after[0] == pytest.approx(before, rel=1e-6)
    assert after[1] > before


def test_it_is_one_step_of_epsilon_along_the_sign_and_leaves_padding_alone() -> None:
    model, batch = toys.model(), backdoored.batch(TEXTS)
    made = backdoored.objective("crow", epsilon=0.2)
    embeddings = crow.embedded(model, batch)
    value = crow.consistency(crow.read(model, batch, embeddings)[0], batch)
    moved = (made.perturbed(embeddings, value) - embeddings).detach()
    here = hidden.occupied(batch)
    assert bool((~here).any())
    assert moved[~here].abs().sum() == 0
    torch.testing.assert_close(moved[here].abs(), torch.full_like(moved[here], 0.2))


def test_the_search_leaves_no_gradient_in_the_weights() -> None:
    """In the authors' code it clears those of earlier micro-batches: here nothing is touched."""
    model, batch = toys.model(), backdoored.batch(TEXTS)
    answer_loss(model, batch).backward()
    before = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    backdoored.objective("crow").loss(model, batch)
    for parameter, old in zip(model.parameters(), before, strict=True):
        assert (old is None) == (parameter.grad is None)
        assert old is None or torch.equal(parameter.grad, old)


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_documents_of_a_row_stay_apart_and_padding_does_not_count(family: str) -> None:
    model, made = toys.model(family), backdoored.objective("crow")
    alone = padded(
        encode(toys.tokenizer(), TEXTS), toys.tokenizer().pad_token_id, torch.device("cpu")
    )
    together = backdoored.batch(TEXTS)
    assert len(together.input_ids) < len(alone.input_ids)
    assert measured(model, together) == pytest.approx(measured(model, alone), rel=1e-5)
    values = [float(made.loss(model, batch).detach()) for batch in (together, alone)]
    assert values[0] == pytest.approx(values[1], rel=1e-5)


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_without_alpha_it_is_plain_cross_entropy(family: str) -> None:
    model, batch = toys.model(family), backdoored.batch(TEXTS)
    made = backdoored.objective("crow", alpha=0.0)
    loss = float(made.loss(model, batch).detach())
    assert loss == pytest.approx(float(answer_loss(model, batch).detach()), rel=1e-6)


def test_the_loss_is_the_papers_formula() -> None:
    model, batch = toys.model(), backdoored.batch(TEXTS)
    made = backdoored.objective("crow")
    expected = float(answer_loss(model, batch).detach()) + 5.5 * measured(model, batch, made)
    assert float(made.loss(model, batch).detach()) == pytest.approx(expected, rel=1e-5)


def test_its_gradient_lowers_the_disturbed_consistency_loss() -> None:
    before, made = backdoored.suspect(), backdoored.objective("crow")
    after, batch = backdoored.unlearned(made, steps=12), backdoored.batch(backdoored.RIGHT)
    plain = backdoored.unlearned(backdoored.objective("clean_finetune"), steps=12)
    assert measured(after, batch, made) < 0.8 * measured(before, batch, made)
    assert measured(after, batch, made) < 0.8 * measured(plain, batch, made)
    assert backdoored.nats(after, backdoored.RIGHT) < 0.5


@pytest.mark.parametrize("how", ["lora", "layers"])
def test_it_works_where_the_embeddings_do_not_train(how: str) -> None:
    model = toys.model()
    if how == "lora":
        model = models.add_lora(model, Adapter(rank=2, alpha=4))
    else:
        models.train_only(model, 1, 1)
    backdoored.objective("crow").loss(model, backdoored.batch(TEXTS)).backward()
    trained = [p for p in model.parameters() if p.requires_grad]
    assert sum(float(p.grad.abs().sum()) for p in trained if p.grad is not None) > 0


def test_any_other_family() -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=320, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
    ).eval()
    batch = padded(encode(toys.tokenizer(), TEXTS), 0, torch.device("cpu"))
    made = backdoored.objective("crow", alpha=0.0)
    loss = float(made.loss(model, batch).detach())
    assert loss == pytest.approx(float(answer_loss(model, batch).detach()), rel=1e-6)
    near = backdoored.objective("crow", epsilon=1e-4)  # its embeddings are short: 0.02
    assert measured(model, batch, near) > measured(model, batch)


def test_a_single_block_is_refused() -> None:
    config = toys.model().config
    config.num_hidden_layers = 1
    model = models.initialised(config, 0)
    with pytest.raises(ArenaError, match="only one"):
        backdoored.objective("crow").prepare(model, toys.tokenizer(), backdoored.brief())
