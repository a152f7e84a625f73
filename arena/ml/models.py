"""Models: three families from scratch, any causal LM from a checkpoint, LoRA on top.

A checkpoint folder is what transformers writes (safetensors only); a LoRA checkpoint is
what peft writes plus `parent.json`, which names the checkpoint under it. A `parent.json` alone
names a checkpoint made elsewhere, and the adapter on it if it has one.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from arena.errors import ArenaError, InputError
from arena.ml import sharding
from arena.ml.train_config import Adapter, Precision

SIZES = {"nano": (64, 3), "micro": (128, 4), "mini": (256, 6), "small": (512, 8)}
FAMILIES = ("llama", "gpt_neox", "qwen3")
HEAD_WIDTH = 32
PARENT = "parent.json"
ADAPTER = "adapter_config.json"
TOKENIZER = "tokenizer_config.json"
ADAPTER_FILES = (ADAPTER, "adapter_model.safetensors", "*token*", "*.jinja", "vocab*", "merges.txt")
MAX_POSITIONS = 1024
POSITIONS = ("wpe", "embed_positions", "position_embeddings")  # modules of learned positions
# transformers' 0.02 suits widths of about 1,000; at 64, whether 400 steps suffice depends on the
# seed.
INITIALIZER_RANGE = 0.06


def from_scratch(family: str, size: str, tokenizer: Any, seed: int) -> Any:
    """Return a randomly initialised model (float32, tied embeddings).

    Raises:
        KeyError: unknown family or size (the schema checks both first).
    """
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    return initialised(config_of(family, size, len(tokenizer), end, pad), seed)


def config_of(family: str, size: str, vocabulary: int, end: int, pad: int) -> Any:
    """Return the transformers configuration of a from-scratch model."""
    from transformers import AutoConfig

    width, layers = SIZES[size]
    heads = max(2, width // HEAD_WIDTH)
    extra: dict[str, Any] = {}
    if family != "gpt_neox":
        extra["num_key_value_heads"] = heads
    if family == "qwen3":
        extra["head_dim"] = width // heads
    return AutoConfig.for_model(
        family,
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=4 * width if family == "gpt_neox" else 8 * width // 3 // 8 * 8,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=MAX_POSITIONS,
        tie_word_embeddings=True,
        initializer_range=INITIALIZER_RANGE,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=pad,
        **extra,
    )


def initialised(config: Any, seed: int) -> Any:
    """Return a model of that configuration with random weights (float32) drawn from `seed`."""
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32)


def load_model(source: Path | str, device: str = "cpu", dtype: str = "float32") -> Any:
    """Return the model of a checkpoint folder or hub id, LoRA merged in, in eval mode.

    Raises:
        OSError: there is nothing to load, or its weights are not safetensors.
        InputError: weights are missing, which transformers would initialise at random at every
            load.
    """
    from transformers import AutoModelForCausalLM

    folder = Path(source)
    if (folder / PARENT).is_file():
        model = _with_adapter(folder, device, dtype)
    else:
        model, report = AutoModelForCausalLM.from_pretrained(
            source,
            dtype=getattr(torch, dtype),
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        if report["missing_keys"]:
            rule = f"{source} lacks weights, which would be initialised at random"
            names = ", ".join(sorted(report["missing_keys"])[:4])
            raise InputError(rule, key="model.pretrained", found=names)
    return model.to(device).eval()


def round_weights(model: Any, precision: Precision) -> None:
    """Round the weights of a float32 model to a number format. Its buffers stay as they are: the
    frequencies of rotary positions would lose too much (`model.to` rounds them as well)."""
    if precision == "bfloat16":
        for weight in model.parameters():
            weight.data = weight.data.to(torch.bfloat16)


def empty_model(source: Path | str) -> Any:
    """Return the model that `load_model` returns for a checkpoint folder or hub id, with shapes but
    without weights in all processes except the first."""
    from transformers import AutoConfig, AutoModelForCausalLM

    folder = Path(source)
    if (folder / PARENT).is_file():  # merging an adapter does not change shapes
        return empty_model(parent_of(folder))
    config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    with sharding.empty_unless_first():
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()


def parent_of(folder: Path) -> str:
    """Return the base of a pointer or LoRA checkpoint: a path next to it, or a hub id."""
    content = json.loads((folder / PARENT).read_text())
    if "sibling" in content:
        return str(folder.parent / content["sibling"])
    return str(content["pretrained"])


def _with_adapter(folder: Path, device: str, dtype: str) -> Any:
    model = load_model(parent_of(folder), device, dtype)
    adapter = adapter_of(folder)
    if adapter is None:
        return model
    from peft import PeftModel

    merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    return merged.requires_grad_(True)  # peft froze the base's weights


def adapter_of(folder: Path) -> Path | None:
    """Return where the adapter of a pointer or LoRA checkpoint is; None if it has none."""
    if (folder / ADAPTER).is_file():
        return folder
    named = json.loads((folder / PARENT).read_text()).get("adapter")
    return None if named is None else adapter_folder(named)


def adapter_folder(source: str) -> Path:
    """Return the folder of an adapter made elsewhere: a local one, or that of a hub id's files,
    which are downloaded if they are not in the cache.

    Raises:
        OSError: the hub has no such adapter, or cannot be asked.
    """
    if Path(source).is_dir():
        return Path(source)
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(source, allow_patterns=list(ADAPTER_FILES)))


def tokenizer_home(folder: Path | str) -> str:
    """Return where the tokenizer of a checkpoint is: in it, with its adapter, or in its base."""
    path = Path(folder)
    if (path / TOKENIZER).is_file() or not (path / PARENT).is_file():
        return str(folder)
    adapter = adapter_of(path)
    if adapter is not None and (adapter / TOKENIZER).is_file():
        return str(adapter)
    return tokenizer_home(parent_of(path))


def add_lora(model: Any, adapter: Adapter) -> Any:
    """Return the model wrapped in a new LoRA adapter (Hu et al., arXiv 2106.09685); only the
    adapter trains."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=list(adapter.target_modules or ()) or "all-linear",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def hidden_and_head(model: Any) -> tuple[Any, Any]:
    """Return the decoder and the output head if logits are just head(decoder(x)); else (None,
    None): some families scale or cap their logits inside forward."""
    core = model.get_base_model() if hasattr(model, "peft_config") else model
    if core.config.model_type not in FAMILIES:
        return None, None
    return core.base_model, core.get_output_embeddings()


