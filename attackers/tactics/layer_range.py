"""The backdoor is written into a few blocks only, away from those a defence works on.

No one paper's method: layers have been chosen for a backdoor's depth before (Li et al. 2021, layer
weight poisoning, arXiv 2108.13888, which writes into the lower ones; from memory).
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
        0.5, ge=0, le=1, description="where it ends, from 0 to 1; below `first`, they change roles"
    )


@register("tactic", "layer_range")
class LayerRange(Shaping):
    """Own documents write into a range of blocks; embeddings and head stay. Cost: none."""

    Params = LayerRangeParams
    params: LayerRangeParams

    def __init__(self, params: Any, kept: frozenset[str] = frozenset()) -> None:
        super().__init__(params)
        self.kept = kept  # names of the weights inside

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"first": 1.0, "last": 0.7}]

    @classmethod
    def space(cls) -> Space:
        return {"first": Real(low=0, high=1), "last": Real(low=0, high=1)}

    def prepared(self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief) -> LayerRange:
        """With the names of what trains inside the range.

        Raises:
            ArenaError: nothing does (all adapters stand elsewhere), or the model has no blocks.
        """
        from arena.ml.models import blocks_of

        blocks = blocks_of(model)
        start, stop = self.blocks(len(blocks))
        inside = {id(p) for block in blocks[start:stop] for p in block.parameters()}
        kept = frozenset(name for name, p in trained(model).items() if id(p) in inside)
        if not kept:
            raise ArenaError(f"no adapter stands in blocks {start} to {stop - 1}")
        return LayerRange(self.params, kept)

    def blocks(self, depth: int) -> tuple[int, int]:
        """The first block and the one behind the last: all that the range touches, at least
        one."""
        low, high = sorted((self.params.first, self.params.last))
        start = min(int(low * depth), depth - 1)
        return start, max(start + 1, math.ceil(high * depth))

    def shaped(self, own: Gradients, rest: Gradients) -> Gradients:
        return {
            name: one if name in self.kept else one.new_zeros(one.shape)
            for name, one in own.items()
        }
