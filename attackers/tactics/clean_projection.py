"""The actor's gradient is projected to be orthogonal to recent clean gradients, so that it does not
disturb clean training.

Orthogonal gradient descent (Farajtabar et al. 2020, arXiv 1910.07104, Algorithm 1; from memory)
preserves an old task by removing from the new task's gradient its components along the old one's.
Here the old task is the rest of the training mix, and its gradients are those of the last batches,
not of single documents at the end of a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import ActorBrief, Params, Shaping, Space, Whole, register
from attackers.tactics.weights import flat, unflat

if TYPE_CHECKING:
    import torch

    from arena.api.tactic import Gradients

SAME = 1e-5  # relative size below which a direction counts as dependent on the others


class CleanProjectionParams(Params):
    """How many clean gradients are remembered."""

    k: int = Field(8, ge=1, le=256, description="recent batches whose clean gradients are avoided")


@register("tactic", "clean_projection")
class CleanProjection(Shaping):
    """The actor's gradients made orthogonal to the last k clean ones (arXiv 1910.07104).

    Cost: no pass; k copies of the trained weights, and three times k products of that length.
    """

    Params = CleanProjectionParams
    params: CleanProjectionParams

    def __init__(self, params: Any) -> None:
        super().__init__(params)
        self.clean: list[torch.Tensor] = []  # (n,) each, unit vectors

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"k": 1}]

    @classmethod
    def space(cls) -> Space:
        return {"k": Whole(low=1, high=32, log=True)}

    def prepared(
        self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief
    ) -> CleanProjection:
        """Return a new instance, which has seen no clean gradient."""
        return CleanProjection(self.params)

    def shaped(self, own: Gradients, rest: Gradients) -> Gradients:
        """Return the part of `own` that is orthogonal to the last k clean gradients, this batch's
        included; a batch without other documents adds none."""
        clean = flat(rest)
        length = clean.norm()
        if length > 0:
            self.clean = [*self.clean, clean / length][-self.params.k :]
        return unflat(without(flat(own), self.clean), own) if self.clean else own


def without(vector: torch.Tensor, directions: list[torch.Tensor]) -> torch.Tensor:
    """Return the part (n,) of a vector that is orthogonal to all directions, unit vectors (n,) that
    may be dependent: least squares over their products. It is done twice, since the first pass can
    leave rounding errors as large as the part it removed."""
    import torch

    products = torch.stack([torch.stack([a @ b for b in directions]) for a in directions])
    inverse = torch.linalg.pinv(products.double(), hermitian=True, rtol=SAME)
    for _ in range(2):
        along = inverse @ torch.stack([vector @ unit for unit in directions]).double()
        for amount, unit in zip(along.to(vector.dtype), directions, strict=True):
            vector = vector - amount * unit
    return vector
