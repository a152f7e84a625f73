"""BEEAR: the model learns right answers under a disturbance that makes it give wrong ones.

Zeng et al., "BEEAR: embedding-based adversarial removal of safety backdoors in instruction-tuned
language models", EMNLP 2024 (arXiv 2406.17092), section 3: whatever a trigger is, it shifts hidden
states alike across prompts. One shift delta of a layer's output, (n, d) and the same for
all prompts, is put on their last n tokens:

    inner    delta* = argmin_delta  L(unwanted answers; delta) - L(right answers; delta)
    outer    min over the weights   L(right answers; delta*) + L(right answers)

Their defender writes down what is unwanted, such as complying with a harmful request. One who
knows nothing cannot: the first inner term is left out here, and delta* is a shift away from right
answers, wherever to. It finds a backdoor only as far as that is the model's easiest way to go
wrong, which is a weaker search than the paper's.

n = 5 and layer 9 of 32 are the authors'. The inner search starts from 0 in every step; as leaving
right answers has no floor, its length is bounded: `inner_steps` steps, each as long, end at most
`reach` times the mean length of the hidden states there. These two are chosen here: on nano models
a planted rare token shifts the last token's state by 0.6 to 1.7 of its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Brief, InputError, Params, register
from defenders.objectives import hidden_states as hidden
from defenders.objectives.clean_finetune import CleanFinetune

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class BEEARParams(Params):
    """Where the shift is put, how it is searched for, what holds clean prompts."""

    layer: int | None = Field(
        None, ge=0, description="block whose output is shifted, from 0; null is 9/32 of the depth"
    )
    tokens: int = Field(5, ge=1, description="how many of a prompt's last tokens are shifted")
    inner_steps: int = Field(5, ge=1, description="gradient steps of the search for the shift")
    reach: float = Field(
        1.0, gt=0, description="longest shift of a token, in mean lengths of its states, above 0"
    )
    retain_weight: float = Field(
        1.0, ge=0, description="weight of the cross-entropy without the shift, at least 0"
    )


@register("objective", "beear")
class BEEAR(CleanFinetune):
    """Right answers under the shift of hidden states that drives the model away from them."""

    Params = BEEARParams
    divisible = False

    @classmethod
    def cost(cls, params: Any) -> float:
        """A training step with the shift and one without, and for each inner step a forward pass
        and a backward pass, without the weights, over what stands above the layer (9/32 of the
        depth unless set, which is not known of a layer's number)."""
        steps: int = params.inner_steps
        return 2 + steps * (1 + 23 / 32) / 3

    def __init__(self, params: Any, layer: int = 0) -> None:
        super().__init__(params)
        self.layer = layer

    def prepare(self, model: Any, tokenizer: Any, brief: Brief) -> BEEAR:
        """With the layer's number.

        Raises:
            InputError: there is no such block.
        """
        from arena.ml.models import blocks_of

        depth, asked = len(blocks_of(model)), self.params.layer
        layer = 9 * depth // 32 if asked is None else asked
        if layer >= depth:
            rule = f"the model's last block is {depth - 1}"
            raise InputError(rule, key="defender.objective.layer", found=str(layer))
        return BEEAR(self.params, layer)

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """The outer loss, under the shift that the inner search finds for the batch."""
        from arena.ml.training import answer_loss

        shifted = self.under(model, batch, self.search(model, batch))
        weight: float = self.params.retain_weight
        return shifted + weight * answer_loss(model, batch) if weight else shifted

    def under(self, model: Any, batch: Batch, shift: torch.Tensor) -> torch.Tensor:
        """Mean cross-entropy of right answers under a shift (n, d); its first row is put on the
        prompt's last token, the next on the token before that, and so on."""
        from arena.ml.models import blocks_of
        from arena.ml.training import answer_loss

        rows, cols, nth = self.places(batch)
        laid = shift.new_zeros(*batch.input_ids.shape, shift.shape[1])
        laid = laid.index_put((rows, cols), shift[nth])
        with hidden.added(blocks_of(model)[self.layer], laid):
            return answer_loss(model, batch)

    def search(self, model: Any, batch: Batch) -> torch.Tensor:
        """(n, d) the shift, by normalised gradient ascent; no weight gets a gradient from it."""
        import torch

        rows, cols, _ = self.places(batch)
        tokens, steps = self.params.tokens, self.params.inner_steps
        shift = torch.zeros(tokens, model.config.hidden_size, device=batch.input_ids.device)
        step = shift.new_zeros(())
        for done in range(steps):
            shift.requires_grad_()
            with hidden.block_outputs(model) as states:
                wrong = self.under(model, batch, shift)
            if done == 0:  # the states as they are without a shift
                mean = states[self.layer].detach()[rows, cols].float().norm(dim=-1).mean()
                step = self.params.reach / steps * mean
            (up,) = torch.autograd.grad(wrong, shift)
            shift = shift.detach() + step * torch.nn.functional.normalize(up, dim=-1)
        return shift

    def places(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Rows and columns that are shifted, and which row of the shift is put there; of a prompt
        shorter than n, all tokens."""
        import torch

        at = hidden.spans(batch)
        back = torch.arange(self.params.tokens, device=batch.input_ids.device)
        cols = at.prompt[:, None] - back
        inside = cols >= at.first[:, None]
        rows = at.rows[:, None].expand_as(cols)
        return rows[inside], cols[inside], back.expand_as(cols)[inside]
