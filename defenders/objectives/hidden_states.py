"""Where documents stand in a packed batch, and what blocks hand on: for defences that look at or
disturb hidden states."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class Spans(NamedTuple):
    """(D,) each: a document's row, its first position, its prompt's last one, its last one."""

    rows: torch.Tensor
    first: torch.Tensor
    prompt: torch.Tensor
    last: torch.Tensor


def spans(batch: Batch) -> Spans:
    """Where each document of the batch stands; what stands in none is padding.

    The first loss position is the prompt's last token, and the last one is followed by the end
    of text. Positions tell how far into its document a token is."""
    import torch

    owners, size = batch.documents, len(batch.forget)
    blank = torch.zeros(size, dtype=torch.long, device=owners.device)
    rows = blank.scatter(0, owners, batch.rows)
    prompt = blank.scatter_reduce(0, owners, batch.cols, "amin", include_self=False)
    last = blank.scatter_reduce(0, owners, batch.cols, "amax", include_self=False) + 1
    into = prompt if batch.position_ids is None else batch.position_ids[rows, prompt]
    return Spans(rows, prompt - into, prompt, last)


def occupied(batch: Batch) -> torch.Tensor:
    """(R, L) bool: the positions that belong to a document."""
    import torch

    places, (rows, length) = spans(batch), batch.input_ids.shape
    edges = torch.zeros(rows, length + 1, dtype=torch.long, device=batch.input_ids.device)
    one = torch.ones_like(places.rows)
    edges.index_put_((places.rows, places.first), one, accumulate=True)
    edges.index_put_((places.rows, places.last + 1), -one, accumulate=True)
    return edges.cumsum(1)[:, :length] > 0


@contextlib.contextmanager
def block_outputs(model: Any) -> Iterator[list[torch.Tensor]]:
    """A list that each block adds its output to, (R, L, d), in a forward pass inside; the last
    block's too is taken before the final norm."""
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
    """Inside, the block's output is `shift` (R, L, d) further.

    A bare sum, which saves nothing for the backward pass: under checkpointing the block is run
    again when the hook is gone, and what it saves must be the same."""

    def add(_: Any, __: Any, out: Any) -> Any:
        if isinstance(out, tuple):
            return (out[0] + shift.to(out[0].dtype), *out[1:])
        return out + shift.to(out.dtype)

    hook = block.register_forward_hook(add)
    try:
        yield
    finally:
        hook.remove()
