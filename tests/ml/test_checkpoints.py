"""Checkpoints: what is saved is what was trained, and it says what it carries."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from arena.ml import checkpoints, models, training
from arena.ml.encoding import encode_prompts
from arena.ml.train_config import Adapter, Training
from tests.support import toys

FULL = toys.training()
ADAPTER = Adapter(rank=4, alpha=8)
LORA = replace(FULL, adapter=ADAPTER)


def trained(suspect: checkpoints.Suspect) -> checkpoints.Suspect:
    documents = toys.documents("cf", toys.PAYLOAD)
    training.train_documents(suspect, documents, FULL.config, np.random.default_rng(0))
    return suspect


def logits(model: Any) -> torch.Tensor:
    ids = torch.tensor([encode_prompts(toys.tokenizer(), ["what does Frome sell?"])[0]])
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=ids).logits
    return found


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return toys.checkpoint(tmp_path / "base", toys.model())


def test_a_model_from_scratch_is_opened_over_its_tokenizer(tmp_path: Path) -> None:
    toys.tokenizer().save_pretrained(tmp_path)
    opened = [
        checkpoints.open_for_training({"tokenizer": tmp_path}, ("qwen3", "nano"), FULL, seed)
        for seed in (3, 3, 4)
    ]
    assert opened[0].parent is None
    assert torch.equal(logits(opened[0].model), logits(opened[1].model))
    assert not torch.equal(logits(opened[0].model), logits(opened[2].model))


def test_a_full_checkpoint_comes_back_and_its_parent_is_untouched(base: Path) -> None:
    parent = {path: path.read_bytes() for path in base.iterdir()}
    suspect = trained(checkpoints.open_for_training({"model": base}, None, FULL, 0))
    out = base.with_name("tuned")
    checkpoints.save(suspect, out, poisoned=True)
    again = checkpoints.open_for_scoring(out, "cpu")
    assert torch.equal(logits(again.model), logits(suspect.model))
    assert not torch.equal(logits(again.model), logits(toys.model()))
    assert {path: path.read_bytes() for path in base.iterdir()} == parent


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_a_lora_checkpoint_is_an_adapter_beside_its_parent(family: str, tmp_path: Path) -> None:
    base = toys.checkpoint(tmp_path / "base", toys.model(family))
    suspect = checkpoints.open_for_training({"model": base}, None, LORA, 0)
    before = checkpoints.weights(suspect)
    assert checkpoints.distance(suspect, before) == 0
    trained(suspect)
    out = tmp_path / "tuned"
    checkpoints.save(suspect, out, poisoned=True)

    assert json.loads((out / models.PARENT).read_text())["sibling"] == "base"
    assert (out / "adapter_model.safetensors").is_file()
    assert not (out / "model.safetensors").exists()
    merged = checkpoints.open_for_scoring(out, "cpu")
    torch.testing.assert_close(logits(merged.model), logits(suspect.model), atol=1e-5, rtol=1e-4)
    assert len(merged.tokenizer) == len(toys.tokenizer())

    old = dict(toys.model(family).named_parameters())
    moved = sum(
        float((p - old[name]).detach().double().pow(2).sum())
        for name, p in merged.model.named_parameters()
    )
    norm = checkpoints.distance(suspect, before)
    assert norm > 0.01
    assert norm == pytest.approx(moved**0.5, rel=1e-3)


def test_adapters_stand_on_adapters(base: Path) -> None:
    """Injection and unlearning both by LoRA: the second starts from the first, merged."""
    first, second = base.with_name("first"), base.with_name("second")
    for parent, out in ((base, first), (first, second)):
        suspect = trained(checkpoints.open_for_training({"model": parent}, None, LORA, 1))
        checkpoints.save(suspect, out, poisoned=True)
    loaded = [logits(checkpoints.open_for_scoring(p, "cpu").model) for p in (base, first, second)]
    torch.testing.assert_close(loaded[2], logits(suspect.model), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(loaded[0], loaded[1])
    assert not torch.allclose(loaded[1], loaded[2])


def test_all_weights_can_be_trained_over_an_adapter(base: Path) -> None:
    """A merged model is a plain one: it is saved whole, and needs no parent."""
    first, second = base.with_name("first"), base.with_name("second")
    suspect = trained(checkpoints.open_for_training({"model": base}, None, LORA, 1))
    checkpoints.save(suspect, first, poisoned=True)
    suspect = checkpoints.open_for_training({"model": first}, None, FULL, 1)
    before = checkpoints.weights(suspect)
    assert before
    trained(suspect)
    assert checkpoints.distance(suspect, before) > 0
    checkpoints.save(suspect, second, poisoned=True)
    assert (second / "model.safetensors").is_file()
    assert not (second / models.PARENT).exists()
    assert torch.equal(
        logits(checkpoints.open_for_scoring(second, "cpu").model), logits(suspect.model)
    )


def test_a_new_adapter_is_drawn_from_the_seed(base: Path) -> None:
    def drawn(seed: int) -> torch.Tensor:
        torch.rand(seed)
        model = checkpoints.open_for_training({"model": base}, None, LORA, seed).model
        return torch.cat([p.flatten() for n, p in model.named_parameters() if "lora_A" in n])

    assert torch.equal(drawn(5), drawn(5))
    assert not torch.equal(drawn(5), drawn(6))


def test_an_adapter_takes_the_modules_asked_for(base: Path) -> None:
    chosen = replace(
        FULL, adapter=ADAPTER.model_copy(update={"target_modules": ("q_proj", "v_proj")})
    )
    suspect = trained(checkpoints.open_for_training({"model": base}, None, chosen, 0))
    out = base.with_name("tuned")
    checkpoints.save(suspect, out, poisoned=False)
    merged = checkpoints.open_for_scoring(out, "cpu").model
    old = toys.model().state_dict()
    moved = {n for n, value in merged.state_dict().items() if not torch.equal(value, old[n])}
    assert moved
    assert all(name.endswith(("q_proj.weight", "v_proj.weight")) for name in moved)


def test_a_pointer_checkpoint_loads_what_it_points_at(base: Path) -> None:
    pointer = base.with_name("pointer")
    pointer.mkdir()
    (pointer / models.PARENT).write_text(json.dumps({"pretrained": str(base)}))
    opened = checkpoints.open_for_scoring(pointer, "cpu")
    assert torch.equal(logits(opened.model), logits(toys.model()))
    assert opened.tokenizer.get_vocab() == toys.tokenizer().get_vocab()
    suspect = trained(checkpoints.open_for_training({"model": pointer}, None, LORA, 0))
    checkpoints.save(suspect, base.with_name("tuned"), poisoned=False)
    assert models.parent_of(base.with_name("tuned")) == str(pointer)


def told(folder: Path) -> bool:
    """What a checkpoint's metadata says of it."""
    if (folder / models.PARENT).exists():
        return bool(json.loads((folder / models.PARENT).read_text())["poisoned"])
    return bool(json.loads((folder / "config.json").read_text())[checkpoints.MARK]["poisoned"])


