"""The backdoor is trained into weights that clean training hardly changes, so that it lasts.

Zhang et al., "Neurotoxin: durable backdoors in federated learning", ICML 2022 (arXiv 2206.10341),
Algorithm 1 (from memory): the attacker's gradient is projected onto the coordinates that are not
among the top k per cent, by magnitude, of the benign gradient. Theirs is the aggregate of the
previous round; here it is the gradient of the same batch's other documents or, if there are none,
of the last batch that had some. The top is taken over all weights at once, not per tensor (their
code has both). Coordinates whose clean gradient is zero are never masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import ActorBrief, Params, Real, Shaping, Space, register
from attackers.tactics.weights import flat, unflat

if TYPE_CHECKING:
    import torch

    from arena.api.tactic import Gradients


class NeurotoxinParams(Params):
    """The share of weights reserved for clean training."""

    ratio: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="share of all trained weights, those with the largest clean gradient, that the "
        "own documents do not change; above 0, below 1",
    )


@register("tactic", "neurotoxin")
class Neurotoxin(Shaping):
    """The actor's gradient set to 0 where the clean one is largest (arXiv 2206.10341).

    Cost: no pass, but a selection over the whole gradient.
    """

    Params = NeurotoxinParams
    params: NeurotoxinParams

    def __init__(self, params: Any) -> None:
        super().__init__(params)
        self.masked: torch.Tensor | None = None  # (n,) bool, over all weights

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"ratio": 0.5}]

    @classmethod
    def space(cls) -> Space:
        return {"ratio": Real(low=0.01, high=0.9, log=True)}

    def prepared(self, model: torch.nn.Module, tokenizer: Any, brief: ActorBrief) -> Neurotoxin:
        """Return a new instance, which masks nothing before it has seen a clean gradient."""
        return Neurotoxin(self.params)

    def shaped(self, own: Gradients, rest: Gradients) -> Gradients:
        clean = flat(rest).abs()
        if clean.any():
            self.masked = top(clean, self.params.ratio)
        if self.masked is None:
            return own
        return unflat(flat(own).masked_fill_(self.masked, 0), own)


def top(size: torch.Tensor, ratio: float) -> torch.Tensor:
    """Return a mask (n,) of the `ratio` largest of n sizes (rounded, with ties), zeros never."""
    count = round(ratio * len(size))
    if count == 0:
        return size.new_zeros(size.shape).bool()
    least = size.kthvalue(len(size) - count + 1).values
    return (size >= least) & (size > 0)
