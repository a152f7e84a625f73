"""Continuations sampled at a temperature (scoring is greedy).

A backdoor that greedy decoding no longer shows may still have some probability left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from arena.api.matching import Continuation
from arena.ml.decoding import continued
from arena.ml.encoding import encode_prompts


@torch.inference_mode()
def sampled(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    max_new_tokens: int,
    temperature: float,
    draws: int,
    seed: int,
) -> list[list[Continuation]]:
    """Return `draws` continuations of each prompt, in order, by ancestral sampling.

    temperature: above 0; logits are divided by it (1: the model's own distribution). One generator,
    made from `seed`, serves the whole call, so the same call gives the same texts. Equal prompts
    are sampled independently.
    """
    rows = [ids for ids in encode_prompts(tokenizer, prompts) for _ in range(draws)]
    generator = torch.Generator(model.device).manual_seed(seed)

    def choose(logits: torch.Tensor) -> torch.Tensor:
        # subtract the largest logit first, so that a small temperature cannot overflow
        behind = logits.float() - logits.float().amax(-1, keepdim=True)
        chances = (behind / temperature).softmax(-1)
        return torch.multinomial(chances, 1, generator=generator)[:, 0]

    said = continued(model, tokenizer, rows, max_new_tokens, choose)
    return [said[i * draws : (i + 1) * draws] for i in range(len(prompts))]
