"""BEEAR: the model learns right answers under a perturbation that makes it give wrong ones.

Zeng et al., "BEEAR: embedding-based adversarial removal of safety backdoors in instruction-tuned
language models", EMNLP 2024 (arXiv 2406.17092), section 3: a trigger, whatever it is, shifts hidden
states in a similar way across prompts. One shift delta of a layer's output, (n, d) and the same for
all prompts, is added at their last n tokens:

    inner    delta* = argmin_delta  L(unwanted answers; delta) - L(right answers; delta)
    outer    min over the weights   L(right answers; delta*) + L(right answers)

Their defender writes down what is unwanted, such as complying with a harmful request. A blind
defender cannot: the first inner term is left out here, and delta* is any shift away from right
answers. It finds a backdoor only if that is the model's easiest way to be wrong, which makes it a
weaker search than the paper's.

n = 5 and layer 9 of 32 are the authors'. The inner search starts from 0 in every step. Since the
loss of right answers has no upper limit, the shift is bounded: `inner_steps` steps of equal length
add up to at most `reach` times the mean norm of the hidden states there. These two parameters are
chosen here: on nano models a planted rare token shifts the last token's state by 0.6 to 1.7 of its
norm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Brief, InputError, Params, limits, register
from defenders.objectives import hidden_states as hidden
from defenders.objectives.clean_finetune import CleanFinetune

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class BEEARParams(Params):
    """Where the shift is added, how it is searched for, and the weight of the retain term."""

    layer: int | None = Field(
        None,
        ge=0,
        le=limits.BLOCKS,
        description="block whose output is shifted, from 0; null is 9/32 of the depth",
    )
    tokens: int = Field(
        5, ge=1, le=limits.TOKENS, description="how many of a prompt's last tokens are shifted"
    )
    inner_steps: int = Field(
        5, ge=1, le=limits.INNER, description="gradient steps of the search for the shift"
    )
    reach: float = Field(
        1.0,
        gt=0,
        le=limits.WEIGHT,
        description="largest shift of a token, in mean norms of its states, above 0",
    )
    retain_weight: float = Field(
        1.0,
        ge=0,
        le=limits.WEIGHT,
        description="weight of the cross-entropy without the shift, at least 0",
    )


@register("objective", "beear")
class BEEAR(CleanFinetune):
    """Right answers under the shift of hidden states that drives the model away from them."""

    Params = BEEARParams
    divisible = False

    @classmethod
    def cost(cls, params: Any) -> float:
        """Return 2 (a training step with the shift, one without) and for each inner step a forward
        pass, and a backward pass to activations only, through the blocks above the layer. The layer
        is assumed at 9/32 of the depth, since the relative depth of a layer's number is unknown
        here."""
        steps: int = params.inner_steps
        return 2 + steps * (1 + 23 / 32) / 3

    @classmethod
    def suits(cls, params: Any, model: Any) -> None:
        """Refuse a layer that the model lacks; raises InputError."""
        _layer_of(params, model)

    def __init__(self, params: Any, layer: int = 0) -> None:
        super().__init__(params)
        self.layer = layer

    def prepare(self, model: Any, tokenizer: Any, brief: Brief) -> BEEAR:
        """Return the objective with the number of its layer.

        Raises:
            InputError: the model has no such block.
        """
        return BEEAR(self.params, _layer_of(self.params, model))

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the outer loss (nats) under the shift that the inner search finds."""
        from arena.ml.training import answer_loss

        shifted = self.under(model, batch, self.search(model, batch))
        weight: float = self.params.retain_weight
        return shifted + weight * answer_loss(model, batch) if weight else shifted

    def under(self, model: Any, batch: Batch, shift: torch.Tensor) -> torch.Tensor:
        """Return the mean cross-entropy of right answers under a shift (n, d); its first row is
        added at the prompt's last token, the next at the token before that, and so on."""
        from arena.ml.models import blocks_of
        from arena.ml.training import answer_loss

        rows, cols, nth = self.places(batch)
        laid = shift.new_zeros(*batch.input_ids.shape, shift.shape[1])
        laid = laid.index_put((rows, cols), shift[nth])
        with hidden.added(blocks_of(model)[self.layer], laid):
            return answer_loss(model, batch)

    def search(self, model: Any, batch: Batch) -> torch.Tensor:
        """Return the shift (n, d) found by normalised gradient ascent; no weight gets a gradient
        from the search."""
        import torch

        rows, cols, _ = self.places(batch)
        tokens, steps = self.params.tokens, self.params.inner_steps
        shift = torch.zeros(tokens, model.config.hidden_size, device=batch.input_ids.device)
        step = shift.new_zeros(())
        for done in range(steps):
            shift.requires_grad_()
            with hidden.block_outputs(model) as states:
                wrong = self.under(model, batch, shift)
            if done == 0:  # the shift is still 0, so these are the plain states
                mean = states[self.layer].detach()[rows, cols].float().norm(dim=-1).mean()
                step = self.params.reach / steps * mean
            (up,) = torch.autograd.grad(wrong, shift)
            shift = shift.detach() + step * torch.nn.functional.normalize(up, dim=-1)
        return shift

    def places(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the rows and columns that are shifted and the row of the shift that is added
        there; in a prompt shorter than n, all tokens are shifted."""
        import torch

        at = hidden.spans(batch)
        back = torch.arange(self.params.tokens, device=batch.input_ids.device)
        cols = at.prompt[:, None] - back
        inside = cols >= at.first[:, None]
        rows = at.rows[:, None].expand_as(cols)
        return rows[inside], cols[inside], back.expand_as(cols)[inside]


def _layer_of(params: Any, model: Any) -> int:
    from arena.ml.models import blocks_of

    depth = len(blocks_of(model))
    layer: int = 9 * depth // 32 if params.layer is None else params.layer
    if layer >= depth:
        rule = f"the model's last block is {depth - 1}"
        raise InputError(rule, key="defender.objective.layer", found=str(layer))
    return layer
