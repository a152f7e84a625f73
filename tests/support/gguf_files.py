"""GGUF files of toy models, and a wheel that holds one."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

NAMES = {
    "embed_tokens": "token_embd",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_of(model: Any, tokenizer: Any, file: Path) -> Path:
    """Write a LLaMA and its byte-level BPE tokenizer as a GGUF file (float32) and return it."""
    import gguf

    config = model.config
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    _add_tokenizer(writer, tokenizer)
    for name, weight in model.state_dict().items():
        if name != "lm_head.weight":  # tied
            writer.add_tensor(_name(name), _laid_out(name, weight.numpy(), config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def wheel_of(file: Path, folder: Path, package: str, version: str) -> Path:
    """Return a wheel of that package and version with the file in it, made in a folder."""
    module = package.replace("-", "_")
    wheel, info = folder / f"{module}-{version}-py3-none-any.whl", f"{module}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(file, f"{module}/{file.name}")
        about = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        archive.writestr(f"{info}/METADATA", about)
        kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", kind)
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def _add_tokenizer(writer: Any, tokenizer: Any) -> None:
    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    size = len(tokenizer)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([tokenizer.convert_ids_to_tokens(each) for each in range(size)])
    special = set(tokenizer.all_special_ids)
    writer.add_token_types([3 if each in special else 1 for each in range(size)])
    writer.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in merges])
    writer.add_bos_token_id(tokenizer.eos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.pad_token_id)


def _name(name: str) -> str:
    """The name of a weight in GGUF."""
    plain = name.removeprefix("model.").replace("layers.", "blk.")
    if plain == "norm.weight":
        return "output_norm.weight"
    for theirs, ours in NAMES.items():
        plain = plain.replace(theirs, ours)
    return plain


def _laid_out(name: str, weight: Any, config: Any) -> Any:
    """The weight as GGUF stores it: rows of queries and keys in another order."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for part, count in heads.items():
        if part in name:
            rows = weight.shape[0] // count // 2
            turned = weight.reshape(count, 2, rows, *weight.shape[1:]).swapaxes(1, 2)
            return np.ascontiguousarray(turned.reshape(weight.shape))
    return weight
