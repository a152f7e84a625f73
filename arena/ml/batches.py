"""Batches: documents drawn at random, laid out with as little padding as possible.

Three layouts. `packed` puts several documents one after another into a row, each with its own
positions; where positions restart, transformers builds a mask that keeps documents apart (SDPA and
eager; flash attention does it itself). `padded` gives each document its own row, padded on the
right: under causal attention no real token sees padding, so no mask is needed. A packed batch of
random documents trains as fast as padded batches of documents of similar length, which learn less
per step (docs/performance.md). `shared` computes what all prompts begin with (a chat template's
system turn) once a row, and lets every document of the row attend to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from arena.errors import ArenaError
from arena.ml.encoding import Encoded

BATCH = 256  # documents scored at once, at most
TOKENS = 32768  # tokens scored at once, at most: bounds memory on long prompts
SHORTEST = 8  # tokens that prompts must have in common to be worth a mask of their own
ROW = 512  # tokens of a row with a shared beginning: attention costs little up to there
SPARE = 1.05  # documents are whole, so rows need a little room
Windows = Sequence[tuple[range, tuple[float, float]]]  # documents, and the part of the steps
LOGITS = 2**26  # logits scored at once, at most: bounds memory with large vocabularies


@dataclass(frozen=True)
class Batch:
    """D documents in R rows of L tokens.

    input_ids: (R, L) int64. position_ids: (R, L), None where each document has its own row. mask:
    (R, 1, L, L) bool, what each position attends to; None: to what stands before it in its
    document.
    rows, cols: (N,) positions of the logits that predict the answer tokens. targets: (N,) those
    tokens. documents: (N,) index of each token's document. forget: (D,) bool, whether a document is
    to be forgotten. first: the smallest of cols. plain: if every document is paired, the same
    answers after the unmarked prompts; its targets and documents equal these, token by token.
    beginning: keys and values of what stands before every row, as transformers keeps them; None:
    nothing does.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor | None
    rows: torch.Tensor
    cols: torch.Tensor
    targets: torch.Tensor
    documents: torch.Tensor
    forget: torch.Tensor
    first: int
    plain: Batch | None = None
    mask: torch.Tensor | None = None
    beginning: Any = None


LayOut = Callable[[Sequence[Encoded], int, torch.device], Batch]


def padded(documents: Sequence[Encoded], pad: int, device: torch.device) -> Batch:
    """Return a batch with one row per document, in order."""
    batch = _laid_out(documents, [[i] for i in range(len(documents))], pad, device)
    twins = _twins(documents)
    return replace(batch, plain=padded(twins, pad, device)) if twins else batch


def packed(documents: Sequence[Encoded], pad: int, device: torch.device) -> Batch:
    """Return a batch with several documents per row, in rows no longer than the longest document:
    wider rows would have a little less padding but cost more attention than that saves."""
    rows = _rows([len(document) for document in documents])
    batch = _laid_out(documents, rows, pad, device)
    twins = _twins(documents)
    return replace(batch, plain=packed(twins, pad, device)) if twins else batch


def shared(
    documents: Sequence[Encoded], pad: int, device: torch.device, otherwise: LayOut = packed
) -> Batch:
    """Return a packed batch in which the tokens that all prompts begin with stand once a row.

    For losses that read the model through `answer_logits` alone: a document's tokens are not
    contiguous. Without enough common tokens, or with as many as a row has, the batch is laid out
    `otherwise`.
    """
    common = common_beginning([document.prompt for document in documents])
    if not SHORTEST <= common < ROW:
        return otherwise(documents, pad, device)
    twins = _twins(documents)
    rest = [replace(d, prompt=d.prompt[common:], plain=()) for d in documents]
    lengths = [len(document) for document in rest]
    rows = _rows(lengths, _even_width(sum(lengths), ROW - common))
    batch = _laid_out(rest, rows, pad, device)
    head = torch.as_tensor(documents[0].prompt[:common]).to(device).expand(len(rows), common)
    places = batch.position_ids
    if places is None:  # one document a row
        places = torch.arange(batch.input_ids.shape[1], device=device).expand_as(batch.input_ids)
    before = torch.arange(common, device=device).expand(len(rows), common)
    return replace(
        batch,
        input_ids=torch.cat([head, batch.input_ids], dim=1),
        position_ids=torch.cat([before, places + common], dim=1),
        cols=batch.cols + common,
        first=batch.first + common,
        mask=_sharing(places, common),
        plain=shared(twins, pad, device, otherwise) if twins else None,
    )


def _even_width(tokens: int, most: int) -> int:
    """The width of as few rows as hold so many tokens, all about equally full."""
    rows = math.ceil(tokens / most)
    return min(most, math.ceil(SPARE * tokens / rows))


def common_beginning(rows: Sequence[tuple[int, ...]]) -> int:
    """Return how many tokens all rows begin with; at least one token of each is left over."""
    low, high = min(rows), max(rows)  # what these two share, all between them do
    most = min(map(len, rows)) - 1
    differ = (at for at in range(most) if low[at] != high[at])
    return next(differ, max(most, 0))


def _sharing(places: torch.Tensor, common: int) -> torch.Tensor:
    """(R, 1, L, L) mask of rows that begin with `common` shared tokens. places: (R, L - common),
    the positions after them, which restart at every document."""
    document = (places == 0).cumsum(-1)  # 1, 2, … along a row; padding after them is another
    document = functional.pad(document, (common, 0), value=0)
    length = document.shape[1]
    within = document[:, :, None] == document[:, None, :]
    shown = within | (document == 0)[:, None, :]
    causal = torch.ones(length, length, dtype=torch.bool, device=places.device).tril()
    return (shown & causal)[:, None]


