"""Re-initialise and distil: weights move partway to a random initialisation, then the model is
distilled from the suspect.

Noise and distillation of UNDO (Lee et al., "Distillation robustifies unlearning", NeurIPS 2025,
arXiv 2506.06278, section 5). The idea is that behaviour which the suspect does not show on the
distillation texts is not transferred:

    theta' = (1 - alpha) theta + alpha beta N    N: Xavier-uniform for matrices, 0 for vectors
    loss   = KL(suspect || model) of the next token, temperature 1

alpha 0.25 is the authors' for a pretrained model (Gemma-2-2B; 0.2 to 0.8 for their small ones),
beta 0.1 their default. UNDO first unlearns what is known to be unwanted; a blind defender has
nothing to unlearn first, and distils on clean prompts only. They distil until 95 % of the suspect's
performance is recovered; here the number of steps is part of the budget.

The divergence is taken along the tokens of the right answer, as in self-distillation; no answer is
a target. Only weights that train are re-initialised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Brief, Params, limits, register, seeds
from defenders.objectives.clean_finetune import CleanFinetune, refuse_adapter

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class ReinitParams(Params):
    """How far weights move, and the scale of the initialisation that they move to."""

    alpha: float = Field(
        0.25, ge=0, le=1, description="how far weights move to the initialisation, in [0, 1]"
    )
    beta: float = Field(
        0.1,
        ge=0,
        le=limits.WEIGHT,
        description="scale of the initialisation, at least 0; 0 only shrinks weights",
    )


@register("objective", "reinit_distil")
class ReinitDistil(CleanFinetune):
    """Weights partly re-initialised, then distilled from the suspect on clean prompts."""

    Params = ReinitParams
    shares = True
    edits = True
    copies = True

    @classmethod
    def cost(cls, params: Any) -> float:
        """Return 4/3: a training step and the teacher's forward pass."""
        return 1 + 1 / 3

    def __init__(self, params: Any, teacher: Any = None) -> None:
        super().__init__(params)
        self.teacher = teacher

    def prepare(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> ReinitDistil:
        """Return the objective with a frozen copy of the unedited suspect as its teacher."""
        from arena.ml import terms

        return ReinitDistil(self.params, terms.frozen(model))

    def edit(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> None:
        """Shrink the weights and add noise drawn by the brief's seed, in place.

        Raises:
            InputError: the model has an adapter.
        """
        import torch

        refuse_adapter(model, self.name)
        alpha, beta = self.params.alpha, self.params.beta
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(seeds.integer(brief.seed, "reinit"))
            for weight in model.parameters():
                if weight.requires_grad:
                    # on the CPU, so that the draw does not depend on the device
                    noise = torch.zeros(weight.shape)
                    if weight.dim() > 1:
                        torch.nn.init.xavier_uniform_(noise)
                    weight.mul_(1 - alpha).add_(noise.to(weight), alpha=alpha * beta)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the mean over answer tokens of KL(suspect || model), in nats."""
        import torch
        from torch.nn import functional

        from arena.ml.training import answer_logits

        with torch.no_grad():
            taught = answer_logits(self.teacher, batch).float().log_softmax(-1)
        said = answer_logits(model, batch).float().log_softmax(-1)
        return functional.kl_div(said, taught, reduction="batchmean", log_target=True)
