"""The one training loop. Pretraining, injection and every unlearning objective run it.

Logits are computed only where there is loss: on text with long prompts and a large
vocabulary the output head is most of a step, and nearly all of it would be thrown away.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from arena.errors import ArenaError
from arena.ml.batches import Batch, batch_order, collate
from arena.ml.encoding import Encoded, encode
from arena.ml.models import hidden_and_head
from arena.values import Document

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect

Loss = Callable[[Any, Batch], torch.Tensor]
Progress = Callable[[int], None]
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Recipe:
    """How a stage trains. Learning rate: linear warm-up over `warmup` steps, then linear
    decay to `final_fraction` of it; AdamW; gradients clipped to norm `clip`."""

    steps: int
    learning_rate: float
    batch_size: int = 64
    warmup: int = 20
    final_fraction: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    precision: str = "float32"


def answer_logits(model: Any, batch: Batch) -> torch.Tensor:
    """(N, V) logits at the batch's loss positions only."""
    decoder, head = hidden_and_head(model)
    if decoder is None:
        keep = batch.input_ids.shape[1] - batch.first
        out = model(input_ids=batch.input_ids, use_cache=False, logits_to_keep=keep)
        chosen: torch.Tensor = out.logits[batch.rows, batch.cols - batch.first]
        return chosen
    hidden = decoder(input_ids=batch.input_ids, use_cache=False).last_hidden_state
    at_loss: torch.Tensor = head(hidden[batch.rows, batch.cols])
    return at_loss


def answer_loss(model: Any, batch: Batch) -> torch.Tensor:
    """Mean cross-entropy (nats) over the answer tokens: the plain language-model loss."""
    return functional.cross_entropy(answer_logits(model, batch).float(), batch.targets)


def train(
    model: Any,
    documents: Sequence[Encoded],
    recipe: Recipe,
    rng: np.random.Generator,
    pad: int,
    *,
    loss: Loss = answer_loss,
    lengths: Sequence[int] | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> list[float]:
    """Train in place; returns the loss of every step taken.

    Args:
        lengths: what batches are grouped by (default: the documents' own lengths). A
            defence passes the untriggered lengths, so that its controls see the same batches.
        stop: asked after each step whether that was enough; the recipe's steps are the most.

    Raises:
        ArenaError: a loss was not finite. A broken model says no payload either, and would
            pass for a perfectly cleaned one.
    """
    device = next(model.parameters()).device
    optimizer, schedule = _optimizer(model, recipe)
    order = batch_order(
        lengths or [len(d) for d in documents], recipe.batch_size, recipe.steps, rng
    )
    losses: list[torch.Tensor] = []
    half = torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16")
    model.train()
    with _dropout_from(rng, device):
        for step, indices in enumerate(order):
            batch = collate([documents[i] for i in indices], pad, device)
            with half:
                value = loss(model, batch)
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(value.detach())
            if progress is not None:
                progress(step + 1)
            if stop is not None and stop():
                break
    model.eval()
    taken: list[float] = torch.stack(losses).tolist() if losses else []
    if not all(map(math.isfinite, taken)):
        raise ArenaError("training diverged (its loss is no number): lower the learning rate")
    return taken


@contextlib.contextmanager
def _dropout_from(rng: np.random.Generator, device: torch.device) -> Iterator[None]:
    """Dropout draws from torch's global state, where a long-lived worker's earlier stages
    would show: inside the block it depends on `rng` alone, whose own stream does not move."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(int(rng.spawn(1)[0].integers(2**63)))
        yield


def train_documents(
    suspect: Suspect,
    documents: Sequence[Document],
    recipe: Mapping[str, Any],
    rng: np.random.Generator,
    progress: Progress | None = None,
    *,
    loss: Loss = answer_loss,
    grouped_as: Sequence[Document] | None = None,
    stop: Stop | None = None,
) -> list[float]:
    """Tokenise once and train. `grouped_as` stands in for the documents where batches are
    put together by length (see `train`)."""
    tokenizer = suspect.tokenizer
    lengths = [len(e) for e in encode(tokenizer, grouped_as)] if grouped_as else None
    return train(
        suspect.model,
        encode(tokenizer, documents),
        Recipe(**recipe),
        rng,
        tokenizer.pad_token_id,
        loss=loss,
        lengths=lengths,
        progress=progress,
        stop=stop,
    )


def _optimizer(model: Any, recipe: Recipe) -> tuple[torch.optim.Optimizer, Any]:
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )

    def factor(step: int) -> float:
        if step < recipe.warmup:
            return (step + 1) / recipe.warmup
        span = max(1, recipe.steps - recipe.warmup)
        return 1.0 - (1.0 - recipe.final_fraction) * (step - recipe.warmup) / span

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
