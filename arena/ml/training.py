"""The one training loop. Pretraining, injection and every unlearning objective run it.

Logits are computed only where there is loss: with long prompts and a large vocabulary the output
head takes most of a step, and nearly all of its output would be discarded.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from arena.api.values import Document
from arena.errors import ArenaError
from arena.ml import sharding
from arena.ml.batches import Batch, LayOut, Windows, batch_order, packed, padded, shared
from arena.ml.encoding import Encoded, encode
from arena.ml.gradient_shaping import Owner, Step, shaped_gradients
from arena.ml.models import check_length, hidden_and_head, last_mlp_at
from arena.ml.train_config import TrainConfig

if TYPE_CHECKING:
    from arena.ml.checkpoints import Suspect

Loss = Callable[[Any, Batch], torch.Tensor]
Layout = Callable[[Sequence[Encoded]], Batch]
Progress = Callable[[int], None]
Stop = Callable[[], bool]


def answer_logits(model: Any, batch: Batch) -> torch.Tensor:
    """Return (N, V) logits at the batch's loss positions only.

    For families whose logits are just head(decoder(x)), neither the head nor the last MLP is
    computed anywhere else; others compute logits from the first such position on.
    """
    return sharding.forward(model, _at_loss, batch)


def _at_loss(model: Any, batch: Batch) -> torch.Tensor:
    decoder, head = hidden_and_head(model)
    if decoder is None:
        keep = batch.input_ids.shape[1] - batch.first
        out = model(input_ids=batch.input_ids, use_cache=False, logits_to_keep=keep)
        chosen: torch.Tensor = out.logits[batch.rows, batch.cols - batch.first]
        return chosen
    placed = {"input_ids": batch.input_ids, "position_ids": batch.position_ids}
    if batch.mask is not None:
        placed["attention_mask"] = batch.mask
    if batch.beginning is not None:
        placed["cache"] = batch.beginning
    with _sparsely(decoder, batch):
        hidden = decoder(**placed, use_cache=batch.beginning is not None).last_hidden_state
    at_loss: torch.Tensor = head(hidden[batch.rows, batch.cols])
    return at_loss


def _sparsely(decoder: Any, batch: Batch) -> contextlib.AbstractContextManager[None]:
    """Whether the last MLP may be computed at some positions only. Not under checkpointing, which
    runs the layer again after the hooks are removed, nor when compiled, which would recompile for
    every batch."""
    compiled = decoder._compiled_call_impl is not None  # what Module.compile sets
    plain = compiled or decoder.is_activation_checkpointing
    return contextlib.nullcontext() if plain else last_mlp_at(decoder, batch.rows, batch.cols)


def answer_loss(model: Any, batch: Batch) -> torch.Tensor:
    """Return the mean cross-entropy (nats) over the answer tokens: the plain language-model
    loss."""
    return functional.cross_entropy(answer_logits(model, batch).float(), batch.targets)


def train(
    model: Any,
    documents: Sequence[Encoded],
    config: TrainConfig,
    rng: np.random.Generator,
    pad: int,
    *,
    loss: Loss = answer_loss,
    divisible: bool = True,
    shares: bool = False,
    progress: Progress | None = None,
    stop: Stop | None = None,
    windows: Windows = (),
    owners: Sequence[Owner] = (),
) -> list[float]:
    """Train in place and return the loss of every step taken.

    Args:
        windows: documents (by index) that are seen in a part of the steps only.
        owners: whose documents' gradients are shaped.
        divisible: whether the loss is a mean over answer tokens, so that a batch may be cut.
        shares: whether the loss reads the model through `answer_logits` alone, so that what all
            prompts begin with may be computed once a row.
        stop: called after each step; True ends the training before the config's steps.

    Raises:
        ArenaError: a batch must be cut (into micro-batches, or for several processes) but the loss
            is not divisible; processes share the model and gradients are shaped; or a loss was not
            finite. A broken model gives no payload either, and would look perfectly cleaned.
    """
    if config.micro_batch and not divisible:
        raise ArenaError(
            "this objective's loss cannot be split into micro-batches: numerics.micro_batch must "
            "be null"
        )
    if sharding.active() and (owners or not divisible):
        raise ArenaError("these gradients need the whole batch and the whole model in one process")
    check_length(model, max(map(len, documents), default=0))
    optimizer, schedule = _optimizer(model, config)
    order = batch_order(len(documents), config.batch_size, config.steps, rng, windows)
    losses: list[torch.Tensor] = []
    lay_out = layout(model, pad, shares and not owners)  # owners' tactics read hidden states
    model.train()
    with _dropout_from(rng, _device(model)), _as_told(model, config):
        for step, indices in enumerate(order):
            losses.append(_of_batch(model, documents, indices, config, loss, lay_out, owners))
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            if progress is not None:
                progress(step + 1)
            if stop is not None and sharding.agreed(stop()):
                break
    model.eval()
    taken: list[float] = sharding.summed(torch.stack(losses)).tolist() if losses else []
    if not all(map(math.isfinite, taken)):
        raise ArenaError("training diverged (its loss is not a number): lower the learning rate")
    return taken


def _of_batch(
    model: Any,
    documents: Sequence[Encoded],
    indices: np.ndarray,
    config: TrainConfig,
    loss: Loss,
    lay_out: Layout,
    owners: Sequence[Owner],
) -> torch.Tensor:
    """Set the model's gradients to those of one batch; return its loss, detached."""
    if not owners:
        return _gradients(model, [documents[i] for i in indices], config, loss, lay_out)
    step = Step(
        plain=lambda some: _gradients(model, some, config, loss, lay_out),
        lay_out=lay_out,
        half=lambda: _half(model, config),
        loss=loss,
    )
    return shaped_gradients(model, documents, indices.tolist(), owners, step)


