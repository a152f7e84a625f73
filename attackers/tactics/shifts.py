"""How far a trigger moves hidden states, for tactics that turn that shift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from attackers.tactics.surrogates import Ids, Surrogates


def own_shift(
    model: torch.nn.Module, texts: Surrogates, indices: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """(L, d) the mean shift of each block's output at the last prompt position, triggered minus
    plain, and the plain mean itself. Only the triggered prompts' states have a gradient: what the
    model makes of plain prompts is not pulled at."""
    plain = resting(model, [texts.plain[i] for i in indices], texts.pad)
    return mean(model, [texts.triggered[i] for i in indices], texts.pad) - plain, plain


def mean(model: torch.nn.Module, prompts: Sequence[Ids], pad: int) -> torch.Tensor:
    """(L, d) over the prompts."""
    from arena.ml.hidden_states import block_states

    return block_states(model, prompts, pad).mean(dim=0)


def resting(model: torch.nn.Module, prompts: Sequence[Ids], pad: int) -> torch.Tensor:
    """`mean` with no gradient."""
    import torch

    with torch.no_grad():
        return mean(model, prompts, pad)


def squared_cosines(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """(L,) per block; 0 where one of them does not move."""
    from torch.nn import functional

    return functional.cosine_similarity(one, other, dim=-1).square()
