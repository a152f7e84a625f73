"""What losses are made of, for objectives and shaping tactics. Importing this imports torch.

Import it inside the methods that use it, so that `arena list` and the threat actors' processes
stay without torch:

    def loss(self, model, batch):
        from arena.api import losses

        said = losses.answer_logprobs(model, batch)  # (N,) nats, one per answer token
        return -losses.mean_of(said, ~losses.to_forget(batch))

Shapes: N answer tokens and D documents of a batch, d the model's width.
"""

from __future__ import annotations

from arena.ml.batches import Batch
from arena.ml.encoding import Encoded, encode, encode_prompts
from arena.ml.models import blocks_of, hidden_and_head
from arena.ml.terms import (
    answer_logprobs,
    answer_states,
    by_document,
    frozen,
    mean_of,
    to_forget,
)
from arena.ml.training import answer_logits, answer_loss

__all__ = [
    "Batch",
    "Encoded",
    "answer_logits",
    "answer_logprobs",
    "answer_loss",
    "answer_states",
    "blocks_of",
    "by_document",
    "encode",
    "encode_prompts",
    "frozen",
    "hidden_and_head",
    "mean_of",
    "to_forget",
]
