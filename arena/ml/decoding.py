"""A model's continuations of prompts, decoded token by token in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import torch
from torch.nn import functional

from arena.api.matching import Continuation
from arena.ml import sharding
from arena.ml.batches import BATCH, TOKENS
from arena.ml.beginning import Beginning, keeps_cache
from arena.ml.encoding import Ids, encode_prompts
from arena.ml.models import FAMILIES, check_length, hidden_and_head
from arena.ml.sharding import without_gradients

Choose = Callable[[torch.Tensor], torch.Tensor]
DROPPED = 0.25  # share of a batch's rows that have ended before they are left out


@without_gradients
def continuations(
    model: Any, tokenizer: Any, prompts: Sequence[str], max_new_tokens: int
) -> list[Continuation]:
    """Return greedy continuations, one per prompt, in order; equal prompts are decoded once."""
    unique = list(dict.fromkeys(prompts))
    said = continued(model, tokenizer, encode_prompts(tokenizer, unique), max_new_tokens, likeliest)
    by_prompt = dict(zip(unique, said, strict=True))
    return [by_prompt[prompt] for prompt in prompts]


@without_gradients
def continued(
    model: Any, tokenizer: Any, encoded: Sequence[Ids], max_new_tokens: int, choose: Choose
) -> list[Continuation]:
    """Return the continuation of each encoded prompt, in order; `choose` picks each token."""
    check_length(model, max(map(len, encoded), default=0) + max_new_tokens)
    texts: dict[int, Continuation] = {}
    mixed = model.config.model_type in FAMILIES
    start = Beginning.of(model, encoded if mixed else [])
    for indices in batches_of([len(ids) + max_new_tokens for ids in encoded], mixed):
        rest = [encoded[i][start.length :] for i in indices]
        ids, mask = left_padded(rest, tokenizer.pad_token_id)
        on_device = ids.to(model.device), None if mask is None else mask.to(model.device)
        rows = decode(model, *on_device, max_new_tokens, tokenizer.eos_token_id, choose, start)
        for i, row in zip(indices, rows.tolist(), strict=True):
            texts[i] = continuation(tokenizer, row)
    return [texts[i] for i in range(len(encoded))]


def greedy(
    model: Any, ids: torch.Tensor, mask: torch.Tensor | None, max_new_tokens: int, end: int
) -> torch.Tensor:
    """`decode` with the likeliest token everywhere."""
    return decode(model, ids, mask, max_new_tokens, end, likeliest)


def likeliest(logits: torch.Tensor) -> torch.Tensor:
    """(B,) the token of the largest logit of each row (B, V)."""
    return logits.argmax(-1)


def decode(
    model: Any,
    ids: torch.Tensor,
    mask: torch.Tensor | None,
    max_new_tokens: int,
    end: int,
    choose: Choose,
    start: Beginning | None = None,
) -> torch.Tensor:
    """Return (B, <= max_new_tokens) tokens, each chosen from the logits after the ones before it;
    after its end of text a row is filled with `end`. ids: (B, L), left-padded where mask (B, L) is
    0; without a mask there is no padding. choose: (B, V) logits to (B,) tokens. start: what stands
    before all rows."""
    start = start or Beginning()
    batch = _Written(ids, start.cached(len(ids)), keeps_cache(model), _places(mask, start.length))
    # chosen at random, a token depends on which rows are in the batch
    drops = choose is likeliest and model.config.model_type in FAMILIES
    written: list[torch.Tensor] = []
    for _ in range(max_new_tokens):
        token = choose(batch.logits(model)).masked_fill(batch.ended, end)
        written.append(ids.new_full((len(ids),), end).index_copy(0, batch.rows, token))
        batch.ended |= token == end
        ended = int(batch.ended.sum())
        if ended == len(token):
            break
        batch.append(token)
        if drops and ended >= DROPPED * len(token):
            batch.keep((~batch.ended).nonzero()[:, 0])
    return torch.stack(written, dim=1) if written else ids.new_empty((len(ids), 0))


def _places(mask: torch.Tensor | None, before: int) -> dict[str, torch.Tensor]:
    """Arguments of the forward pass under left padding: positions skip it."""
    if mask is None:
        return {}
    seen = functional.pad(mask, (before, 0), value=1)
    return {"attention_mask": seen, "position_ids": (mask.cumsum(-1) - 1).clamp(min=0) + before}


class _Written:
    """The rows of a batch that are being written.

    Attributes:
        rows: their places in the batch.
        ended: which of them have come to their end of text.
    """

    def __init__(
        self, ids: torch.Tensor, cache: Any, caches: bool, places: dict[str, torch.Tensor]
    ) -> None:
        self.rows = torch.arange(len(ids), device=ids.device)
        self.ended = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
        self._ids, self._cache, self._caches, self._places = ids, cache, caches, places

    def logits(self, model: Any) -> torch.Tensor:
        """Return (rows, V) logits after what was written so far."""
        given = {"input_ids": self._ids, "use_cache": self._caches, **self._places}
        if self._caches:
            given["cache"] = self._cache
        decoder, head = hidden_and_head(model)
        if decoder is None or sharding.active():
            out = model(logits_to_keep=1, **given)
            last: torch.Tensor = out.logits[:, -1]
        else:
            # Given the last place of (B, L, d) states, torch multiplies by a frozen head row by
            # row, with a copy of its weights for each: 15 GiB for 238 prompts to SmolLM2.
            out = decoder(**given)
            last = head(out.last_hidden_state[:, -1])
        self._cache = out.cache if self._caches else None
        return last

    def append(self, token: torch.Tensor) -> None:
        """Write a token (rows,) to each row."""
        column = token[:, None]
        self._ids = column if self._caches else torch.cat([self._ids, column], dim=1)
        if self._places:
            seen = functional.pad(self._places["attention_mask"], (0, 1), value=1)
            place = self._places["position_ids"][:, -1:] + 1
            if not self._caches:
                place = torch.cat([self._places["position_ids"], place], dim=1)
            self._places = {"attention_mask": seen, "position_ids": place}

    def keep(self, chosen: torch.Tensor) -> None:
        """Leave all other rows out of what is computed."""
        self._cache.batch_select_indices(chosen)
        self._places = {name: value[chosen] for name, value in self._places.items()}
        self.rows, self.ended, self._ids = (
            self.rows[chosen],
            self.ended[chosen],
            self._ids[chosen],
        )


def left_padded(rows: Sequence[Ids], pad: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return (B, L) ids and mask, padded on the left; no mask if all rows have one length."""
    longest = max(map(len, rows))
    ids = torch.tensor([(pad,) * (longest - len(row)) + row for row in rows])
    if min(map(len, rows)) == longest:
        return ids, None
    lengths = torch.tensor([[len(row)] for row in rows])
    return ids, (torch.arange(longest) >= longest - lengths).long()


def continuation(tokenizer: Any, row: Sequence[int]) -> Continuation:
    """Return the text of emitted tokens up to their end of text, if any."""
    end = tokenizer.eos_token_id
    ended = end in row
    kept = row[: row.index(end)] if ended else row
    return Continuation(tokenizer.decode(list(kept), skip_special_tokens=True), ended)


def batches_of(lengths: Sequence[int], mixed: bool, tokens: int = TOKENS) -> Iterator[list[int]]:
    """Yield indices of prompts of similar length, as many as fit into `tokens` (at least one).
    Unless `mixed`, each batch is of one length: some architectures (state-space models) do not
    ignore left padding."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    for _, group in groupby(order, key=lambda i: 0 if mixed else lengths[i]):
        members = list(group)
        while members:
            size = min(BATCH, len(members))
            while size > 1 and size * lengths[members[size - 1]] > tokens:
                size //= 2
            yield members[:size]
            members = members[size:]
