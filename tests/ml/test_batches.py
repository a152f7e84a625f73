"""Batches: where the loss stands, and in which order documents come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from arena.errors import ArenaError
from arena.ml.batches import Batch, batch_order, fitting, packed, padded
from arena.ml.encoding import Encoded

PAD = 99
TOKENS = st.lists(st.integers(0, 9), min_size=1, max_size=6).map(tuple)
DOCUMENT = st.builds(Encoded, TOKENS, TOKENS, st.sampled_from(["forget", "retain", "clean"]))
DOCUMENTS = st.lists(DOCUMENT, min_size=1, max_size=6)


def batch_of(documents: Sequence[Encoded]) -> Batch:
    return padded(documents, PAD, torch.device("cpu"))


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


@given(DOCUMENTS)
def test_packed_rows_hold_every_document_whole_and_once(documents: list[Encoded]) -> None:
    """Each with positions of its own; what is left of a row is padding."""
    batch = packed(documents, PAD, torch.device("cpu"))
    found: Counter[tuple[int, ...]] = Counter()
    places = batch.position_ids
    for row, ids in enumerate(batch.input_ids.tolist()):
        at = list(range(len(ids))) if places is None else places[row].tolist()
        starts = [i for i, place in enumerate(at) if place == 0] + [len(ids)]
        pieces = [ids[a:b] for a, b in pairwise(starts)]
        assert [p for piece in pieces for p in range(len(piece))] == at
        found.update(tuple(x for x in piece if x != PAD) for piece in pieces)
    del found[()]
    assert found == Counter(d.prompt + d.answer for d in documents)


@given(DOCUMENTS)
def test_both_layouts_name_the_same_tokens_to_predict(documents: list[Encoded]) -> None:
    one, other = batch_of(documents), packed(documents, PAD, torch.device("cpu"))
    assert one.targets.tolist() == other.targets.tolist()
    assert one.documents.tolist() == other.documents.tolist() == one.rows.tolist()
    assert one.forget.tolist() == other.forget.tolist()
    for batch in (one, other):
        assert batch.first == min(batch.cols.tolist())
        read = batch.input_ids[batch.rows, batch.cols].tolist()
        assert read == [t for d in documents for t in (d.prompt[-1], *d.answer[:-1])]


LENGTHS = st.lists(st.integers(1, 120), min_size=1, max_size=64)


def of_lengths(lengths: Sequence[int]) -> list[Encoded]:
    return [Encoded((1,) * n, (i,)) for i, n in enumerate(lengths)]


@given(LENGTHS)
def test_packing_never_takes_more_room_than_padding(lengths: list[int]) -> None:
    documents = of_lengths(lengths)
    rows, width = packed(documents, PAD, torch.device("cpu")).input_ids.shape
    assert width == max(map(len, documents))
    assert rows <= len(documents)
    # two rows that are half empty would have been one
    assert rows <= 2 * sum(map(len, documents)) / width + 1


def test_a_batch_of_mixed_lengths_wastes_little() -> None:
    lengths = np.random.default_rng(0).integers(12, 50, 64).tolist()
    documents = of_lengths(lengths)
    real = sum(map(len, documents))
    waste = packed(documents, PAD, torch.device("cpu")).input_ids.numel() - real
    assert waste < 0.25 * (batch_of(documents).input_ids.numel() - real)


def test_one_document_a_row_needs_no_positions() -> None:
    assert packed(of_lengths([9, 9, 9]), PAD, torch.device("cpu")).position_ids is None
    assert batch_of(of_lengths([2, 9])).position_ids is None


NUMBER = st.integers(1, 90)
SIZE, STEPS, SEED = st.integers(1, 12), st.integers(0, 40), st.integers(0, 99)


def order(documents: int, size: int, steps: int, seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [batch.tolist() for batch in batch_order(documents, size, steps, rng)]


@given(NUMBER, SIZE, STEPS, SEED)
def test_there_are_as_many_batches_as_steps(
    documents: int, size: int, steps: int, seed: int
) -> None:
    made = order(documents, size, steps, seed)
    assert [len(batch) for batch in made] == [size] * steps
    assert made == order(documents, size, steps, seed)


@given(NUMBER, SIZE, STEPS, SEED)
def test_every_document_is_used_before_any_is_used_again(
    documents: int, size: int, steps: int, seed: int
) -> None:
    drawn = [i for batch in order(documents, size, steps, seed) for i in batch]
    for start in range(0, len(drawn), documents):
        epoch = drawn[start : start + documents]
        assert len(set(epoch)) == len(epoch)


@given(NUMBER, SIZE, SEED)
def test_fewer_steps_are_the_beginning_of_more(documents: int, size: int, seed: int) -> None:
    assert order(documents, size, 3, seed) == order(documents, size, 9, seed)[:3]


def test_each_epoch_has_an_order_of_its_own() -> None:
    first, second = order(64, 64, 2, 0)
    assert first != second != sorted(second)


@given(LENGTHS, st.integers(2, 300_000))
def test_what_is_scored_at_once_is_all_of_it_in_order(lengths: list[int], size: int) -> None:
    documents = of_lengths(lengths)
    assert [d for part in fitting(documents, size) for d in part] == documents


PART = st.tuples(st.integers(0, 20), st.integers(0, 20)).filter(lambda each: each[0] != each[1])
WINDOW = PART.map(lambda each: (min(each) / 20, max(each) / 20))


@given(st.integers(1, 12), SIZE, STEPS, SEED, WINDOW)
@example(own=1, size=1, steps=2, seed=3, window=(0.0, 0.05))  # narrower than one document
def test_a_window_moves_its_own_documents_into_it_and_changes_nothing_else(
    own: int, size: int, steps: int, seed: int, window: tuple[float, float]
) -> None:
    """Documents 0 to own - 1 have a window, sixty others have none."""
    plain = [i for batch in order(60 + own, size, steps, seed) for i in batch]
    rng = np.random.default_rng(seed)
    made = list(batch_order(60 + own, size, steps, rng, [(range(own), window)]))
    assert [len(batch) for batch in made] == [size] * steps
    drawn = [int(i) for batch in made for i in batch]
    for these in (range(own), range(own, 60 + own)):
        assert [i for i in drawn if i in these] == [i for i in plain if i in these]
    start, end = (round(fraction * len(drawn)) for fraction in window)
    met = [at for at, i in enumerate(drawn) if i < own]
    if len(met) <= end - start:
        assert all(start <= at < end for at in met)
    elif met:  # it is full, and what did not fit stands right beside it
        assert met == list(range(met[0], met[-1] + 1))
        assert met[0] <= start <= end <= met[-1] + 1


def test_documents_are_spread_over_their_window() -> None:
    made = batch_order(80, 8, 100, np.random.default_rng(0), [(range(10), (0.5, 1.0))])
    counts = [int((batch < 10).sum()) for batch in made]
    assert counts[:50] == [0] * 50
    for quarter in range(50, 100, 10):
        assert sum(counts[quarter : quarter + 10]) == pytest.approx(20, abs=6)


@given(SIZE, STEPS, SEED, WINDOW, WINDOW)
def test_two_windows_do_not_lose_a_document(
    size: int, steps: int, seed: int, one: tuple[float, float], other: tuple[float, float]
) -> None:
    plain = [i for batch in order(30, size, steps, seed) for i in batch]
    windows = [(range(8), one), (range(8, 20), other), (range(20, 24), (0.0, 1.0))]
    made = batch_order(30, size, steps, np.random.default_rng(seed), windows)
    drawn = [int(i) for batch in made for i in batch]
    for these in (range(8), range(8, 20), range(20, 30)):
        assert [i for i in drawn if i in these] == [i for i in plain if i in these]


def test_no_documents_are_refused_instead_of_drawn_from_for_ever() -> None:
    with pytest.raises(ArenaError, match="no texts for 3 training steps"):
        next(batch_order(0, 4, 3, np.random.default_rng(0)))
    assert list(batch_order(0, 4, 0, np.random.default_rng(0))) == []
