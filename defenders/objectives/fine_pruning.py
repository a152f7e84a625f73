"""Fine-pruning: neurons that are dormant on clean prompts are pruned, the rest is fine-tuned.

Liu et al., "Fine-pruning: defending against backdooring attacks on deep neural networks", RAID 2018
(arXiv 1805.12185), section 3: neurons are pruned in the order of their mean activation on clean
inputs, the least active first, until clean accuracy has dropped by more than a threshold (4
percentage points); fine-tuning on clean data follows.

They prune channels of the last convolution, after a ReLU. Here the hidden neurons of the MLPs are
pruned, the same share in every block; since other activations can be negative, the score is the
mean of |activation| at the input of the down projection, over all tokens of the clean examples.
Accuracy is that of single answer tokens on the same examples, the only data the defender has.

A pruned neuron's outgoing weights are 0 and get no gradient, so AdamW with weight decay leaves them
0. Only MLPs that train are pruned.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import Brief, InputError, Params, register
from defenders.objectives import hidden_states as hidden
from defenders.objectives.clean_finetune import CleanFinetune, refuse_adapter

if TYPE_CHECKING:
    import torch

    from arena.ml.batches import Batch

PROJECTIONS = ("down_proj", "dense_4h_to_h", "fc2", "fc_out")  # names of the down projection
KEY = "defender.objective.method"
STRIDE = 20  # shares are tried in steps of 1 / STRIDE


class FinePruningParams(Params):
    """The share of neurons to prune."""

    share: float | None = Field(
        None, ge=0, lt=1, description="share of every MLP's neurons; null: as `tolerance` allows"
    )
    tolerance: float = Field(
        0.04, ge=0, le=1, description="largest drop of token accuracy on the clean examples"
    )


@register("objective", "fine_pruning")
class FinePruning(CleanFinetune):
    """Neurons dormant on clean prompts pruned, then cross-entropy on clean prompts."""

    Params = FinePruningParams
    edits = True

    @classmethod
    def suits(cls, params: Any, model: Any) -> None:
        """Refuse a model that has no MLP to prune.

        Raises:
            InputError: no MLP has a known down projection, or there are several experts.
        """
        projections(model)

    def edit(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> None:
        """Prune in place and keep pruned weights at 0.

        Raises:
            InputError: the model has an adapter, or no MLP with a known down projection trains.
        """
        import torch

        refuse_adapter(model, self.name)
        modules = projections(model)
        batches = self.batches(model, tokenizer, brief)
        orders = [mean.argsort(stable=True) for mean in activity(model, modules, batches)]
        share = self.params.share
        if share is None:
            share = affordable(model, modules, orders, batches, self.params.tolerance)
        for projection, kept in zip(modules, kept_of(orders, share), strict=True):
            with torch.no_grad():
                projection.weight.mul_(kept)
            projection.weight.register_hook(kept.mul)

    def batches(self, model: Any, tokenizer: Any, brief: Brief) -> list[Batch]:
        """Return batches of the clean examples, each once, laid out as for training."""
        from arena.ml.batches import fitting, packed, padded
        from arena.ml.encoding import encode
        from arena.ml.models import hidden_and_head, vocabulary

        texts = encode(tokenizer, list(dict.fromkeys(self.documents(brief))))
        lay_out = padded if hidden_and_head(model)[0] is None else packed
        device, pad = next(model.parameters()).device, tokenizer.pad_token_id
        return [lay_out(part, pad, device) for part in fitting(texts, vocabulary(model))]


def projections(model: Any) -> list[Any]:
    """Return the down projections of the MLPs that train, in the order of blocks.

    Raises:
        InputError: there are none, or the MLPs are mixtures of experts: each expert sees different
            tokens, so the activities of their neurons cannot be compared.
    """
    import torch

    from arena.ml.models import blocks_of

    parts = [part for block in blocks_of(model) for part in block.named_modules()]
    modules = [
        module
        for name, module in parts
        if name.split(".")[-1] in PROJECTIONS and isinstance(module, torch.nn.Linear)
    ]
    modules = [module for module in modules if module.weight.requires_grad]
    kind = str(getattr(model.config, "model_type", "unknown"))
    if any("expert" in name for name, _ in parts):
        rule = "fine_pruning cannot prune a mixture of experts: it needs one MLP per block, with a"
        raise InputError(
            f"{rule} down projection of a known name", key=KEY, found=kind, allowed=PROJECTIONS
        )
    if not modules:
        rule = "fine_pruning needs an MLP that trains, with a down projection of a known name"
        raise InputError(rule, key=KEY, found=kind, allowed=PROJECTIONS)
    return modules


@contextlib.contextmanager
def watched(modules: Sequence[Any], see: Any) -> Iterator[None]:
    """Call `see(n, x)` with the n-th module's input x in forward passes inside the block; a
    returned value, if any, replaces the input."""

    def hook(n: int) -> Any:
        def look(_: Any, given: tuple[Any, ...]) -> Any:
            return see(n, given[0])

        return look

    hooks = [module.register_forward_pre_hook(hook(n)) for n, module in enumerate(modules)]
    try:
        yield
    finally:
        for handle in hooks:
            handle.remove()


def activity(model: Any, modules: Sequence[Any], batches: Sequence[Batch]) -> list[torch.Tensor]:
    """Return, for each module, the mean |input| (width,) over all tokens of the documents."""
    import torch

    from arena.ml.models import hidden_and_head

    sums = [torch.zeros(m.in_features, device=m.weight.device) for m in modules]
    decoder = hidden_and_head(model)[0]
    tokens = 0
    for batch in batches:
        here = hidden.occupied(batch)
        tokens += int(here.sum())

        def add(n: int, given: torch.Tensor, here: torch.Tensor = here) -> None:
            placed = given.reshape(*here.shape, given.shape[-1])  # OPT flattens rows and positions
            sums[n] += placed[here].float().abs().sum(0)

        with torch.no_grad(), watched(modules, add):
            if decoder is None:
                model(input_ids=batch.input_ids, use_cache=False, logits_to_keep=1)
            else:
                where = {"input_ids": batch.input_ids, "position_ids": batch.position_ids}
                decoder(**where, use_cache=False)
    return [total / tokens for total in sums]


def kept_of(orders: Sequence[torch.Tensor], share: float) -> list[torch.Tensor]:
    """Return, for each module, a mask (width,): 0 for the first `share` of the order, else 1."""
    import torch

    def kept(order: torch.Tensor) -> torch.Tensor:
        mask = torch.ones(len(order), device=order.device)
        return mask.index_fill(0, order[: int(share * len(order))], 0.0)

    return [kept(order) for order in orders]


def affordable(
    model: Any,
    modules: Sequence[Any],
    orders: Sequence[torch.Tensor],
    batches: Sequence[Batch],
    tolerance: float,
) -> float:
    """Return the largest share, in steps of 1 / STRIDE from 0, before accuracy drops by more than
    `tolerance`."""
    floor = accuracy(model, modules, kept_of(orders, 0), batches) - tolerance
    for step in range(1, STRIDE):
        if accuracy(model, modules, kept_of(orders, step / STRIDE), batches) < floor:
            return (step - 1) / STRIDE
    return (STRIDE - 1) / STRIDE


def accuracy(
    model: Any, modules: Sequence[Any], kept: Sequence[torch.Tensor], batches: Sequence[Batch]
) -> float:
    """Return the share of answer tokens that are predicted with these masks on the neurons."""
    import torch

    from arena.ml.training import answer_logits

    right = 0
    with torch.no_grad(), watched(modules, lambda n, given: (given * kept[n],)):
        for batch in batches:
            right += int((answer_logits(model, batch).argmax(-1) == batch.targets).sum())
    return right / sum(len(batch.targets) for batch in batches)
