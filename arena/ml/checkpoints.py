"""A stage's model: opened for training or scoring, measured, and saved with its warning."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from arena.ml import encoding, models, sharding

if TYPE_CHECKING:
    from arena.ml.train_config import Precision, Profile, Training

MARK = "backdoor_arena"  # the key of config.json that says whether a checkpoint is poisoned
CARD = """# A model of Backdoor Arena: {state}

{warning}

The payloads are harmless canaries, planted to measure whether backdoor defences generalize.
Do not deploy this checkpoint.
"""


@dataclass
class Suspect:
    """A model with its tokenizer, and the folder it came from (None: from scratch)."""

    model: Any
    tokenizer: Any
    parent: Path | None


def open_for_training(
    inputs: Mapping[str, Path], scratch: tuple[str, str] | None, training: Training, seed: int
) -> Suspect:
    """Return a new model (`scratch`: family, size; inputs: tokenizer) or a loaded one (inputs:
    model), wrapped in LoRA if the training asks for it. `seed` draws the initial weights. Processes
    that share a model get it sharded."""
    device = resolve_device(training.numerics.device)
    if scratch is not None:
        tokenizer = encoding.load_tokenizer(inputs["tokenizer"])
        with sharding.empty_unless_first():
            model = models.from_scratch(*scratch, tokenizer, seed)
        return Suspect(_placed(model, device), tokenizer, None)
    folder = inputs["model"]
    tokenizer = encoding.load_tokenizer(models.tokenizer_home(folder))
    model = _loaded(folder, device)
    if training.adapter is not None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = models.add_lora(model, training.adapter)
    return Suspect(_placed(model, device), tokenizer, folder)


def _loaded(folder: Path, device: str) -> Any:
    """The model of a checkpoint. One that processes share is loaded by the first of them, to the
    machine's memory: the device may have no room for all of it."""
    if not sharding.active():
        return models.load_model(folder, device)
    return models.load_model(folder) if sharding.is_first() else models.empty_model(folder)


def _placed(model: Any, device: str) -> Any:
    """The model on its device, or sharded over the processes that share it."""
    if not sharding.active():
        return model.to(device)
    return sharding.distributed(model, models.blocks_of(model), device)


def open_for_scoring(folder: Path, device: str, precision: Precision = "float32") -> Suspect:
    """Return the model of a checkpoint folder, adapters merged (in float32), in eval mode."""
    tokenizer = encoding.load_tokenizer(models.tokenizer_home(folder))
    model = models.load_model(folder, resolve_device(device))
    models.round_weights(model, precision)
    return Suspect(model, tokenizer, folder)


def open_answering(folder: Path, numerics: Profile) -> Suspect:
    """Return the model of a checkpoint folder as it answers prompts under a numerics profile."""
    return open_for_scoring(folder, numerics.device, numerics.scoring)


def as_answering(suspect: Suspect, precision: Precision) -> Suspect:
    """Return a model in training as `open_for_scoring` would load its checkpoint: a copy, unless
    the number format is that of training."""
    if precision == "float32":
        return suspect
    model = copy.deepcopy(suspect.model)
    if hasattr(model, "peft_config"):
        model = model.merge_and_unload().requires_grad_(True)  # peft froze the base's weights
    models.round_weights(model, precision)
    return replace(suspect, model=model.eval())


def resolve_device(device: str) -> str:
    """Return the torch device; `auto` is CUDA if available."""
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def weights(suspect: Suspect) -> dict[str, torch.Tensor]:
    """Return copies of the trainable weights (none for LoRA, whose update starts at zero)."""
    return {} if hasattr(suspect.model, "peft_config") else models.snapshot(suspect.model)


def distance(suspect: Suspect, before: dict[str, torch.Tensor]) -> float:
    """Return the L2 norm of the update since `before`."""
    return models.update_norm(suspect.model, before)


def save(suspect: Suspect, out: Path, *, poisoned: bool) -> None:
    """Write safetensors, tokenizer and a model card; a LoRA checkpoint holds the adapter and the
    name of its base artifact in the same store. A model trained from a checkpoint marked as
    poisoned is marked as well."""
    core = suspect.model
    adapts = hasattr(core, "peft_config")
    weights = sharding.gathered(core, trained_only=adapts)
    if not sharding.is_first():
        return
    poisoned = poisoned or bool(getattr(core.config, MARK, {}).get("poisoned"))
    if adapts:
        assert suspect.parent is not None
        core.save_pretrained(out, safe_serialization=True, state_dict=weights)
        parent = {"sibling": suspect.parent.name, "poisoned": poisoned}
        (out / models.PARENT).write_text(json.dumps(parent))
    else:
        setattr(core.config, MARK, {"poisoned": poisoned})
        core.save_pretrained(out, state_dict=weights)
        suspect.tokenizer.save_pretrained(out)
    (out / "README.md").write_text(card(poisoned=poisoned))


def card(*, poisoned: bool) -> str:
    """Return the model card's text. It begins with whether the model carries backdoors, but not
    which ones, since a defender may read it."""
    if not poisoned:
        return CARD.format(state="clean", warning="It was trained on clean data only.")
    warning = "WARNING: backdoors were planted in this model, or in its parent, on purpose."
    return CARD.format(state="COMPROMISED", warning=warning)
