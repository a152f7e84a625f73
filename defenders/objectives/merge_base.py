"""Merging with a clean base: weights are averaged with those of a model without the backdoor.

Arora et al., "Here's a free lunch: sanitizing backdoored models with model merge", Findings of ACL
2024 (arXiv 2402.19334), section 3: theta = sum_i w_i theta_i over models of one architecture, with
equal weights by default. Here there are two, the suspect and the clean checkpoint it came from:

    theta' = (1 - weight) theta_suspect + weight theta_base

What the base has not learnt is partly lost too, so a fine-tune on clean prompts follows unless
`steps` is 0. Only weights that train are merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from arena.api import ArenaError, Brief, InputError, Params, register
from defenders.objectives.clean_finetune import CleanFinetune, refuse_adapter

if TYPE_CHECKING:
    import torch


class MergeParams(Params):
    """The weight of the base."""

    weight: float = Field(
        0.5, ge=0, le=1, description="weight of the clean base in the merge, in [0, 1]"
    )


@register("objective", "merge_base")
class MergeBase(CleanFinetune):
    """Weights averaged with those of the clean base, then cross-entropy on clean prompts."""

    Params = MergeParams
    needs_base = True
    edits = True

    def edit(self, model: torch.nn.Module, tokenizer: Any, brief: Brief) -> None:
        """Merge in place.

        Raises:
            ArenaError: the brief has no base.
            InputError: names or shapes of the base's weights differ from the model's, or the model
                has an adapter.
        """
        import torch

        from arena.ml.models import load_model

        refuse_adapter(model, self.name)
        if brief.base is None:
            raise ArenaError(f"the objective {self.name!r} needs a clean checkpoint to merge with")
        base = dict(load_model(brief.base, str(next(model.parameters()).device)).named_parameters())
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if name not in base or base[name].shape != weight.shape:
                    raise InputError("the base is not of the suspect's architecture", found=name)
                if weight.requires_grad:
                    weight.lerp_(base[name].to(weight.dtype), self.params.weight)