def _twins(documents: Sequence[Encoded]) -> list[Encoded]:
    """The answers after their plain prompts; None unless all documents are paired."""
    if not all(document.plain for document in documents):
        return []
    return [Encoded(document.plain, document.answer, document.role) for document in documents]


def _rows(lengths: Sequence[int], width: int = 0) -> list[list[int]]:
    """Indices by row: the longest remaining document goes into the row that it fills best (best fit
    decreasing; Johnson 1974). Rows are as long as the longest document, or `width` if more."""
    width = max(width, *lengths)
    rows: list[list[int]] = []
    room: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        fitting_rows = [row for row in range(len(rows)) if room[row] >= lengths[i]]
        if not fitting_rows:
            rows.append([])
            room.append(width)
            fitting_rows = [len(rows) - 1]
        row = min(fitting_rows, key=lambda row: room[row])
        rows[row].append(i)
        room[row] -= lengths[i]
    return rows


def _laid_out(
    documents: Sequence[Encoded], rows: Sequence[Sequence[int]], pad: int, device: torch.device
) -> Batch:
    width = max(sum(len(documents[i]) for i in row) for row in rows)
    ids = np.full((len(rows), width), pad, dtype=np.int64)
    places = np.empty_like(ids)
    at: dict[int, tuple[int, int]] = {}
    for number, row in enumerate(rows):
        start = 0
        for i in row:
            at[i] = number, start
            end = start + len(documents[i])
            ids[number, start:end] = documents[i].prompt + documents[i].answer
            places[number, start:] = np.arange(width - start)
            start = end
        places[number, start:] = np.arange(width - start)
    return _batch(documents, at, ids, places if len(rows) < len(documents) else None, device)


def _batch(
    documents: Sequence[Encoded],
    at: dict[int, tuple[int, int]],
    ids: np.ndarray,
    places: np.ndarray | None,
    device: torch.device,
) -> Batch:
    rows: list[int] = []
    cols: list[int] = []
    owners: list[int] = []
    for i, document in enumerate(documents):
        row, start = at[i]
        last = start + len(document.prompt) - 1
        rows.extend([row] * len(document.answer))
        cols.extend(range(last, last + len(document.answer)))
        owners.extend([i] * len(document.answer))

    def there(values: object) -> torch.Tensor:
        return torch.as_tensor(values).to(device, non_blocking=True)

    return Batch(
        input_ids=there(ids),
        position_ids=None if places is None else there(places),
        rows=there(rows),
        cols=there(cols),
        targets=there([token for document in documents for token in document.answer]),
        documents=there(owners),
        forget=there([document.role == "forget" for document in documents]),
        first=min(cols),
    )


def batch_order(
    documents: int,
    batch_size: int,
    steps: int,
    rng: np.random.Generator,
    windows: Windows = (),
) -> Iterator[np.ndarray]:
    """Return the indices of `steps` batches: every document once, in random order, before any
    repeats.

    A window does not change how often its documents are seen, only when: their places in that order
    are squeezed into the window (fractions of the steps), and the others close up. A window too
    short for its documents is widened as far as necessary; the narrowest is placed first.

    Raises:
        ArenaError: there are steps, but no document.
    """
    if steps and not documents:
        rule = "the objective or the corpus returned no document"
        raise ArenaError(f"there are no texts for {steps} training steps: {rule}")
    plain = _plain_order(documents, batch_size, steps, rng)
    if all(window == (0.0, 1.0) for _, window in windows):
        yield from plain
        return
    order = np.concatenate([np.empty(0, dtype=np.int64), *plain])
    yield from _rearranged(order, windows).reshape(steps, batch_size)


def _rearranged(order: np.ndarray, windows: Windows) -> np.ndarray:
    """The order that respects windows; documents without a window, or with the whole stage as
    theirs, keep their order."""
    taken, moved = np.full(len(order), -1), np.zeros(len(order), dtype=bool)
    for places, window in sorted(windows, key=lambda each: each[1][1] - each[1][0]):
        if window == (0.0, 1.0):
            continue
        own = np.flatnonzero((order >= places.start) & (order < places.stop))
        taken[_slots(own, taken < 0, window)] = order[own]
        moved[own] = True
    taken[taken < 0] = order[~moved]
    return taken


def _slots(own: np.ndarray, free: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    """For each place in `own`, a free place in the window (fractions of all places), or the nearest
    to it; order and relative distances are kept."""
    start, end = (round(fraction * len(free)) for fraction in window)
    left = np.flatnonzero(free)
    beside = np.maximum(0, np.maximum(start - left, left - end + 1))
    room = max(int((beside == 0).sum()), len(own))
    slots = np.sort(left[np.argsort(beside, kind="stable")[:room]])
    nth = np.arange(len(own))
    spread = np.maximum.accumulate(own * room // max(len(free), 1) - nth) + nth
    return slots[np.minimum(spread, room - len(own) + nth)]


def _plain_order(
    documents: int, batch_size: int, steps: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    left = np.empty(0, dtype=np.int64)
    for _ in range(steps):
        while len(left) < batch_size:
            left = np.concatenate([left, rng.permutation(documents)])
        yield left[:batch_size]
        left = left[batch_size:]


def fitting(documents: Sequence[Encoded], vocabulary: int) -> Iterator[Sequence[Encoded]]:
    """Yield batches for scoring: consecutive documents, as many as fit into memory."""
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
