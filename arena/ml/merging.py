"""Merging models that were trained apart from one base: arithmetic on their weight changes.

Full and LoRA training both change the weights, so both are merged the same way, matrix by matrix,
with peft's rules for adapters:

    linear           the mean of the changes (model soup; Wortsman et al., arXiv 2203.05482)
    task_arithmetic  their sum (Ilharco et al., arXiv 2212.04089)
    ties             trimmed, then the mean of those that agree in sign (TIES; arXiv 2306.01708)
    dare_linear      most entries dropped at random, the rest scaled up (DARE; arXiv 2311.03099)
    dare_ties        both

`weight` scales every change. For the sum, 1 keeps each at full strength.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from peft.utils import merge_utils

from arena.errors import ArenaError

MLP = re.compile(r"\b(mlp|feed_forward|ffn|block_sparse_moe)\b")
ATTENTION = re.compile(r"\b(self_attn|attention|attn)\b")
MODULES = {"all": re.compile(""), "mlp": MLP, "attention": ATTENTION}  # in a weight's name

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


@dataclass(frozen=True)
class MergeRule:
    """How changes of weights are merged.

    weight: factor on every change. density: share of each change's entries that is kept (`ties`
    keeps the largest, `dare_*` random ones). modules: which weights change; the others keep the
    base's values.
    """

    method: str
    weight: float
    density: float = 1.0
    modules: str = "all"


@torch.no_grad()
def merge_into(base: Any, parts: Sequence[Any], how: MergeRule, seed: int) -> None:
    """Add the merged changes of `parts` to `base`, in place.

    Args:
        base, parts: models of one architecture, adapters already merged into their weights.
        seed: of what `dare_*` drops.

    Raises:
        KeyError: a part lacks a weight of the base; or the method is unknown.
        ArenaError: the architecture has none of the modules.
    """
    rule, chosen = RULES[how.method], MODULES[how.modules]
    if not any(chosen.search(name) for name, _ in base.named_parameters()):
        raise ArenaError(f"{type(base).__name__} has no weights of merge.modules {how.modules!r}")
    weights = torch.full((len(parts),), how.weight)
    others = [dict(part.named_parameters()) for part in parts]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name, parameter in base.named_parameters():
            if not chosen.search(name):
                continue
            # on the CPU, so that what DARE drops does not depend on the device
            before = parameter.detach().cpu().float()
            changes = [other[name].detach().cpu().float() - before for other in others]
            parameter.copy_((before + rule(changes, weights, how.density)).to(parameter.dtype))