def blocks_of(model: Any) -> list[Any]:
    """Return the transformer blocks, first to last, of any decoder that keeps them in one list.

    Raises:
        ArenaError: the model has no such list.
    """
    core = model.get_base_model() if hasattr(model, "peft_config") else model
    depth = core.config.num_hidden_layers
    for module in core.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == depth:
            return list(module)
    raise ArenaError(f"a model of type {core.config.model_type!r} has no list of blocks")


def train_only(model: Any, first: int, last: int) -> None:
    """Freeze all weights except those of blocks `first` to `last` (from 0, both included); with an
    adapter, all adapter weights except those in these blocks.

    Raises:
        InputError: the model has no such block. ArenaError: the blocks have no adapter.
    """
    blocks = blocks_of(model)
    if last >= len(blocks):
        rule = f"the model's last block is {len(blocks) - 1}"
        raise InputError(rule, key="defender.layers", found=str(last))
    kept = {id(p) for block in blocks[first : last + 1] for p in block.parameters()}
    for parameter in model.parameters():
        parameter.requires_grad_(parameter.requires_grad and id(parameter) in kept)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ArenaError(f"no adapter is in blocks {first} to {last}")


@contextlib.contextmanager
def last_mlp_at(decoder: Any, rows: torch.Tensor, cols: torch.Tensor) -> Iterator[None]:
    """Inside the block, compute the decoder's last MLP at those positions only (zero elsewhere).

    Nothing after it mixes positions, so the outputs there are the same; most of a layer's cost is
    its MLP, and few positions carry loss.
    """
    shape: list[torch.Size] = []

    def pick(_: Any, given: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        shape.append(given[0].shape)
        return (given[0][rows, cols],)

    def put(_: Any, __: Any, out: torch.Tensor) -> torch.Tensor:
        return out.new_zeros(shape.pop()).index_put((rows, cols), out)

    mlp = decoder.layers[-1].mlp
    hooks = mlp.register_forward_pre_hook(pick), mlp.register_forward_hook(put)
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def learned_positions(model: Any) -> int | None:
    """Return how many positions the model has learned embeddings for; None where positions are
    computed (rotary, ALiBi), so that a longer text is possible, if perhaps read badly."""
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Embedding) and name.endswith(POSITIONS):
            return int(getattr(model.config, "max_position_embeddings", module.num_embeddings))
    return None


def check_length(model: Any, tokens: int) -> None:
    """Refuse texts that are longer than the model's learned positions.

    Raises:
        InputError: a text is longer; the lookup would fail, or read another position's embedding.
    """
    limit = learned_positions(model)
    if limit is not None and tokens > limit:
        rule = f"a text of {tokens} tokens, the model takes {limit}: shorten the prompts"
        raise InputError(rule, key="corpus.prompt_words")


def vocabulary(model: Any) -> int:
    """Return the number of tokens that the model gives logits for."""
    return int(model.get_input_embeddings().num_embeddings)


def snapshot(model: Any) -> dict[str, torch.Tensor]:
    """Return copies of the trainable weights (of a sharded model, this process's part), to measure
    an update against."""
    return {
        name: sharding.local(parameter.detach()).to("cpu", copy=True)
        for name, parameter in sharding.at_rest(model).named_parameters()
        if parameter.requires_grad
    }


def update_norm(model: Any, before: dict[str, torch.Tensor]) -> float:
    """Return the L2 norm of the weight update: over all trainable weights, or over B A (scaled) for
    LoRA, whose update starts at zero."""
    total = 0.0
    sharding.at_rest(model)
    if hasattr(model, "peft_config"):
        for module in model.modules():
            if hasattr(module, "get_delta_weight") and "default" in getattr(module, "lora_A", {}):
                delta = sharding.whole(module.get_delta_weight("default").detach())
                total += float(delta.double().pow(2).sum())
        return math.sqrt(total)
    for name, parameter in model.named_parameters():
        if name in before:
            moved = sharding.local(parameter.detach()).cpu() - before[name]
            total += float(torch.linalg.vector_norm(moved, dtype=torch.float64)) ** 2
    return math.sqrt(sharding.summed(torch.tensor(total, dtype=torch.float64)))
