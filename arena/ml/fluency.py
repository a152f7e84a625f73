"""How well a model knows clean answers: perplexity and token accuracy, teacher-forced."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from arena.ml.batches import fitting
from arena.ml.beginning import scoring_layout
from arena.ml.encoding import Encoded
from arena.ml.models import vocabulary
from arena.ml.training import answer_logits


@dataclass(frozen=True)
class Fluency:
    """Teacher-forced quality on clean answers, end of text included.

    perplexity: exp of the mean cross-entropy per answer token. right, tokens: answer tokens that
    are the argmax given the right prefix, and all answer tokens.
    """

    perplexity: float
    right: int
    tokens: int

    @property
    def token_accuracy(self) -> float:
        """Return the share of answer tokens that are right; nan if there are none."""
        return self.right / self.tokens if self.tokens else math.nan


@torch.inference_mode()
def fluency(model: Any, documents: Sequence[Encoded], pad: int) -> Fluency:
    """Return perplexity and token accuracy over all answer tokens of the documents."""
    loss, right, total = 0.0, 0, 0
    order = sorted(documents, key=len)
    lay_out = scoring_layout(model, pad, order)
    for chosen in fitting(order, vocabulary(model)):
        batch = lay_out(chosen)
        logits = answer_logits(model, batch).float()
        loss += float(functional.cross_entropy(logits, batch.targets, reduction="sum"))
        right += int((logits.argmax(-1) == batch.targets).sum())
        total += len(batch.targets)
    if not total:
        return Fluency(math.nan, 0, 0)
    return Fluency(_exp(loss / total), right, total)


def _exp(nats: float) -> float:
    """e to the power of nats; infinite on overflow, so that a broken model's row shows it rather
    than stopping the run."""
    return math.exp(nats) if nats < math.log(sys.float_info.max) else math.inf
