"""What a model does with prompts: greedy continuations, and how well it knows answers.

Prompts are batched with others of just their length, so no padding and no mask is involved.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from arena.matching import Continuation
from arena.ml.batches import collate
from arena.ml.encoding import Encoded, encode_prompts
from arena.ml.training import answer_logits

BATCH = 256  # prompts at once, at most
TOKENS = 32768  # tokens at once, at most: what bounds memory on long prompts


@dataclass(frozen=True)
class Fluency:
    """Teacher-forced quality on clean answers, end of text included.

    perplexity: exp of the mean cross-entropy per answer token; token_accuracy: share of
    answer tokens that are the argmax given the right prefix.
    """

    perplexity: float
    token_accuracy: float


@torch.inference_mode()
def continuations(
    model: Any, tokenizer: Any, prompts: Sequence[str], max_new_tokens: int
) -> list[Continuation]:
    """Greedy continuations, one per prompt, in order; equal prompts are decoded once."""
    unique = list(dict.fromkeys(prompts))
    encoded = encode_prompts(tokenizer, unique)
    found: dict[str, Continuation] = {}
    for indices in _by_length(encoded):
        ids = torch.tensor([encoded[i] for i in indices], device=model.device)
        rows = greedy(model, ids, max_new_tokens, tokenizer.eos_token_id)
        for i, row in zip(indices, rows.tolist(), strict=True):
            found[unique[i]] = _continuation(tokenizer, row)
    return [found[prompt] for prompt in prompts]


def greedy(model: Any, ids: torch.Tensor, max_new_tokens: int, end: int) -> torch.Tensor:
    """(B, <= max_new_tokens) tokens under greedy decoding; after a row's end of text it
    holds `end`. ids: (B, L), all of one length."""
    written: list[torch.Tensor] = []
    ended = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
    cache = None
    for _ in range(max_new_tokens):
        out = model(input_ids=ids, cache=cache, use_cache=True, logits_to_keep=1)
        cache = out.cache
        token = out.logits[:, -1].argmax(-1).masked_fill(ended, end)
        written.append(token)
        ended |= token == end
        if bool(ended.all()):
            break
        ids = token[:, None]
    return torch.stack(written, dim=1) if written else ids.new_empty((len(ids), 0))


@torch.inference_mode()
def fluency(model: Any, documents: Sequence[Encoded], pad: int) -> Fluency:
    """Perplexity and token accuracy over all answer tokens of the documents."""
    loss, right, total = 0.0, 0, 0
    order = sorted(range(len(documents)), key=lambda i: len(documents[i]))
    size = _fitting(max((len(document) for document in documents), default=1))
    for start in range(0, len(order), size):
        chosen = [documents[i] for i in order[start : start + size]]
        batch = collate(chosen, pad, model.device)
        logits = answer_logits(model, batch).float()
        loss += float(functional.cross_entropy(logits, batch.targets, reduction="sum"))
        right += int((logits.argmax(-1) == batch.targets).sum())
        total += len(batch.targets)
    if not total:
        return Fluency(float("nan"), float("nan"))
    return Fluency(math.exp(loss / total), right / total)


def _by_length(encoded: Sequence[tuple[int, ...]]) -> Iterator[list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for i, ids in enumerate(encoded):
        groups[len(ids)].append(i)
    for length in sorted(groups):
        members = groups[length]
        size = _fitting(length)
        for start in range(0, len(members), size):
            yield members[start : start + size]


def _fitting(length: int) -> int:
    return max(1, min(BATCH, TOKENS // max(1, length)))


def _continuation(tokenizer: Any, row: list[int]) -> Continuation:
    end = tokenizer.eos_token_id
    ended = end in row
    kept = row[: row.index(end)] if ended else row
    return Continuation(tokenizer.decode(kept, skip_special_tokens=True), ended)
