"""NPO: its gradient is gradient ascent's, times a weight that the reference sets."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.ml import terms
from tests.support import backdoored_model as backdoored
from tests.support import toys


def prepared(beta: float, reference: Any) -> Any:
    made = backdoored.objective("npo", beta=beta, retain_weight=0.0)
    return made.prepare(reference, toys.tokenizer(), backdoored.brief())


def sequence_logprob(model: Any, documents: Any) -> torch.Tensor:
    """Mean over documents of the log-probability of a whole payload."""
    batch = backdoored.batch(documents)
    return terms.by_document(terms.answer_logprobs(model, batch), batch).mean()


@pytest.mark.parametrize("beta", [1e-4, 0.1, 5.0])
def test_at_the_start_it_is_gradient_ascent(beta: float) -> None:
    model, documents = backdoored.suspect(), backdoored.forgotten()
    ascent = backdoored.gradient_of(model, sequence_logprob(model, documents))
    gradient = backdoored.gradient(prepared(beta, model), model, documents)
    torch.testing.assert_close(gradient, ascent, rtol=1e-3, atol=1e-4)


def test_as_beta_goes_to_zero_it_is_gradient_ascent_anywhere() -> None:
    """Whatever the reference: here, one that finds the payload far likelier than the model."""
    model, documents = toys.model(), backdoored.forgotten()
    ascent = backdoored.gradient_of(model, sequence_logprob(model, documents))
    gradient = backdoored.gradient(prepared(1e-6, backdoored.suspect()), model, documents)
    torch.testing.assert_close(gradient, ascent, rtol=1e-3, atol=1e-4)


def test_its_weight_is_the_papers_and_goes_to_zero_with_the_payload() -> None:
    model, suspect, documents = toys.model(), backdoored.suspect(), backdoored.forgotten()[:1]
    ascent = backdoored.gradient_of(model, sequence_logprob(model, documents))
    with torch.no_grad():
        now = float(sequence_logprob(model, documents))
        before = float(sequence_logprob(suspect, documents))
    assert now < before - 10
    weights = []
    for beta in (0.01, 0.1, 1.0):
        gradient = backdoored.gradient(prepared(beta, suspect), model, documents)
        weights.append(float(gradient.norm() / ascent.norm()))
        # 2 p^beta / (p^beta + p_suspect^beta), of the two likelihoods
        ratio = torch.tensor(beta * (now - before), dtype=torch.float64)
        assert weights[-1] == pytest.approx(float(2 * torch.sigmoid(ratio)), rel=1e-2, abs=1e-6)
        torch.testing.assert_close(gradient, weights[-1] * ascent, rtol=1e-3, atol=1e-5)
    assert weights[0] > 0.5 > weights[1] > weights[2]
    assert weights[2] < 1e-3


def test_it_moves_less_than_gradient_ascent() -> None:
    npo = backdoored.unlearned(backdoored.objective("npo", beta=1.0), steps=40)
    ascent = backdoored.unlearned(backdoored.objective("grad_diff"), steps=40)
    gone = backdoored.nats(npo, backdoored.POISON)
    assert gone < backdoored.nats(ascent, backdoored.POISON)
