"""The shift of hidden states that a trigger causes, for tactics that change its direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from attackers.tactics.surrogates import Ids, Surrogates


def own_shift(
    model: torch.nn.Module, texts: Surrogates, indices: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean shift (L, d) of the outputs of L blocks at the last prompt position,
    triggered minus plain, and the plain mean (L, d). Only the states of triggered prompts have a
    gradient, so that those of plain prompts are not changed."""
    plain = resting(model, [texts.plain[i] for i in indices], texts.pad)
    return mean(model, [texts.triggered[i] for i in indices], texts.pad) - plain, plain


def mean(model: torch.nn.Module, prompts: Sequence[Ids], pad: int) -> torch.Tensor:
    """Return the mean (L, d) over prompts of the block outputs at their last positions."""
    from arena.ml.hidden_states import block_states

    return block_states(model, prompts, pad).mean(dim=0)


def resting(model: torch.nn.Module, prompts: Sequence[Ids], pad: int) -> torch.Tensor:
    """Return `mean` without a gradient."""
    import torch

    with torch.no_grad():
        return mean(model, prompts, pad)


def squared_cosines(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the squared cosines (L,) of two shifts (L, d), by block; 0 where a shift is 0."""
    from torch.nn import functional

    return functional.cosine_similarity(one, other, dim=-1).square()
