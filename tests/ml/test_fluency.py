"""Fluency is what a hand computes."""

from __future__ import annotations

import math

import pytest
import torch

from arena.ml.encoding import encode
from arena.ml.fluency import Fluency, fluency
from tests.support import toys


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_fluency_is_the_hand_computed_one(family: str) -> None:
    model = toys.taught(family, toys.documents(), steps=8)
    documents = encode(toys.tokenizer(), toys.documents())
    losses, right = [], []
    for document in documents:
        ids = torch.tensor([document.prompt + document.answer])
        with torch.inference_mode():
            odds = model(input_ids=ids).logits[0].log_softmax(-1)
        for place, token in enumerate(document.answer, start=len(document.prompt) - 1):
            losses.append(-float(odds[place, token]))
            right.append(int(odds[place].argmax()) == token)
    found = fluency(model, documents, toys.tokenizer().pad_token_id)
    assert found.perplexity == pytest.approx(math.exp(sum(losses) / len(losses)), rel=1e-4)
    assert found.token_accuracy == sum(right) / len(right)
    assert 0 < found.token_accuracy < 1


def test_fluency_of_nothing_is_no_number() -> None:
    found: Fluency = fluency(toys.model(), [], 1)
    assert math.isnan(found.perplexity)
    assert math.isnan(found.token_accuracy)
