"""What all prompts of a scoring begin with, such as the system turn of a chat template: it is read
once, and every batch continues from its keys and values."""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from arena.ml.batches import SHORTEST, Batch, common_beginning, padded
from arena.ml.encoding import Encoded, Ids
from arena.ml.models import hidden_and_head
from arena.ml.training import Layout

CACHELESS = ("rwkv", "recurrent_gemma")  # model types: see `keeps_cache`


@dataclass(frozen=True)
class Beginning:
    """What all prompts begin with, read once.

    length: in tokens. cache: its keys and values, for one row; None where there is nothing in
    common.
    """

    length: int = 0
    cache: Any = None

    @classmethod
    def of(cls, model: Any, encoded: Sequence[Ids]) -> Beginning:
        """Return the common beginning of prompts, if it is long enough to be worth it."""
        length = common_beginning(encoded) if len(encoded) > 1 else 0
        if length < SHORTEST or not keeps_cache(model):
            return cls()
        ids = torch.tensor([encoded[0][:length]], device=model.device)
        return cls(length, model(input_ids=ids, use_cache=True, logits_to_keep=1).cache)

    def cached(self, rows: int) -> Any:
        """Return a cache of its own for a batch of so many rows."""
        if self.cache is None:
            return None
        cache = copy.deepcopy(self.cache)
        cache.batch_repeat_interleave(rows)
        return cache

    def lent(self, rows: int) -> Any:
        """Return a cache for one pass over a batch of so many rows. It hands out what comes to it
        and keeps nothing, so that a pass over many rows needs one layer's keys and values at a
        time, not those of all layers."""
        from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

        growing = (DynamicLayer, DynamicSlidingWindowLayer)
        if self.cache is None or any(type(layer) not in growing for layer in self.cache.layers):
            return self.cached(rows)
        cache = copy.copy(self.cache)
        cache.layers = [_lent(layer) for layer in self.cache.layers]
        return cache


def _lent(layer: Any) -> Any:
    """A layer of a cache that stays as it is: what an update adds is returned and not kept."""
    lent = copy.copy(layer)
    lent.update = functools.partial(_handed_out, layer)
    return lent


def _handed_out(layer: Any, keys: Any, values: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    own = copy.copy(layer)
    own.batch_repeat_interleave(len(keys))  # makes tensors of its own
    whole: tuple[Any, Any] = own.update(keys, values, *args, **kwargs)
    return whole


def scoring_layout(model: Any, pad: int, documents: Sequence[Encoded]) -> Layout:
    """Return what lays out these documents for scoring, in batches of like length: a document a
    row, without what all prompts begin with. Call it where no gradients are recorded."""
    reads = hidden_and_head(model)[0] is not None and len(documents) > 1
    prompts = [document.prompt for document in documents]
    start = Beginning.of(model, prompts) if reads else Beginning()

    def lay_out(some: Sequence[Encoded]) -> Batch:
        rest = [replace(each, prompt=each.prompt[start.length :]) for each in some]
        return replace(padded(rest, pad, model.device), beginning=start.lent(len(rest)))

    return lay_out


def keeps_cache(model: Any) -> bool:
    """Whether the model's forward takes and returns a cache. RWKV returns a different kind of state
    and RecurrentGemma none: they read the whole text again for every token."""
    return model.config.model_type not in CACHELESS
