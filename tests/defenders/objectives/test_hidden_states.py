"""Where documents stand in a batch, and what is seen of and done to hidden states."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.api.values import Document
from arena.ml import models
from arena.ml.batches import packed, padded
from arena.ml.encoding import encode
from arena.ml.training import answer_loss
from defenders.objectives import hidden_states as hidden
from tests.support import backdoored_model as backdoored
from tests.support import toys

CPU = torch.device("cpu")


def encoded() -> list[Any]:
    """Of which some share a row."""
    long = " ".join(d.prompt for d in backdoored.RIGHT[:3])
    return encode(toys.tokenizer(), [Document(long, "salt", "long"), *backdoored.RIGHT])


@pytest.mark.parametrize("layout", [packed, padded])
def test_a_span_holds_just_its_document(layout: Any) -> None:
    texts, pad = encoded(), toys.tokenizer().pad_token_id
    batch = layout(texts, pad, CPU)
    assert (batch.position_ids is None) == (layout is padded)
    rows, first, prompt, last = hidden.spans(batch)
    for n, text in enumerate(texts):
        ids = batch.input_ids[rows[n], first[n] : last[n] + 1].tolist()
        assert tuple(ids) == text.prompt + text.answer
        assert int(prompt[n] - first[n]) == len(text.prompt) - 1
    here = hidden.occupied(batch)
    assert int(here.sum()) == sum(map(len, texts))
    assert set(batch.input_ids[~here].tolist()) == {pad}


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_block_outputs_are_those_that_transformers_hands_out(family: str) -> None:
    model, batch = toys.model(family), padded(encoded(), toys.tokenizer().pad_token_id, CPU)
    with torch.no_grad(), hidden.block_outputs(model) as seen:
        out = model(input_ids=batch.input_ids, output_hidden_states=True)
    assert len(seen) == 3
    for mine, its in zip(seen[:-1], out.hidden_states[1:-1], strict=True):
        assert torch.equal(mine, its)
    assert not torch.equal(seen[-1], out.hidden_states[-1])  # which is behind the final norm


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_what_is_added_stays_only_inside(family: str) -> None:
    model, batch = toys.model(family), backdoored.batch(backdoored.RIGHT)
    with torch.no_grad():
        before = float(answer_loss(model, batch))
        block = models.blocks_of(model)[1]
        with hidden.added(block, torch.ones(*batch.input_ids.shape, 64)):
            assert float(answer_loss(model, batch)) != before
        with hidden.added(block, torch.zeros(*batch.input_ids.shape, 64)):
            assert float(answer_loss(model, batch)) == before
        assert float(answer_loss(model, batch)) == before
