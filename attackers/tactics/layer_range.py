"""The backdoor is trained into some blocks only, away from those that a defence changes.

Not taken from one paper; the closest is layer weight poisoning (Li et al. 2021, arXiv 2108.13888;
from memory), which trains the lower blocks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import ActorBrief, ArenaError, Params, Real, Shaping, Space, register
from attackers.tactics.weights import trained

if TYPE_CHECKING:
    import torch

    from arena.api.tactic import Gradients


class LayerRangeParams(Params):
    """Which blocks, as fractions of the depth: 0 is below the first, 1 above the last."""

    first: float = Field(0.0, ge=0, le=1, description="where the range begins, from 0 to 1")
    last: float = Field(
        0.5, ge=0, le=1, description="where it ends, from 0 to 1; swapped if below `first`"
    )


@register("tactic", "layer_range")
class LayerRange(Shaping):
    """The actor's documents train a range of blocks only, never embeddings or head. Cost: none."""

    Params = LayerRangeParams
    params: LayerRangeParams

    def __init__(self, params: Any, kept: frozenset[str] = frozenset()) -> None:
        super().__init__(params)
        self.kept = kept  # names of the weights inside the range

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"first": 1.0, "last": 0.7}]

    @classmethod
    def space(cls) -> Space:
        return {"first": Real(low=0, high=1), "last": Real(low=0, high=1)}

    def prepared(self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief) -> LayerRange:
        """Return the tactic with the names of the weights that train inside the range.

        Raises:
            ArenaError: there are none (all adapters are elsewhere), or the model has no blocks.
        """
        from arena.ml.models import blocks_of

        blocks = blocks_of(model)
        start, stop = self.blocks(len(blocks))
        inside = {id(p) for block in blocks[start:stop] for p in block.parameters()}
        kept = frozenset(name for name, p in trained(model).items() if id(p) in inside)
        if not kept:
            raise ArenaError(f"no weight of blocks {start} to {stop - 1} trains")
        return LayerRange(self.params, kept)

    def blocks(self, depth: int) -> tuple[int, int]:
        """Return the first block of the range and the one after its last: at least one block, and
        every block that the range overlaps."""
        low, high = sorted((self.params.first, self.params.last))
        start = min(int(low * depth), depth - 1)
        return start, max(start + 1, math.ceil(high * depth))

    def shaped(self, own: Gradients, rest: Gradients) -> Gradients:
        return {
            name: gradient if name in self.kept else gradient.new_zeros(gradient.shape)
            for name, gradient in own.items()
        }
