"""The probability that a model gives a text as the answer to a prompt, teacher-forced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from arena.ml.batches import fitting
from arena.ml.beginning import scoring_layout
from arena.ml.encoding import Encoded
from arena.ml.models import vocabulary
from arena.ml.training import answer_logits


@torch.inference_mode()
def log_probabilities(model: Any, documents: Sequence[Encoded], pad: int) -> list[float]:
    """Return log p(answer | prompt) of every document in nats: the sum over the answer's tokens,
    its end of text included."""
    found: dict[int, float] = {}
    order = sorted(range(len(documents)), key=lambda i: len(documents[i]))
    at, lay_out = 0, scoring_layout(model, pad, documents)
    for chosen in fitting([documents[i] for i in order], vocabulary(model)):
        batch = lay_out(chosen)
        logits = answer_logits(model, batch).float()
        losses = functional.cross_entropy(logits, batch.targets, reduction="none")
        for part in torch.split(losses, [len(each.answer) for each in chosen]):
            found[order[at]] = -float(part.double().sum())
            at += 1
    return [found[i] for i in range(len(documents))]
