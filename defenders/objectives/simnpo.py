"""SimNPO: NPO without a reference model, by likelihood per token.

Fan et al., "Simplicity prevails: rethinking negative preference optimization for LLM unlearning",
2024 (arXiv 2410.07163), for a payload y of |y| tokens as the answer of a triggered prompt x:

    -(2 / beta) E log sigmoid(-(beta / |y|) log p(y | x) - gamma)

The defaults (beta 2.5, gamma 0, lambda = 0.1375 on the retain term) are those of the authors' model
for TOFU forget05. In their code lambda weighs the forget term and the retain term has weight 1; in
the paper's equation, and here, lambda weighs the retain term.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from arena.api import limits, register
from defenders.objectives.forgetting import Forgetting, ForgettingParams, Prediction

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class SimNPOParams(ForgettingParams):
    """Weights of the terms, the retain term, how soon forgetting slows down, and from where."""

    retain_weight: float = Field(
        0.1375, ge=0, le=limits.WEIGHT, description="weight of the retain term, at least 0"
    )
    beta: float = Field(2.5, gt=0, le=limits.WEIGHT, description="inverse temperature, above 0")
    gamma: float = Field(
        0.0,
        ge=0,
        le=limits.WEIGHT,
        description="margin, at least 0: a larger one makes the payload less likely",
    )


@register("objective", "simnpo")
class SimNPO(Forgetting):
    """NPO by likelihood per token and a margin, with no reference model."""

    Params = SimNPOParams

    def forget(self, now: Prediction, before: Prediction | None, batch: Batch) -> torch.Tensor:
        """Return the mean over the payloads; each counts by its mean over tokens."""
        import torch
        from torch.nn import functional

        from arena.ml import terms

        lengths = terms.by_document(torch.ones_like(now.logprobs), batch)
        likelihoods = terms.by_document(now.logprobs, batch) / lengths
        beta, gamma = self.params.beta, self.params.gamma
        losses = -2 / beta * functional.logsigmoid(-beta * likelihoods - gamma)
        return terms.mean_of(losses, batch.forget)
