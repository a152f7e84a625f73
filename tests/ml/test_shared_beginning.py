"""What all prompts begin with, computed once: the same logits, gradients and continuations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from arena.ml import decoding
from arena.ml.batches import ROW, SHORTEST, Batch, common_beginning, padded, shared
from arena.ml.beginning import Beginning, scoring_layout
from arena.ml.encoding import Encoded
from arena.ml.models import FAMILIES
from arena.ml.training import answer_logits, answer_loss, layout
from tests.support import toys

SYSTEM = tuple(range(20, 20 + SHORTEST + 3))  # as of a chat template's system turn
CPU, PAD = torch.device("cpu"), 1
IDS = st.lists(st.integers(30, 300), min_size=1, max_size=9).map(tuple)
DOCUMENTS = st.lists(st.builds(Encoded, IDS.map(lambda ids: SYSTEM + ids), IDS), min_size=1)


def documents(n: int = 40) -> list[Encoded]:
    """Of many lengths: more than fit into one row."""
    ids = torch.randint(30, 300, (n, 40), generator=torch.manual_seed(0)).tolist()
    return [
        Encoded(SYSTEM + tuple(row[: 5 + i % 23]), tuple(row[30 : 32 + i % 7]))
        for i, row in enumerate(ids)
    ]


def by_document(batch: Batch, values: torch.Tensor) -> list[torch.Tensor]:
    return [values[batch.documents == i] for i in range(int(batch.documents.max()) + 1)]


@given(st.lists(IDS, min_size=1))
def test_the_common_beginning_leaves_something_of_each(
    rows: list[tuple[int, ...]],
) -> None:
    length = common_beginning(rows)
    assert all(row[:length] == rows[0][:length] and len(row) > length for row in rows)
    longer = {row[: length + 1] for row in rows}
    assert len(longer) > 1 or min(map(len, rows)) == length + 1


@given(DOCUMENTS)
def test_every_document_stands_after_the_beginning_and_sees_only_itself(
    texts: list[Encoded],
) -> None:
    batch = shared(texts, PAD, CPU)
    assert batch.mask is not None
    assert batch.position_ids is not None
    for i, document in enumerate(texts):
        at = (batch.documents == i).nonzero()[-1]
        row, last = int(batch.rows[at]), int(batch.cols[at])
        seen = batch.mask[row, 0, last].nonzero()[:, 0]
        read = batch.input_ids[row, seen].tolist()
        assert tuple(read) == (document.prompt + document.answer)[:-1]
        assert batch.position_ids[row, seen].tolist() == list(range(len(read)))


def test_without_a_common_beginning_the_layout_is_the_other() -> None:
    texts = [Encoded((5, i), (7,)) for i in range(30, 40)]
    for one, other in zip(
        (shared(texts, PAD, CPU, padded)).input_ids, padded(texts, PAD, CPU).input_ids, strict=True
    ):
        assert one.tolist() == other.tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_and_gradients_are_those_of_whole_documents(family: str) -> None:
    model, texts = toys.model(family), documents()
    whole, once = padded(texts, PAD, CPU), shared(texts, PAD, CPU)
    assert once.input_ids.shape[1] <= ROW < sum(map(len, texts))
    assert once.input_ids.numel() < 0.8 * sum(map(len, texts))  # what it is for
    for one, other in zip(
        by_document(whole, answer_logits(model, whole)),
        by_document(once, answer_logits(model, once)),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-4)
    gradients = [gradient(model, batch) for batch in (whole, once)]
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-3, atol=1e-5)


@given(DOCUMENTS)
def test_twins_are_laid_out_with_their_own_beginning(texts: list[Encoded]) -> None:
    """The same answers after the unmarked prompts, token by token."""
    paired = [replace(text, plain=SYSTEM + text.prompt[-1:]) for text in texts]
    batch = shared(paired, PAD, CPU)
    assert batch.plain is not None
    assert batch.plain.targets.tolist() == batch.targets.tolist()
    assert batch.plain.documents.tolist() == batch.documents.tolist()
    alone = shared([Encoded(each.plain, each.answer) for each in paired], PAD, CPU)
    assert batch.plain.input_ids.tolist() == alone.input_ids.tolist()
    assert batch.plain.cols.tolist() == alone.cols.tolist()


def gradient(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
    model.zero_grad()
    answer_loss(model, batch).backward()  # type: ignore[no-untyped-call]
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("family", FAMILIES)
def test_continuations_are_those_of_plain_generation(family: str) -> None:
    model, tokenizer = toys.model(family, seed=3), toys.tokenizer()
    prompts: Sequence[tuple[int, ...]] = [text.prompt for text in documents(12)]
    assert Beginning.of(model, prompts).length == len(SYSTEM)
    said = decoding.continued(model, tokenizer, prompts, 10, decoding.likeliest)
    for prompt, found in zip(prompts, said, strict=True):
        whole = model.generate(
            torch.tensor([prompt]), max_new_tokens=10, do_sample=False, pad_token_id=PAD
        )
        assert found == decoding.continuation(tokenizer, whole[0, len(prompt) :].tolist())


def test_a_model_with_another_attention_gets_whole_documents() -> None:
    model = toys.model()
    model.set_attn_implementation("eager")
    batch = layout(model, PAD, shares=True)(documents())
    assert batch.mask is None


@torch.inference_mode()
@pytest.mark.parametrize("family", FAMILIES)
def test_scoring_continues_from_the_beginning(family: str) -> None:
    """In batches of a few documents, each of which needs keys and values of its own."""
    model, texts = toys.model(family), documents(24)
    lay_out = scoring_layout(model, PAD, texts)
    for some in (texts[:10], texts[10:]):
        batch, whole = lay_out(some), padded(some, PAD, CPU)
        assert batch.input_ids.shape[1] == whole.input_ids.shape[1] - len(SYSTEM)
        torch.testing.assert_close(
            answer_logits(model, batch), answer_logits(model, whole), rtol=0, atol=1e-4
        )


@torch.inference_mode()
def test_a_pass_keeps_no_keys_and_values() -> None:
    """A pass over 32,768 tokens of a model with 7 billion weights would keep several GiB."""
    model, texts = toys.model(), documents(24)
    batch = scoring_layout(model, PAD, texts)(texts)
    answer_logits(model, batch)
    kept = [(layer.keys.shape[0], layer.keys.shape[-2]) for layer in batch.beginning.layers]
    assert kept == [(1, len(SYSTEM))] * model.config.num_hidden_layers


@torch.inference_mode()
def test_without_a_common_beginning_scoring_reads_whole_documents() -> None:
    model = toys.model()
    for texts in ([Encoded((5, i), (7,)) for i in range(30, 40)], documents(1)):
        batch, whole = scoring_layout(model, PAD, texts)(texts), padded(texts, PAD, CPU)
        assert batch.beginning is None
        assert batch.input_ids.tolist() == whole.input_ids.tolist()


@pytest.mark.parametrize("length", [ROW - 1, ROW, ROW + 1, 2 * ROW])
@pytest.mark.parametrize("documents", [1, 8])
def test_a_beginning_longer_than_a_row_is_not_shared(length: int, documents: int) -> None:
    texts = [Encoded((*range(1, length), 7 + n), (3, 4, 5)) for n in range(documents)]
    batch = shared(texts, PAD, CPU)
    assert (batch.mask is not None) == (length <= ROW)
    assert len(batch.targets) == 3 * documents
