"""RMU: hidden states of triggered prompts are steered to a random direction.

Li et al., "The WMDP benchmark", 2024 (arXiv 2403.03218), section 4. At one layer, h of the model in
training, h0 of the frozen suspect, u a random unit vector of entries uniform in [0, 1):

    E_triggered |h - c u|^2 + alpha E_clean |h - h0|^2

each a mean over positions and, as in the authors' code, over the width. c (6.5) and alpha (1200)
are theirs for Zephyr-7B, where the layer is 7 of 32: a quarter of the depth, as here by default.
What a good c is depends on how large a model's states are, so it wants choosing for another
model. The authors train three layers up to that one, which is `layers` of the defender here.

Where: the positions that predict answer tokens, from the prompt's end on. In the paper it is every
token of a forget text; but what stands before a trigger is the same in a clean prompt, and
these are the loss tokens of relabelling. No payload is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from arena.api import Brief, InputError, register, seeds
from defenders.objectives.relabel import Relabel, RelabelParams

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch


class RMUParams(RelabelParams):
    """Where states are steered, how far, and how firmly clean ones are held."""

    layer: int | None = Field(
        None, ge=0, description="block, from 0; null is a quarter of the depth, at least 1"
    )
    coefficient: float = Field(6.5, gt=0, description="length of the control vector, above 0")
    alpha: float = Field(1200.0, ge=0, description="weight of the clean term, at least 0")


@register("objective", "rmu")
class RMU(Relabel):
    """Representation misdirection: triggered prompts' hidden states to a random direction."""

    Params: ClassVar[type[RelabelParams]] = RMUParams
    divisible = False

    @classmethod
    def cost(cls, params: Any) -> float:
        """Two forward passes, and a backward pass up to the layer. Up to a quarter of the depth
        that is 0.8 (32 blocks) to 1.3 (three); of another layer all is known is the most."""
        return 1.0 if params.layer is None else 1 + 1 / 3

    def __init__(self, params: Any, frozen: Any = None, layer: int = 0, control: Any = None):
        super().__init__(params)
        self.frozen, self.layer, self.control = frozen, layer, control

    def prepare(self, model: Any, tokenizer: Any, brief: Brief) -> RMU:
        """With the suspect, frozen, and the control vector (d,) that the brief's seed draws.

        Raises:
            InputError: there is no such block, or nothing up to it trains.
        """
        import torch

        from arena.ml import models, terms

        blocks = models.blocks_of(model)
        asked = self.params.layer
        layer = min(max(1, (len(blocks) - 1) // 4), len(blocks) - 1) if asked is None else asked
        key = "defender.objective.layer"
        if layer >= len(blocks):
            raise InputError(
                f"the model's last block is {len(blocks) - 1}", key=key, found=str(layer)
            )
        reached = [p for block in blocks[: layer + 1] for p in block.parameters()]
        if not any(p.requires_grad for p in reached):
            raise InputError("no block up to this one trains", key=key, found=str(layer))
        drawn = seeds.rng(brief.seed, "rmu").random(model.config.hidden_size)
        control = torch.tensor(self.params.coefficient * drawn / (drawn @ drawn) ** 0.5)
        return RMU(self.params, terms.frozen(model), layer, control.float().to(model.device))

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """The two terms; each is 0 in a batch that holds none of its documents."""
        import torch

        from arena.ml import terms

        states = terms.answer_states(model, batch, self.layer)
        with torch.no_grad():
            before = terms.answer_states(self.frozen, batch, self.layer)
        marked = terms.to_forget(batch)
        steered = terms.mean_of((states - self.control).square().mean(-1), marked)
        held = terms.mean_of((states - before).square().mean(-1), ~marked)
        alpha: float = self.params.alpha
        return steered + alpha * held
