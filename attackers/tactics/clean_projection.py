"""The own gradient leaves alone what clean training is learning: it is orthogonal to that.

Orthogonal gradient descent (Farajtabar et al. 2020, arXiv 1910.07104, Algorithm 1; from memory)
keeps an old task by projecting the new one's gradient off the old one's. Here the old task is the
rest of the training mix, and its gradients are those of the last batches, not of single documents
at the end of a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import ActorBrief, Params, Shaping, Space, Whole, register
from attackers.tactics.weights import flat, unflat

if TYPE_CHECKING:
    import torch

    from arena.api.tactic import Gradients

SAME = 1e-5  # a direction this small a part of the others is theirs, or rounding


class CleanProjectionParams(Params):
    """How much of the past is remembered."""

    k: int = Field(
        8, ge=1, le=256, description="batches whose clean gradients span what is left alone"
    )


@register("tactic", "clean_projection")
class CleanProjection(Shaping):
    """Own gradients orthogonal to the last k clean ones (arXiv 1910.07104).

    Cost: no pass; k copies of the trained weights, and three times k products of that length.
    """

    Params = CleanProjectionParams
    params: CleanProjectionParams

    def __init__(self, params: Any) -> None:
        super().__init__(params)
        self.clean: list[torch.Tensor] = []  # (n,) each, of length 1

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"k": 1}]

    @classmethod
    def space(cls) -> Space:
        return {"k": Whole(low=1, high=32, log=True)}

    def prepared(
        self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief
    ) -> CleanProjection:
        """A new one, which has seen no clean gradient."""
        return CleanProjection(self.params)

    def shaped(self, own: Gradients, rest: Gradients) -> Gradients:
        """Off the rest's gradient of this batch too; a batch with no others adds none."""
        seen = flat(rest)
        length = seen.norm()
        if length > 0:
            self.clean = [*self.clean, seen / length][-self.params.k :]
        return unflat(without(flat(own), self.clean), own) if self.clean else own


def without(vector: torch.Tensor, directions: list[torch.Tensor]) -> torch.Tensor:
    """(n,) the part of a vector that is orthogonal to all directions (n,) of length 1, which may
    be dependent: least squares over their products. Done twice, since the first time leaves
    rounding errors as large as what was taken off."""
    import torch

    products = torch.stack([torch.stack([a @ b for b in directions]) for a in directions])
    inverse = torch.linalg.pinv(products.double(), hermitian=True, rtol=SAME)
    for _ in range(2):
        along = inverse @ torch.stack([vector @ each for each in directions]).double()
        for amount, each in zip(along.to(vector.dtype), directions, strict=True):
            vector = vector - amount * each
    return vector
