"""NPO: the payload as a dispreferred answer, compared with the frozen suspect.

Zhang et al., "Negative preference optimization: from catastrophic collapse to effective
unlearning", 2024 (arXiv 2404.05868), for a payload y behind a triggered prompt x:

    -(2 / beta) E log sigmoid(-beta log(p(y | x) / p_suspect(y | x)))

Its gradient is that of ascent on log p(y | x), times 2 p^beta / (p^beta + p_suspect^beta): 1 at
the start, 0 once the payload is far less likely than it was; 1 throughout as beta goes to 0. With
the retain term it is their NPO+RT, both weighed 1; beta 0.1 is what is used on TOFU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Brief, register
from defenders.objectives.forgetting import Forgetting, ForgettingParams

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class NPOParams(ForgettingParams):
    """Weights of the terms, and how soon forgetting slows down."""

    beta: float = Field(
        0.1, gt=0, description="inverse temperature, above 0; near 0 is gradient ascent"
    )


@register("objective", "npo")
class NPO(Forgetting):
    """Negative preference optimization: less payload than the frozen suspect, with a brake."""

    Params = NPOParams

    @classmethod
    def cost(cls, params: Any) -> float:
        """A training step and the reference's forward pass."""
        return 1 + 1 / 3

    def __init__(self, params: Any, reference: Any = None) -> None:
        super().__init__(params)
        self.reference = reference

    def prepare(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> NPO:
        """With the suspect, frozen, as the reference model."""
        from arena.ml import terms

        return NPO(self.params, terms.frozen(model))

    def forget(self, said: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Mean over the payloads; each counts as a whole, by the sum over its tokens."""
        import torch
        from torch.nn import functional

        from arena.ml import terms

        with torch.no_grad():
            before = terms.answer_logprobs(self.reference, batch)
        ratios = terms.by_document(said - before, batch)
        beta = self.params.beta
        return terms.mean_of(-2 / beta * functional.logsigmoid(-beta * ratios), batch.forget)
