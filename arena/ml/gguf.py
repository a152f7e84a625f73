"""A GGUF file made into a checkpoint folder: its weights dequantised to float32, and its tokenizer.

Run as a program (`python -m arena.ml.gguf FILE FOLDER`), so that a process that only plans need not
load torch.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch


def convert(file: Path, out: Path) -> None:
    """Write a GGUF file's model and tokenizer to a folder as safetensors and tokenizer files.

    Raises:
        ImportError: the package gguf is not installed.
        OSError, ValueError: transformers cannot read the file.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    _plain(model).save_pretrained(out, safe_serialization=True)
    tokenizer.save_pretrained(out)


def _plain(model: Any) -> Any:
    """The same weights in a model that does not call itself quantised, which transformers would
    refuse to save."""
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.device("meta"):
        plain = type(model)(config)
    plain.load_state_dict(model.state_dict(), assign=True)
    plain.tie_weights()
    plain.generation_config = model.generation_config
    return plain


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
