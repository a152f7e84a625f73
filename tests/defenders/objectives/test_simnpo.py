"""SimNPO: no reference, likelihood per token, a margin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from arena.ml import terms
from tests.support import backdoored_model as backdoored
from tests.support import toys


def loss_of(made: Any, model: Any, documents: Any) -> float:
    with torch.no_grad():
        return float(made.loss(model, backdoored.batch(documents)))


def per_token(model: Any, documents: Any) -> torch.Tensor:
    """(D,) log-probability of a payload token, by document."""
    batch = backdoored.batch(documents)
    said = terms.answer_logprobs(model, batch)
    counts = terms.by_document(torch.ones_like(said), batch)
    return terms.by_document(said, batch) / counts


def test_it_does_not_depend_on_the_reference() -> None:
    made, model = backdoored.objective("simnpo"), backdoored.suspect()
    documents = [*backdoored.forgotten(), *backdoored.RIGHT]
    losses = [
        loss_of(made.prepare(reference, toys.tokenizer(), backdoored.brief()), model, documents)
        for reference in (model, toys.model(seed=9))
    ]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(("beta", "gamma"), [(2.5, 0.0), (4.5, 0.0), (0.7, 1.5)])
def test_it_is_the_papers_formula(beta: float, gamma: float) -> None:
    model = backdoored.suspect()
    texts = backdoored.forgotten([*backdoored.POISON, *backdoored.TRIGGERED])
    made = backdoored.objective("simnpo", beta=beta, gamma=gamma, retain_weight=0.0)
    with torch.no_grad():
        each = -beta * per_token(model, texts) - gamma
    expected = (-2 / beta * each.sigmoid().log()).mean()
    assert loss_of(made, model, texts) == pytest.approx(float(expected), rel=1e-4)


def test_a_longer_payload_weighs_no_more() -> None:
    """Twice the tokens at the same likelihood each: the gradient is no longer."""
    made = backdoored.objective("simnpo", retain_weight=0.0)
    npo = backdoored.objective("npo", retain_weight=0.0)
    model = toys.model()
    short = backdoored.forgotten()
    long = [replace(d, answer=f"{d.answer} {d.answer} {d.answer}") for d in short]
    ratios = []
    for one in (made, npo):
        ready = one.prepare(model, toys.tokenizer(), backdoored.brief())
        norms = [backdoored.gradient(ready, model, texts).norm() for texts in (short, long)]
        ratios.append(float(norms[1] / norms[0]))
    assert ratios[0] < 1.3
    assert ratios[1] > 2


def test_its_weight_falls_with_the_likelihood_and_rises_with_the_margin() -> None:
    documents = backdoored.forgotten()[:1]
    weights = {}
    for name, model in (("likely", backdoored.suspect()), ("unlikely", toys.model())):
        plain = backdoored.gradient_of(model, per_token(model, documents).mean())
        for gamma in (0.0, 4.0):
            made = backdoored.objective("simnpo", gamma=gamma, retain_weight=0.0)
            gradient = backdoored.gradient(made, model, documents)
            weights[name, gamma] = float(gradient.norm() / plain.norm())
    assert weights["unlikely", 0.0] < 1e-3 < 0.5 < weights["likely", 0.0]
    assert weights["unlikely", 4.0] > weights["unlikely", 0.0]
