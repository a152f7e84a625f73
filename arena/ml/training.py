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

from arena.api.values import Document
from arena.errors import ArenaError
from arena.ml.batches import Batch, Windows, batch_order, packed, padded
from arena.ml.encoding import Encoded, encode
from arena.ml.gradient_shaping import Owner, Step, shaped_gradients
from arena.ml.models import hidden_and_head, last_mlp_at

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect

Loss = Callable[[Any, Batch], torch.Tensor]
Progress = Callable[[int], None]
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Recipe:
    """How a stage trains. Learning rate: linear warm-up over `warmup` steps, then linear
    decay to `final_fraction` of it; AdamW; gradients clipped to norm `clip`.

    What saves memory or time and moves results by rounding only: `precision` (bfloat16 is
    autocast), `micro_batch` (documents at once; gradients of a batch are accumulated),
    `checkpointing` (activations are computed again in the backward pass), `compile`.
    """

    steps: int
    learning_rate: float
    batch_size: int = 64
    warmup: int = 20
    final_fraction: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    precision: str = "float32"
    micro_batch: int | None = None
    checkpointing: bool = False
    compile: bool = False


def answer_logits(model: Any, batch: Batch) -> torch.Tensor:
    """(N, V) logits at the batch's loss positions only.

    For families whose logits are just head(decoder(x)), neither the head nor the last MLP
    works anywhere else; others compute the logits from the first such position on.
    """
    decoder, head = hidden_and_head(model)
    if decoder is None:
        keep = batch.input_ids.shape[1] - batch.first
        out = model(input_ids=batch.input_ids, use_cache=False, logits_to_keep=keep)
        chosen: torch.Tensor = out.logits[batch.rows, batch.cols - batch.first]
        return chosen
    placed = {"input_ids": batch.input_ids, "position_ids": batch.position_ids}
    with _sparsely(decoder, batch):
        hidden = decoder(**placed, use_cache=False).last_hidden_state
    at_loss: torch.Tensor = head(hidden[batch.rows, batch.cols])
    return at_loss


def _sparsely(decoder: Any, batch: Batch) -> contextlib.AbstractContextManager[None]:
    """Not under checkpointing, which runs the layer again when the hooks are gone, nor when
    compiled, which would compile every batch's positions anew."""
    compiled = decoder._compiled_call_impl is not None  # what Module.compile sets
    plain = compiled or decoder.is_activation_checkpointing
    return contextlib.nullcontext() if plain else last_mlp_at(decoder, batch.rows, batch.cols)


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
    divisible: bool = True,
    progress: Progress | None = None,
    stop: Stop | None = None,
    windows: Windows = (),
    owners: Sequence[Owner] = (),
) -> list[float]:
    """Train in place; returns the loss of every step taken.

    Args:
        windows: documents (their places) that are met in a part of the steps only.
        owners: whose documents' gradients are shaped.
        divisible: whether the loss is a mean over answer tokens, so that a batch may be cut.
        stop: asked after each step whether that was enough; the recipe's steps are the most.

    Raises:
        ArenaError: micro-batches were asked for and the loss is not divisible; or a loss was
            not finite. A broken model says no payload either, and would
            pass for a perfectly cleaned one.
    """
    if recipe.micro_batch and not divisible:
        raise ArenaError("this objective's loss cannot be cut: numerics.micro_batch must be null")
    optimizer, schedule = _optimizer(model, recipe)
    order = batch_order(len(documents), recipe.batch_size, recipe.steps, rng, windows)
    losses: list[torch.Tensor] = []
    model.train()
    with _dropout_from(rng, _device(model)), _as_told(model, recipe):
        for step, indices in enumerate(order):
            losses.append(_of_batch(model, documents, indices, recipe, loss, pad, owners))
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            if progress is not None:
                progress(step + 1)
            if stop is not None and stop():
                break
    model.eval()
    taken: list[float] = torch.stack(losses).tolist() if losses else []
    if not all(map(math.isfinite, taken)):
        raise ArenaError("training diverged (its loss is no number): lower the learning rate")
    return taken


def _of_batch(
    model: Any,
    documents: Sequence[Encoded],
    indices: np.ndarray,
    recipe: Recipe,
    loss: Loss,
    pad: int,
    owners: Sequence[Owner],
) -> torch.Tensor:
    """Put the gradient of one batch into the model's; returns its loss, detached."""
    if not owners:
        return _gradients(model, [documents[i] for i in indices], recipe, loss, pad)
    step = Step(
        plain=lambda some: _gradients(model, some, recipe, loss, pad),
        lay_out=lambda some: _lay_out(model)(some, pad, _device(model)),
        half=lambda: _half(model, recipe),
        loss=loss,
    )
    return shaped_gradients(model, documents, indices.tolist(), owners, step)


def _gradients(
    model: Any, documents: Sequence[Encoded], recipe: Recipe, loss: Loss, pad: int
) -> torch.Tensor:
    """Add the gradients of one batch to the model's; returns its loss, detached. Micro-batches
    count by their answer tokens, which for a mean over tokens makes the sum exact."""
    device, lay_out = _device(model), _lay_out(model)
    size = recipe.micro_batch or len(documents)
    tokens = sum(len(document.answer) for document in documents)
    total = torch.zeros((), device=device)
    for start in range(0, len(documents), size):
        part = documents[start : start + size]
        with _half(model, recipe):
            value = loss(model, lay_out(part, pad, device))
        value = value * (sum(len(document.answer) for document in part) / tokens)
        value.backward()  # type: ignore[no-untyped-call]
        total += value.detach()
    return total


def _device(model: Any) -> torch.device:
    found: torch.device = next(model.parameters()).device
    return found


def _lay_out(model: Any) -> Callable[[Sequence[Encoded], int, torch.device], Batch]:
    return padded if hidden_and_head(model)[0] is None else packed


def _half(model: Any, recipe: Recipe) -> contextlib.AbstractContextManager[Any]:
    enabled = recipe.precision == "bfloat16"
    return torch.autocast(_device(model).type, torch.bfloat16, enabled=enabled)


@contextlib.contextmanager
def _as_told(model: Any, recipe: Recipe) -> Iterator[None]:
    """Checkpointing and compilation, for the block; dynamic, since batches differ in length."""
    core = model.get_base_model() if hasattr(model, "peft_config") else model
    decoder = hidden_and_head(model)[0]
    module = core if decoder is None else decoder
    if recipe.checkpointing:
        core.activation_checkpointing_enable({"use_reentrant": False})
    if recipe.compile:
        torch.compiler.reset()  # kernels must not depend on what this process trained before
        module.compile(dynamic=True)
    try:
        yield
    finally:
        module._compiled_call_impl = None
        if recipe.checkpointing:
            core.activation_checkpointing_disable()
            core.disable_input_require_grads()


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
    divisible: bool = True,
    stop: Stop | None = None,
    windows: Windows = (),
    owners: Sequence[Owner] = (),
) -> list[float]:
    """Tokenise once and train (see `train`)."""
    tokenizer = suspect.tokenizer
    return train(
        suspect.model,
        encode(tokenizer, documents),
        Recipe(**recipe),
        rng,
        tokenizer.pad_token_id,
        loss=loss,
        divisible=divisible,
        progress=progress,
        stop=stop,
        windows=windows,
        owners=owners,
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