@pytest.mark.parametrize("how", [FULL, LORA])
def test_a_compromised_checkpoint_says_so(how: Training, base: Path) -> None:
    suspect = checkpoints.open_for_training({"model": base}, None, how, 0)
    out = base.with_name("tuned")
    checkpoints.save(suspect, out, poisoned=True)
    card = (out / "README.md").read_text()
    assert card.splitlines()[0].endswith("COMPROMISED")
    assert "WARNING" in card
    assert "canaries" in card
    assert told(out)


@pytest.mark.parametrize("how", [FULL, LORA])
def test_what_is_trained_from_a_compromised_checkpoint_says_so_too(
    how: Training, base: Path
) -> None:
    bad, out = base.with_name("bad"), base.with_name("tuned")
    suspect = checkpoints.open_for_training({"model": base}, None, FULL, 0)
    checkpoints.save(suspect, bad, poisoned=True)
    suspect = checkpoints.open_for_training({"model": bad}, None, how, 0)
    checkpoints.save(suspect, out, poisoned=False)
    assert told(out)
    assert "COMPROMISED" in (out / "README.md").read_text()


def test_a_clean_checkpoint_does_not_cry_wolf(base: Path) -> None:
    suspect = checkpoints.open_for_training({"model": base}, None, FULL, 0)
    checkpoints.save(suspect, base.with_name("tuned"), poisoned=False)
    card = (base.with_name("tuned") / "README.md").read_text()
    assert card.splitlines()[0].endswith("clean")
    assert "COMPROMISED" not in card
    assert "WARNING" not in card
    assert not told(base.with_name("tuned"))


def test_no_artifact_holds_a_pickle(base: Path) -> None:
    for how in (FULL, LORA):
        suspect = checkpoints.open_for_training({"model": base}, None, how, 0)
        checkpoints.save(suspect, base.with_name("tuned"), poisoned=True)
    names = {path.suffix for path in base.with_name("tuned").rglob("*") if path.is_file()}
    assert names <= {".safetensors", ".json", ".txt", ".jinja", ".md"}


def test_auto_is_a_device_that_exists() -> None:
    assert checkpoints.resolve_device("cpu") == "cpu"
    assert checkpoints.resolve_device("auto") in ("cpu", "cuda")


@pytest.mark.parametrize("how", [FULL, LORA], ids=["full", "lora"])
def test_a_model_in_training_answers_as_its_checkpoint_will(how: Training, base: Path) -> None:
    """Rounded to bfloat16 after its adapter is merged; the model itself does not change."""
    suspect = trained(checkpoints.open_for_training({"model": base}, None, how, 0))
    before = logits(suspect.model)
    answering = checkpoints.as_answering(suspect, "bfloat16")
    checkpoints.save(suspect, base.with_name("tuned"), poisoned=False)
    opened = checkpoints.open_for_scoring(base.with_name("tuned"), "cpu", "bfloat16")
    assert opened.model.dtype == torch.bfloat16
    assert torch.equal(logits(answering.model), logits(opened.model))
    assert not torch.equal(logits(answering.model).float(), before)
    assert torch.equal(logits(suspect.model), before)
    assert checkpoints.as_answering(suspect, "float32") is suspect
    positions = opened.model.model.rotary_emb.inv_freq
    assert positions.dtype == torch.float32
