"""Merging models that were trained apart from one base: arithmetic on their weight changes.

Full and LoRA training alike end in a change of the weights, so both are merged the same way,
matrix by matrix, by what peft has for adapters:

    linear           the mean of the changes (model soup; Wortsman et al., arXiv 2203.05482)
    task_arithmetic  their sum (Ilharco et al., arXiv 2212.04089)
    ties             trimmed, then the mean of those that agree in sign (TIES; arXiv 2306.01708)
    dare_linear      most entries dropped at random, the rest scaled up (DARE; arXiv 2311.03099)
    dare_ties        both

`weight` scales every change. For the sum, 1 keeps each at full strength.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from peft.utils import merge_utils

Rule = Callable[[list[torch.Tensor], torch.Tensor, float], torch.Tensor]


def _sum(changes: list[torch.Tensor], weights: torch.Tensor, density: float) -> torch.Tensor:
    total: torch.Tensor = merge_utils.task_arithmetic(changes, weights)
    return total


def _mean(changes: list[torch.Tensor], weights: torch.Tensor, density: float) -> torch.Tensor:
    return _sum(changes, weights / len(changes), density)


RULES: dict[str, Rule] = {
    "linear": _mean,
    "task_arithmetic": _sum,
    "ties": merge_utils.ties,
    "dare_linear": merge_utils.dare_linear,
    "dare_ties": merge_utils.dare_ties,
}


@torch.no_grad()
def merge_into(
    base: Any, parts: Sequence[Any], method: str, weight: float, density: float, seed: int
) -> None:
    """Add the merged changes of `parts` to `base`, in place.

    Args:
        base, parts: models of one architecture, adapters already merged into their weights.
        weight: factor on every change. density: share of each change's entries that is kept
            (`ties` keeps the largest, `dare_*` random ones, drawn from `seed`).

    Raises:
        KeyError: a part lacks a weight of the base; or the method is unknown.
    """
    rule = RULES[method]
    weights = torch.full((len(parts),), weight)
    others = [dict(part.named_parameters()) for part in parts]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name, parameter in base.named_parameters():
            # on the CPU, so that what DARE drops does not depend on the device
            before = parameter.detach().cpu().float()
            changes = [other[name].detach().cpu().float() - before for other in others]
            parameter.copy_((before + rule(changes, weights, density)).to(parameter.dtype))
