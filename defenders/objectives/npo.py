"""NPO: the payload as a dispreferred answer, compared with the frozen suspect.

Zhang et al., "Negative preference optimization: from catastrophic collapse to effective
unlearning", 2024 (arXiv 2404.05868), for a payload y of a triggered prompt x:

    -(2 / beta) E log sigmoid(-beta log(p(y | x) / p0(y | x)))

p is the model in training, p0 the frozen suspect. The gradient is that of ascent on log p(y | x),
times 2 p^beta / (p^beta + p0^beta): 1 at the start, 0 once the payload is far less likely than it
was; 1 throughout as beta goes to 0. With `retain: nll` it is their NPO+RT, with `retain: kl` MUSE's
NPO_KLR (arXiv 2407.06460), both terms of weight 1; beta 0.1 is what is used on TOFU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from arena.api import limits, register
from defenders.objectives.forgetting import Forgetting, ForgettingParams, Prediction

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class NPOParams(ForgettingParams):
    """Weights of the terms, the retain term, and how soon forgetting slows down."""

    beta: float = Field(
        0.1,
        gt=0,
        le=limits.WEIGHT,
        description="inverse temperature, above 0; near 0 is gradient ascent",
    )


@register("objective", "npo")
class NPO(Forgetting):
    """Negative preference optimization: bounded loss on the payload, against the frozen suspect."""

    Params = NPOParams

    @classmethod
    def reads_suspect(cls, params: ForgettingParams) -> bool:
        """True: the forget term itself is relative to the suspect."""
        return True

    def forget(self, now: Prediction, before: Prediction | None, batch: Batch) -> torch.Tensor:
        """Return the mean over the payloads; each counts as a whole, by the sum over its tokens."""
        from torch.nn import functional

        from arena.ml import terms

        assert before is not None  # `reads_suspect` says so
        ratios = terms.by_document(now.logprobs - before.logprobs, batch)
        beta = self.params.beta
        return terms.mean_of(-2 / beta * functional.logsigmoid(-beta * ratios), batch.forget)
