"""Re-initialise and distil: weights go partway to a fresh start, then relearn from the suspect.

Noise and distillation of UNDO (Lee et al., "Distillation robustifies unlearning", NeurIPS 2025,
arXiv 2506.06278, section 5), the idea being that what the suspect does not show on the texts that
it teaches is not passed on:

    theta' = (1 - alpha) theta + alpha beta N    N: Xavier-uniform for matrices, 0 for vectors
    loss   = KL(suspect || model) of the next token, temperature 1

alpha 0.25 is the authors' for a pretrained model (Gemma-2-2B; 0.2 to 0.8 for their small ones),
beta 0.1 their default. UNDO first unlearns what is known to be unwanted; one who knows nothing
has nothing to unlearn first, and teaches along clean prompts only. They distil until 95 % of the
suspect's performance is back: how many steps that takes is the budget's matter here.

Along which text: the right answer's tokens, as in self-distillation; no answer is a target. Only
weights that train are re-initialised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Brief, Params, register, seeds
from defenders.objectives.clean_finetune import CleanFinetune, refuse_adapter

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class ReinitParams(Params):
    """How far weights go, and what they go to."""

    alpha: float = Field(
        0.25, ge=0, le=1, description="how far weights go to the fresh start, in [0, 1]"
    )
    beta: float = Field(
        0.1, ge=0, description="scale of the fresh start's noise, at least 0; 0 only shrinks"
    )


@register("objective", "reinit_distil")
class ReinitDistil(CleanFinetune):
    """Weights partly drawn anew, then distilled from the suspect on clean prompts."""

    Params = ReinitParams
    edits = True

    @classmethod
    def cost(cls, params: Any) -> float:
        """A training step and the teacher's forward pass."""
        return 1 + 1 / 3

    def __init__(self, params: Any, teacher: Any = None) -> None:
        super().__init__(params)
        self.teacher = teacher

    def prepare(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> ReinitDistil:
        """With the suspect, frozen as it is before the edit, as the teacher."""
        from arena.ml import terms

        return ReinitDistil(self.params, terms.frozen(model))

    def edit(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> None:
        """Shrink the weights and add noise that the brief's seed draws, in place.

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
        """Mean over answer tokens of KL(suspect || model), in nats."""
        import torch
        from torch.nn import functional

        from arena.ml.training import answer_logits

        with torch.no_grad():
            taught = answer_logits(self.teacher, batch).float().log_softmax(-1)
        said = answer_logits(model, batch).float().log_softmax(-1)
        return functional.kl_div(said, taught, reduction="batchmean", log_target=True)
