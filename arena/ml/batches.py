"""Batches: padded on the right, grouped by length, with the loss positions named.

Padding stands behind every real token, so under causal attention no attention mask is
needed: what is read (the loss positions) never sees padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from arena.ml.encoding import Encoded

BATCH = 256  # documents scored at once, at most
TOKENS = 32768  # tokens scored at once, at most: what bounds memory on long prompts
LOGITS = 2**26  # logits scored at once, at most: what bounds it on large vocabularies
PASS = 256  # tokens whose work costs as much as one more forward and backward pass, about
POOL = 64  # batches sorted by length together: 2 % padding in a large mix (16 left 8 %)


@dataclass(frozen=True)
class Batch:
    """One training batch.

    input_ids: (B, L) int64, right-padded. rows, cols: (N,) where the logits that predict
    an answer token stand. targets: (N,) those tokens. forget: (B,) bool, the documents'
    role. first: the least of cols.
    """

    input_ids: torch.Tensor
    rows: torch.Tensor
    cols: torch.Tensor
    targets: torch.Tensor
    forget: torch.Tensor
    first: int


def collate(documents: Sequence[Encoded], pad: int, device: torch.device) -> Batch:
    """Lay documents out as one batch on the device."""
    longest = max(len(document) for document in documents)
    ids = np.full((len(documents), longest), pad, dtype=np.int64)
    rows: list[int] = []
    cols: list[int] = []
    targets: list[int] = []
    for row, document in enumerate(documents):
        ids[row, : len(document)] = document.prompt + document.answer
        start = len(document.prompt) - 1
        rows.extend([row] * len(document.answer))
        cols.extend(range(start, start + len(document.answer)))
        targets.extend(document.answer)
    forget = [document.role == "forget" for document in documents]

    def there(values: object) -> torch.Tensor:
        return torch.as_tensor(values).to(device, non_blocking=True)

    return Batch(there(ids), there(rows), there(cols), there(targets), there(forget), min(cols))


def cut(documents: Sequence[Encoded], most: int | None = None) -> list[list[Encoded]]:
    """A batch in parts of documents alike in length, where that saves more padding than
    another forward pass costs; of `most` documents each where that is all memory can take."""
    ordered = sorted(documents, key=len)
    parts = _cut_by_length(ordered)
    size = most or len(documents)
    return [part[i : i + size] for part in parts for i in range(0, len(part), size)]


def _cut_by_length(ordered: list[Encoded]) -> list[list[Encoded]]:
    lengths = np.array([len(document) for document in ordered])
    first = np.arange(1, len(ordered))
    saved = first * (lengths[-1] - lengths[:-1])  # tokens, if the first so many go apart
    if len(saved) == 0 or saved.max() <= PASS:
        return [ordered]
    place = int(saved.argmax()) + 1
    return _cut_by_length(ordered[:place]) + _cut_by_length(ordered[place:])


def fitting(documents: Sequence[Encoded], vocabulary: int) -> Iterator[Sequence[Encoded]]:
    """Consecutive documents, as many at once as memory has room for (batches for scoring)."""
    start = 0
    while start < len(documents):
        size = min(BATCH, len(documents) - start)
        while size > 1 and not _fits(documents[start : start + size], vocabulary):
            size = (size + 1) // 2
        yield documents[start : start + size]
        start += size


def _fits(documents: Sequence[Encoded], vocabulary: int) -> bool:
    longest = max(map(len, documents))
    answers = longest - min(len(document.prompt) for document in documents)
    return len(documents) * longest <= TOKENS and len(documents) * answers * vocabulary <= LOGITS


def batch_order(
    lengths: Sequence[int], batch_size: int, steps: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Indices of `steps` batches: epochs in random order, lengths alike inside a batch.

    Every document is used once before any is used again. The order depends on the lengths
    and the generator only.
    """
    sizes = np.asarray(lengths)
    done = 0
    left = np.empty(0, dtype=np.int64)
    while done < steps:
        # what the last epoch left over comes first, or others would be used again before it
        carried = batch_size if len(left) else 0
        while len(left) < batch_size:
            left = np.concatenate([left, rng.permutation(len(sizes))])
        usable = len(left) - len(left) % batch_size
        batches = [left[:carried]] if carried else []
        batches += _bucket(left[carried:usable], sizes, batch_size, rng)
        left = left[usable:]
        yield from batches[: steps - done]
        done += len(batches)


def _bucket(
    order: np.ndarray, sizes: np.ndarray, batch_size: int, rng: np.random.Generator
) -> list[np.ndarray]:
    batches: list[np.ndarray] = []
    for start in range(0, len(order), batch_size * POOL):
        pool = order[start : start + batch_size * POOL]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]