def _gradients(
    model: Any, documents: Sequence[Encoded], config: TrainConfig, loss: Loss, lay_out: Layout
) -> torch.Tensor:
    """Add the gradients of one batch to the model's; return its loss, detached, or this process's
    summand of it. Micro-batches, and the processes' parts of them, are weighted by their answer
    tokens, which makes the sum exact for a mean over tokens."""
    size = config.micro_batch or len(documents)
    tokens = sum(len(document.answer) for document in documents)
    total = torch.zeros((), device=_device(model))
    for start in range(0, len(documents), size):
        part, weight = sharding.share(documents[start : start + size])
        with _half(model, config):
            value = loss(model, lay_out(part))
        value = value * (weight / tokens)
        sharding.scaled(value).backward()  # type: ignore[no-untyped-call]
        total += value.detach()
    return total


def _device(model: Any) -> torch.device:
    device: torch.device = next(model.parameters()).device
    return device


def layout(model: Any, pad: int, shares: bool, otherwise: LayOut = packed) -> Layout:
    """Return what lays out batches for the model: `otherwise`, unless the documents may share what
    their prompts begin with (`shares`) and the model can do that; or padded where it must be."""
    decoder, _ = hidden_and_head(model)
    if decoder is None:
        otherwise = padded
    elif shares and decoder.config._attn_implementation == "sdpa":  # takes a mask of our own
        return lambda some: shared(some, pad, model.device, otherwise)
    return lambda some: otherwise(some, pad, model.device)


def _half(model: Any, config: TrainConfig) -> contextlib.AbstractContextManager[Any]:
    enabled = config.precision == "bfloat16"
    return torch.autocast(_device(model).type, torch.bfloat16, enabled=enabled)


@contextlib.contextmanager
def _as_told(model: Any, config: TrainConfig) -> Iterator[None]:
    """Checkpointing and compilation as configured, inside the block; dynamic shapes, since batches
    differ in length."""
    core = model.get_base_model() if hasattr(model, "peft_config") else model
    decoder = hidden_and_head(model)[0]
    module = core if decoder is None else decoder
    if config.checkpointing:
        core.activation_checkpointing_enable({"use_reentrant": False})
    if config.compile:
        torch.compiler.reset()  # kernels must not depend on what this process trained before
        module.compile(dynamic=True)
    try:
        yield
    finally:
        module._compiled_call_impl = None
        if config.checkpointing:
            core.activation_checkpointing_disable()
            core.disable_input_require_grads()


@contextlib.contextmanager
def _dropout_from(rng: np.random.Generator, device: torch.device) -> Iterator[None]:
    """Make dropout depend on `rng` alone inside the block, without advancing it: dropout draws from
    torch's global state, which earlier stages of a long-lived worker have changed. Processes that
    share a model drop different units."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(int(rng.spawn(1)[0].integers(2**63)) + sharding.rank())
        yield


def train_documents(
    suspect: Suspect,
    documents: Sequence[Document],
    config: TrainConfig,
    rng: np.random.Generator,
    progress: Progress | None = None,
    *,
    loss: Loss = answer_loss,
    divisible: bool = True,
    shares: bool = False,
    stop: Stop | None = None,
    windows: Windows = (),
    owners: Sequence[Owner] = (),
) -> list[float]:
    """Tokenise once and train (see `train`)."""
    tokenizer = suspect.tokenizer
    return train(
        suspect.model,
        encode(tokenizer, documents),
        config,
        rng,
        tokenizer.pad_token_id,
        loss=loss,
        divisible=divisible,
        shares=shares,
        progress=progress,
        stop=stop,
        windows=windows,
        owners=owners,
    )


def _optimizer(model: Any, config: TrainConfig) -> tuple[torch.optim.Optimizer, Any]:
    parameters = [p for p in sharding.at_rest(model).parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, config.factor)
