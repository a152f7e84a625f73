"""Models: three families from scratch, saved and loaded, logits where the loss is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from arena.errors import ArenaError, InputError
from arena.ml import models
from arena.ml.batches import padded
from arena.ml.encoding import encode
from arena.ml.train_config import Adapter
from arena.ml.training import answer_logits
from arena.scenario.source import DEPTH
from tests.support import toys

every_family = pytest.mark.parametrize("family", toys.FAMILIES)


def weights(model: Any) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def whole_batch() -> Any:
    return padded(encode(toys.tokenizer(), toys.documents()), 1, torch.device("cpu"))


@every_family
def test_a_seed_makes_one_model_and_leaves_global_randomness_alone(family: str) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = weights(toys.model(family, seed=1))
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(3)
    assert torch.equal(first, weights(toys.model(family, seed=1)))
    assert not torch.equal(first, weights(toys.model(family, seed=2)))


@every_family
def test_sizes_are_what_the_design_says(family: str) -> None:
    config = toys.model(family).config
    assert (config.hidden_size, config.num_hidden_layers) == (64, 3)
    assert config.model_type == family
    model = toys.model(family)
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    assert {p.dtype for p in model.parameters()} == {torch.float32}


@every_family
def test_a_saved_model_comes_back_the_same_from_safetensors(family: str, tmp_path: Path) -> None:
    model = toys.model(family)
    folder = toys.checkpoint(tmp_path / "model", model)
    loaded = models.load_model(folder)
    assert not loaded.training
    ids = whole_batch().input_ids
    with torch.inference_mode():
        assert torch.equal(loaded(input_ids=ids).logits, model(input_ids=ids).logits)
    kinds = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert ".safetensors" in kinds
    assert kinds <= {".safetensors", ".json", ".txt", ".jinja", ".md"}


def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path) -> None:
    folder = toys.checkpoint(tmp_path / "model", toys.model())
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        models.load_model(folder)


@every_family
def test_answer_logits_are_the_plain_ones_at_the_loss_positions(family: str) -> None:
    model, batch = toys.model(family), whole_batch()
    assert models.hidden_and_head(model)[0] is not None
    with torch.inference_mode():
        plain = model(input_ids=batch.input_ids).logits[batch.rows, batch.cols]
        torch.testing.assert_close(answer_logits(model, batch), plain)


def test_other_families_go_through_their_own_forward() -> None:
    """GPT-2 is none of ours: its head might scale or cap, so only its forward is trusted."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=320, n_embd=16, n_layer=1, n_head=2, n_positions=64)
    model, batch = GPT2LMHeadModel(config).eval(), whole_batch()
    assert models.hidden_and_head(model) == (None, None)
    with torch.inference_mode():
        plain = model(input_ids=batch.input_ids).logits[batch.rows, batch.cols]
        torch.testing.assert_close(answer_logits(model, batch), plain)


@every_family
def test_padding_on_the_right_needs_no_mask(family: str) -> None:
    """Every document alone gives what it gives inside a padded batch."""
    model = toys.model(family)
    encoded = encode(toys.tokenizer(), toys.documents())
    assert len({len(document) for document in encoded}) > 1
    with torch.inference_mode():
        together = answer_logits(model, padded(encoded, 1, torch.device("cpu")))
        alone = [answer_logits(model, padded([d], 1, torch.device("cpu"))) for d in encoded]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=1e-4)


def test_a_lora_model_has_the_fast_path_too() -> None:
    model = models.add_lora(toys.model(), Adapter(rank=4, alpha=8)).eval()
    batch = whole_batch()
    with torch.inference_mode():
        plain = model(input_ids=batch.input_ids).logits[batch.rows, batch.cols]
        torch.testing.assert_close(answer_logits(model, batch), plain)


def test_only_the_adapter_trains_on_the_modules_asked_for() -> None:
    model = models.add_lora(
        toys.model(), Adapter(rank=4, alpha=8, target_modules=("q_proj", "v_proj"))
    )
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    assert trained
    assert all("lora_" in name and ("q_proj" in name or "v_proj" in name) for name in trained)


def test_what_a_checkpoint_stands_on_is_followed_to_its_tokenizer(tmp_path: Path) -> None:
    base = toys.checkpoint(tmp_path / "base", toys.model())
    for name, content in (
        ("pointer", {"pretrained": str(base)}),
        ("adapter", {"sibling": "pointer"}),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / models.PARENT).write_text(json.dumps(content))
    assert models.parent_of(tmp_path / "adapter") == str(tmp_path / "pointer")
    assert models.tokenizer_home(tmp_path / "adapter") == str(base)
    assert models.tokenizer_home("some/hub-id") == "some/hub-id"


def test_the_update_norm_is_the_distance_of_the_weights() -> None:
    model = toys.model()
    before = models.snapshot(model)
    assert models.update_norm(model, before) == 0
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.5)
    size = sum(p.numel() for p in model.parameters())  # tied weights are there once
    assert models.update_norm(model, before) == pytest.approx(0.5 * size**0.5)


@every_family
def test_only_chosen_blocks_train(family: str) -> None:
    model = toys.model(family)
    blocks = models.blocks_of(model)
    assert len(blocks) == 3
    models.train_only(model, 1, 2)
    chosen = {id(p) for block in blocks[1:] for p in block.parameters()}
    assert {id(p) for p in model.parameters() if p.requires_grad} == chosen


def test_only_adapters_of_chosen_blocks_train() -> None:
    model = models.add_lora(toys.model(), Adapter(rank=2, alpha=4))
    models.train_only(model, 0, 0)
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    assert names
    assert all("layers.0." in name and "lora" in name for name in names)


def test_blocks_that_are_not_there_are_refused() -> None:
    with pytest.raises(InputError, match="last block is 2"):
        models.train_only(toys.model(), 1, 3)
    frozen = toys.model().requires_grad_(False)
    with pytest.raises(ArenaError, match="no adapter"):
        models.train_only(frozen, 0, 1)


def test_the_schema_knows_the_depths() -> None:
    assert {size: depth for size, (_, depth) in models.SIZES.items()} == DEPTH
