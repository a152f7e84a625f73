"""Positions of documents in a packed batch, and hooks on block outputs, for defences that read or
perturb hidden states."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class Spans(NamedTuple):
    """Positions of D documents, (D,) each: the row, the first position, the last position of the
    prompt, and the last position of all."""

    rows: torch.Tensor
    first: torch.Tensor
    prompt: torch.Tensor
    last: torch.Tensor


def spans(batch: Batch) -> Spans:
    """Return the positions of each document of the batch; all others are padding.

    A document's first loss position is its prompt's last token; its last loss position is followed
    by the end of text. `position_ids` count from the document's beginning."""
    import torch

    owners, size = batch.documents, len(batch.forget)
    blank = torch.zeros(size, dtype=torch.long, device=owners.device)
    rows = blank.scatter(0, owners, batch.rows)
    prompt = blank.scatter_reduce(0, owners, batch.cols, "amin", include_self=False)
    last = blank.scatter_reduce(0, owners, batch.cols, "amax", include_self=False) + 1
    into = prompt if batch.position_ids is None else batch.position_ids[rows, prompt]
    return Spans(rows, prompt - into, prompt, last)


def occupied(batch: Batch) -> torch.Tensor:
    """Return a mask (R, L) of the positions that belong to a document."""
    import torch

    places, (rows, length) = spans(batch), batch.input_ids.shape
    edges = torch.zeros(rows, length + 1, dtype=torch.long, device=batch.input_ids.device)
    ones = torch.ones_like(places.rows)
    edges.index_put_((places.rows, places.first), ones, accumulate=True)
    edges.index_put_((places.rows, places.last + 1), -ones, accumulate=True)
    return edges.cumsum(1)[:, :length] > 0


@contextlib.contextmanager
def block_outputs(model: Any) -> Iterator[list[torch.Tensor]]:
    """Yield a list to which each block appends its output (R, L, d) in a forward pass inside; the
    last block's output, too, is taken before the final norm."""
    from arena.ml.models import blocks_of

    seen: list[torch.Tensor] = []

    def note(_: Any, __: Any, out: Any) -> None:
        seen.append(out[0] if isinstance(out, tuple) else out)

    hooks = [block.register_forward_hook(note) for block in blocks_of(model)]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


@contextlib.contextmanager
def added(block: Any, shift: torch.Tensor) -> Iterator[None]:
    """Add `shift` (R, L, d) to the block's output in forward passes inside.

    It is a plain sum, which saves nothing for the backward pass: under gradient checkpointing the
    block runs again after the hook is removed, and must then save the same tensors."""

    def add(_: Any, __: Any, out: Any) -> Any:
        if isinstance(out, tuple):
            return (out[0] + shift.to(out[0].dtype), *out[1:])
        return out + shift.to(out.dtype)

    hook = block.register_forward_hook(add)
    try:
        yield
    finally:
        hook.remove()
