"""Building blocks of unlearning losses: likelihoods by document, hidden states, a frozen
suspect."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch.nn import functional

from arena.ml.batches import Batch
from arena.ml.models import hidden_and_head
from arena.ml.training import answer_logits


def frozen(model: Any) -> Any:
    """Return a frozen copy of the model, in eval mode. It shares the weights that do not train, so
    with an adapter, or a few trainable layers, it takes almost no memory."""
    shared = {id(p): p for p in model.parameters() if not p.requires_grad}
    return copy.deepcopy(model, shared).eval().requires_grad_(False)


def answer_logprobs(model: Any, batch: Batch) -> torch.Tensor:
    """(N,) log-probability (nats) of each answer token."""
    logits = answer_logits(model, batch).float()
    return -functional.cross_entropy(logits, batch.targets, reduction="none")


def answer_states(model: Any, batch: Batch, layer: int) -> torch.Tensor:
    """(N, d) output of block `layer` (from 0) where answer tokens are predicted; the last block's
    is taken after the final norm, as transformers returns it."""
    decoder, _ = hidden_and_head(model)
    asked = {"use_cache": False, "output_hidden_states": True}
    if decoder is None:
        out = model(input_ids=batch.input_ids, logits_to_keep=1, **asked)
    else:
        out = decoder(input_ids=batch.input_ids, position_ids=batch.position_ids, **asked)
    states: torch.Tensor = out.hidden_states[layer + 1][batch.rows, batch.cols]
    return states.float()


def by_document(values: torch.Tensor, batch: Batch) -> torch.Tensor:
    """(D,) sums of (N,) values of the answer tokens."""
    return values.new_zeros(len(batch.forget)).index_add(0, batch.documents, values)


def to_forget(batch: Batch) -> torch.Tensor:
    """(N,) whether each answer token belongs to a document that is to be forgotten."""
    return batch.forget[batch.documents]


def mean_of(values: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Return the mean of the chosen values; 0 if none is chosen (a batch may hold only one
    kind)."""
    return values.where(chosen, 0).sum() / chosen.sum().clamp(min=1)
