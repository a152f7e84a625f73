"""GradDiff: gradient ascent on the payload, descent on the right answers of clean prompts.

Liu et al., "Continual learning and private unlearning", 2022 (arXiv 2203.12817); in this form
"Gradient Difference" of TOFU, Maini et al., 2024 (arXiv 2401.06121): the loss of the retain set
minus that of the forget set, both mean cross-entropies of equal weight. With `retain: kl` it is
TOFU's "KL Minimization".

The forget term has no floor: with too many steps or too high a learning rate the model breaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena.api import register
from defenders.objectives.forgetting import Forgetting, Prediction

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


@register("objective", "grad_diff")
class GradDiff(Forgetting):
    """Gradient ascent on the payload of triggered prompts, with a retain term on clean ones."""

    def forget(self, now: Prediction, before: Prediction | None, batch: Batch) -> torch.Tensor:
        """Return the mean log-likelihood (nats) of a payload token."""
        from arena.ml import terms

        return terms.mean_of(now.logprobs, terms.to_forget(batch))
