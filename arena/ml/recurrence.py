"""Whether a recurrent model (state-space, RWKV, hybrid) gives the same logits padded and with a
cache.

Training pads documents on the right, and scoring decodes with a cache. Under causal attention
neither changes a logit. A recurrent model carries a state, which not every implementation keeps
correct, so this is tested on the model itself.
"""

from __future__ import annotations

from typing import Any

import torch

from arena.ml.batches import padded
from arena.ml.decoding import decode, likeliest
from arena.ml.encoding import Encoded
from arena.ml.training import answer_logits

LENGTHS = (3, 9, 17, 6)  # tokens of the test prompts
WRITTEN = 4  # tokens after each prompt
APART = 1e-2  # of the largest logit: rounding errors are far below, a lost state far above
CACHED_APART = 1e-3  # the same for a cache, which may lose only a part


def is_recurrent(model: Any) -> bool:
    """Whether transformers marks the model as one that carries a state."""
    return bool(getattr(model, "_is_stateful", False))


@torch.inference_mode()
def flaw_of(model: Any) -> str | None:
    """Return why padding or a cache changes a model's logits; None if they do not."""
    size = int(model.get_input_embeddings().weight.shape[0])
    documents = [_document(length, size) for length in LENGTHS]
    try:
        plain = torch.cat([_plain(model, each) for each in documents])
        together = answer_logits(model, padded(documents, 0, model.device))
        if float((together - plain).abs().max()) > APART * float(plain.abs().max()):
            return "gives different logits for a text that is followed by padding"
        if any(_decodes_otherwise(model, each.prompt) for each in documents):
            return "gives different logits with its cache and without"
    except Exception as error:  # of many types: each architecture fails in its own way
        return f"cannot be read or decoded ({type(error).__name__}: {error})".split("\n")[0]
    return None


def _document(length: int, size: int) -> Encoded:
    ids = tuple((5 * k * k + 7 * k + length) % size for k in range(length + WRITTEN))
    return Encoded(ids[:length], ids[length:])


def _plain(model: Any, document: Encoded) -> torch.Tensor:
    """(WRITTEN, V) the logits that predict the answer, from one forward pass."""
    logits: torch.Tensor = _read(model, document.prompt + document.answer)
    return logits[len(document.prompt) - 1 : -1]


def _read(model: Any, ids: tuple[int, ...]) -> torch.Tensor:
    given = torch.tensor([ids], device=model.device)
    logits: torch.Tensor = model(input_ids=given, use_cache=False).logits[0].float()
    return logits


def _decodes_otherwise(model: Any, prompt: tuple[int, ...]) -> bool:
    """Whether decoding chooses a token from other logits than one forward pass gives. (The tokens
    may still agree: small weights, or a short text, can hide the difference.)"""
    seen: list[torch.Tensor] = []

    def noted(logits: torch.Tensor) -> torch.Tensor:
        seen.append(logits[0].float())
        return likeliest(logits)

    ids = torch.tensor([prompt], device=model.device)
    written = decode(model, ids, None, WRITTEN, -1, noted)[0].tolist()
    plain = _read(model, (*prompt, *written))[len(prompt) - 1 : -1]
    apart = (torch.stack(seen) - plain).abs().max()
    return bool(apart > CACHED_APART * plain.abs().max())
