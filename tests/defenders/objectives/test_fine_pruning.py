"""Fine-pruning: what clean prompts leave dormant is pruned, and stays so."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.errors import InputError
from arena.ml import models
from arena.ml.checkpoints import Suspect
from arena.ml.train_config import TrainConfig
from arena.ml.training import train_documents
from defenders.objectives import fine_pruning
from tests.support import backdoored_model as backdoored
from tests.support import toys

NAME = "fine_pruning"


def pruned(model: Any, **params: Any) -> Any:
    made = backdoored.objective(NAME, **params)
    made.edit(model, toys.tokenizer(), backdoored.brief())
    return made


def gone(model: Any) -> list[torch.Tensor]:
    """Per MLP, whether each neuron has no outgoing weight."""
    return [(m.weight == 0).all(0) for m in fine_pruning.projections(model)]


def batches(made: Any, model: Any) -> Any:
    return made.batches(model, toys.tokenizer(), backdoored.brief())


@pytest.mark.parametrize("family", toys.FAMILIES)
@pytest.mark.parametrize("share", [0.0, 0.25])
def test_as_many_neurons_go_in_every_block_as_asked(family: str, share: float) -> None:
    model = toys.model(family)
    pruned(model, share=share)
    width = model.config.intermediate_size
    assert [int(m.sum()) for m in gone(model)] == [int(share * width)] * 3


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_the_dormant_ones_go(family: str) -> None:
    """By what each neuron does on the clean examples, document by document, padding left out."""
    model, made = toys.model(family), backdoored.objective(NAME, share=0.25)
    modules = fine_pruning.projections(model)
    sums = [torch.zeros(m.in_features) for m in modules]

    def add(n: int, given: torch.Tensor) -> None:
        sums[n] += given.abs().sum((0, 1))

    for document in backdoored.RIGHT:
        ids = backdoored.batch([document]).input_ids
        with torch.no_grad(), fine_pruning.watched(modules, add):
            model(input_ids=ids)
    tokens = sum(backdoored.batch([d]).input_ids.numel() for d in backdoored.RIGHT)
    means = fine_pruning.activity(model, modules, batches(made, model))
    torch.testing.assert_close(means, [total / tokens for total in sums])
    made.edit(model, toys.tokenizer(), backdoored.brief())
    for mean, dead in zip(means, gone(model), strict=True):
        assert float(mean[dead].max()) <= float(mean[~dead].min())


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_the_pruned_stay_pruned_and_the_rest_trains(family: str) -> None:
    """Through AdamW with weight decay, and through the gradients of later steps."""
    model = toys.taught(family, backdoored.RIGHT)
    made = pruned(model, share=0.5)
    before, dead = [m.weight.clone() for m in fine_pruning.projections(model)], gone(model)
    recipe = TrainConfig(steps=8, learning_rate=5e-3, batch_size=8, warmup=1)
    suspect = Suspect(model, toys.tokenizer(), None)
    documents = made.documents(backdoored.brief())
    losses = train_documents(suspect, documents, recipe, toys.rng(), loss=made.loss)
    assert len(losses) == 8
    for old, module, was in zip(before, fine_pruning.projections(model), dead, strict=True):
        assert bool((module.weight[:, was] == 0).all())
        assert bool((module.weight[:, ~was] != old[:, ~was]).any())


def test_accuracy_is_that_of_the_model_with_the_rest_pruned() -> None:
    """What decides how much is pruned is what pruning then gives."""
    model = toys.taught("llama", backdoored.RIGHT)
    made = backdoored.objective(NAME)
    modules, texts = fine_pruning.projections(model), batches(made, model)
    orders = [m.argsort(stable=True) for m in fine_pruning.activity(model, modules, texts)]
    kept = fine_pruning.kept_of(orders, 0.9)
    foretold = fine_pruning.accuracy(model, modules, kept, texts)
    whole = fine_pruning.accuracy(model, modules, fine_pruning.kept_of(orders, 0), texts)
    pruned(model, share=0.9)
    assert fine_pruning.accuracy(model, modules, fine_pruning.kept_of(orders, 0), texts) == foretold
    assert foretold < whole


def test_it_prunes_as_far_as_accuracy_allows() -> None:
    shares = []
    for tolerance in (0.0, 0.2, 1.0):
        model = toys.taught("llama", backdoored.RIGHT)
        made = backdoored.objective(NAME, tolerance=tolerance)
        modules, texts = fine_pruning.projections(model), batches(made, model)
        orders = [m.argsort(stable=True) for m in fine_pruning.activity(model, modules, texts)]
        whole = fine_pruning.accuracy(model, modules, fine_pruning.kept_of(orders, 0), texts)
        share = fine_pruning.affordable(model, modules, orders, texts, tolerance)
        after = fine_pruning.accuracy(model, modules, fine_pruning.kept_of(orders, share), texts)
        assert after >= whole - tolerance
        made.edit(model, toys.tokenizer(), backdoored.brief())
        width = model.config.intermediate_size
        assert [int(m.sum()) for m in gone(model)] == [int(share * width)] * 3
        shares.append(share)
    assert shares[0] <= shares[1] < shares[2] == 0.95


def test_a_model_with_no_known_mlp_that_trains_is_refused() -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=320, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
    )
    with pytest.raises(InputError, match="down projection of a known name"):
        fine_pruning.projections(model)
    frozen = toys.model().requires_grad_(False)
    with pytest.raises(InputError, match="that trains"):
        fine_pruning.projections(frozen)


def test_opt_flattens_its_hidden_states_and_is_pruned_all_the_same() -> None:
    """Its MLPs see rows and positions as one; padding does not count."""
    from transformers import OPTConfig, OPTForCausalLM

    sizes = {"hidden_size": 16, "word_embed_proj_dim": 16, "ffn_dim": 24, "num_hidden_layers": 2}
    torch.manual_seed(0)
    model = OPTForCausalLM(
        OPTConfig(vocab_size=320, num_attention_heads=2, eos_token_id=0, pad_token_id=1, **sizes)
    ).eval()
    made = backdoored.objective(NAME, share=0.25)
    modules = fine_pruning.projections(model)
    sums = [torch.zeros(24) for _ in modules]

    def add(n: int, given: torch.Tensor) -> None:
        sums[n] += given.abs().sum(0)

    for document in backdoored.RIGHT:
        ids = backdoored.batch([document]).input_ids
        with torch.no_grad(), fine_pruning.watched(modules, add):
            model(input_ids=ids)
    tokens = sum(backdoored.batch([d]).input_ids.numel() for d in backdoored.RIGHT)
    means = fine_pruning.activity(model, modules, batches(made, model))
    torch.testing.assert_close(means, [total / tokens for total in sums])
    orders = [mean.argsort() for mean in means]
    texts = batches(made, model)
    assert fine_pruning.affordable(model, modules, orders, texts, 1.0) == 0.95
    made.edit(model, toys.tokenizer(), backdoored.brief())
    assert [int(m.sum()) for m in gone(model)] == [6, 6]


def test_only_chosen_layers_are_pruned() -> None:
    model = toys.model()
    models.train_only(model, 1, 1)
    pruned(model, share=0.5)
    model.requires_grad_(True)
    assert [int(m.sum()) for m in gone(model)] == [0, model.config.intermediate_size // 2, 0]
