"""Batches: where the loss stands, and in which order documents come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from arena.ml.batches import PASS, Batch, batch_order, collate, cut, fitting
from arena.ml.encoding import Encoded

PAD = 99
TOKENS = st.lists(st.integers(0, 9), min_size=1, max_size=6).map(tuple)
DOCUMENT = st.builds(Encoded, TOKENS, TOKENS, st.sampled_from(["forget", "retain", "clean"]))
DOCUMENTS = st.lists(DOCUMENT, min_size=1, max_size=6)


def batch_of(documents: Sequence[Encoded]) -> Batch:
    return collate(documents, PAD, torch.device("cpu"))


@given(DOCUMENTS)
def test_rows_are_the_documents_padded_on_the_right(documents: list[Encoded]) -> None:
    ids = batch_of(documents).input_ids
    assert ids.shape == (len(documents), max(map(len, documents)))
    for row, document in zip(ids.tolist(), documents, strict=True):
        assert tuple(row[: len(document)]) == document.prompt + document.answer
        assert set(row[len(document) :]) <= {PAD}


@given(DOCUMENTS, st.integers(0, 99))
def test_loss_positions_match_a_naive_computation(documents: list[Encoded], seed: int) -> None:
    """Over any logits, what the batch picks is what a loop over documents picks."""
    batch = batch_of(documents)
    logits = torch.randn(*batch.input_ids.shape, 10, generator=torch.manual_seed(seed))
    picked = torch.nn.functional.cross_entropy(logits[batch.rows, batch.cols], batch.targets)
    naive = []
    for row, document in enumerate(documents):
        whole = document.prompt + document.answer
        for place in range(len(document.prompt), len(whole)):
            log_odds = logits[row, place - 1].log_softmax(-1)
            naive.append(-log_odds[whole[place]])
    torch.testing.assert_close(picked, torch.stack(naive).mean())


@given(DOCUMENTS)
def test_documents_to_forget_are_flagged(documents: list[Encoded]) -> None:
    assert batch_of(documents).forget.tolist() == [d.role == "forget" for d in documents]


LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=90)
SIZE, STEPS, SEED = st.integers(1, 12), st.integers(0, 40), st.integers(0, 99)


def order(lengths: Sequence[int], size: int, steps: int, seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [batch.tolist() for batch in batch_order(lengths, size, steps, rng)]


@given(LENGTHS, SIZE, STEPS, SEED)
def test_there_are_as_many_batches_as_steps(
    lengths: list[int], size: int, steps: int, seed: int
) -> None:
    made = order(lengths, size, steps, seed)
    assert [len(batch) for batch in made] == [size] * steps
    assert made == order(lengths, size, steps, seed)


@given(LENGTHS, SIZE, STEPS, SEED)
def test_every_document_is_used_before_any_is_used_again(
    lengths: list[int], size: int, steps: int, seed: int
) -> None:
    used: Counter[int] = Counter(dict.fromkeys(range(len(lengths)), 0))
    for batch in order(lengths, size, steps, seed):
        rounds = min(used.values())
        used.update(batch)
        # a batch may open the next round only by closing this one
        ahead = max(used.values()) - min(used.values())
        assert ahead <= 1, (rounds, used)


@given(LENGTHS, SIZE, SEED)
def test_fewer_steps_are_the_beginning_of_more(lengths: list[int], size: int, seed: int) -> None:
    assert order(lengths, size, 3, seed) == order(lengths, size, 9, seed)[:3]


def test_lengths_inside_a_batch_are_alike_and_the_order_of_batches_is_random() -> None:
    lengths = list(np.random.default_rng(0).permutation(np.arange(128)))
    batches = order(lengths, 8, 16, 1)
    spreads = [max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in batches]
    assert spreads == [7] * 16
    firsts = [lengths[batch[0]] for batch in batches]
    assert firsts != sorted(firsts)


LENGTHS = st.lists(st.integers(1, 120), min_size=1, max_size=64)


def of_lengths(lengths: Sequence[int]) -> list[Encoded]:
    return [Encoded((1,) * n, (i,)) for i, n in enumerate(lengths)]


def padded(parts: Sequence[Sequence[Encoded]]) -> int:
    return sum(len(part) * max(map(len, part)) for part in parts)


@given(LENGTHS, st.one_of(st.none(), st.integers(1, 70)))
def test_a_batch_is_cut_into_parts_that_hold_all_of_it_once(
    lengths: list[int], most: int | None
) -> None:
    documents = of_lengths(lengths)
    parts = cut(documents, most)
    assert Counter(d for part in parts for d in part) == Counter(documents)
    assert all(1 <= len(part) <= (most or len(documents)) for part in parts)


@given(LENGTHS)
def test_a_cut_saves_more_than_another_pass_costs(lengths: list[int]) -> None:
    documents = of_lengths(lengths)
    parts = cut(documents)
    saved = padded([documents]) - padded(parts)
    assert saved >= (len(parts) - 1) * PASS
    assert len(parts) == 1 or saved > 0


def test_alike_documents_stay_together_and_unlike_ones_do_not() -> None:
    assert len(cut(of_lengths([30] * 60 + [31] * 4))) == 1
    assert [len(part) for part in cut(of_lengths([20, 60] * 32))] == [32, 32]


@given(LENGTHS, st.integers(2, 300_000))
def test_what_is_scored_at_once_is_all_of_it_in_order(lengths: list[int], size: int) -> None:
    documents = of_lengths(lengths)
    assert [d for part in fitting(documents, size) for d in part] == documents
