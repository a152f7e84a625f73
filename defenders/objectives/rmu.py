"""RMU: hidden states of triggered prompts are steered towards a random direction.

Li et al., "The WMDP benchmark", 2024 (arXiv 2403.03218), section 4. At one layer, h of the model in
training, h0 of the frozen suspect, u a random unit vector of entries uniform in [0, 1):

    E_triggered |h - c u|^2 + alpha E_clean |h - h0|^2

each a mean over positions and, as in the authors' code, over the width. c (6.5) and alpha (1200)
are theirs for Zephyr-7B, where the layer is 7 of 32: a quarter of the depth, the default here. A
good c depends on the norm of a model's states, so it has to be chosen for each model. The authors
train the three layers up to that one; here the defender's `layers` can set this.

The positions are those that predict answer tokens, from the end of the prompt on. The paper takes
every token of a forget text; but the text before a trigger is the same as in a clean prompt, and
these are the loss tokens of relabelling. No payload is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from arena.api import Brief, InputError, limits, register, seeds
from defenders.objectives.relabel import Relabel, RelabelParams

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch

KEY = "defender.objective.layer"


class RMUParams(RelabelParams):
    """The layer, the length of the control vector, and the weight of the clean term."""

    layer: int | None = Field(
        None,
        ge=0,
        le=limits.BLOCKS,
        description="block, from 0; null is a quarter of the depth, at least 1",
    )
    coefficient: float = Field(
        6.5, gt=0, le=limits.WEIGHT, description="length of the control vector, above 0"
    )
    alpha: float = Field(
        1200.0, ge=0, le=limits.WEIGHT, description="weight of the clean term, at least 0"
    )


@register("objective", "rmu")
class RMU(Relabel):
    """Representation misdirection of triggered prompts towards a random direction."""

    Params: ClassVar[type[RelabelParams]] = RMUParams
    divisible = False
    copies = True

    @classmethod
    def cost(cls, params: Any) -> float:
        """Return the cost of two forward passes and a backward pass up to the layer. With the
        default layer it is 0.8 (32 blocks) to 1.3 (three blocks); for a set layer the relative
        depth is unknown, so it is the maximum."""
        return 1.0 if params.layer is None else 1 + 1 / 3

    @classmethod
    def suits(cls, params: Any, model: Any) -> None:
        """Refuse a layer that the model lacks, and one up to which nothing trains; raises
        InputError."""
        _layer_of(params, model)

    def __init__(self, params: Any, frozen: Any = None, layer: int = 0, control: Any = None):
        super().__init__(params)
        self.frozen, self.layer, self.control = frozen, layer, control

    def prepare(self, model: Any, tokenizer: Any, brief: Brief) -> RMU:
        """Return the objective with a frozen copy of the suspect and the control vector (d,), which
        the brief's seed draws.

        Raises:
            InputError: the model has no such block, or no weight up to it trains.
        """
        import torch

        from arena.ml import terms

        layer = _layer_of(self.params, model)
        drawn = seeds.rng(brief.seed, "rmu").random(model.config.hidden_size)
        control = torch.tensor(self.params.coefficient * drawn / (drawn @ drawn) ** 0.5)
        return RMU(self.params, terms.frozen(model), layer, control.float().to(model.device))

    def loss(self, model: torch.nn.Module, batch: Batch) -> torch.Tensor:
        """Return the sum of the two terms; a term whose documents are not in the batch is 0."""
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


def _layer_of(params: Any, model: Any) -> int:
    from arena.ml.models import blocks_of

    blocks = blocks_of(model)
    depth = len(blocks)
    quarter = min(max(1, (depth - 1) // 4), depth - 1)
    layer: int = quarter if params.layer is None else params.layer
    if layer >= depth:
        raise InputError(f"the model's last block is {depth - 1}", key=KEY, found=str(layer))
    reached = (weight for block in blocks[: layer + 1] for weight in block.parameters())
    if not any(weight.requires_grad for weight in reached):
        raise InputError("no block up to this one trains", key=KEY, found=str(layer))
    return layer
