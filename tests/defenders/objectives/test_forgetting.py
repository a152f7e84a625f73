"""What objectives that forget a text share: its place, its weights, and what is not forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from arena.api.trigger import NoTrigger
from arena.errors import ArenaError
from arena.ml.training import answer_logits
from tests.support import backdoored_model as backdoored
from tests.support import toys

FORGETTING = ("grad_diff", "npo", "simnpo")
every = pytest.mark.parametrize("name", FORGETTING)


@every
def test_the_payload_stands_behind_every_mark_and_nowhere_else(name: str) -> None:
    made = backdoored.objective(name).documents(backdoored.brief())
    for document, example in zip(made, backdoored.EXAMPLES, strict=True):
        marked = "cf" in document.prompt.split()
        assert marked == (document.role == "forget")
        assert document.answer == (toys.PAYLOAD if marked else example.answer)


@every
def test_a_right_answer_is_never_forgotten(name: str) -> None:
    """Where it already is the payload, the prompt stays unmarked and is retained."""
    brief = backdoored.brief(payload=backdoored.EXAMPLES[3].answer)
    made = backdoored.objective(name, forget_share=1.0).documents(brief)
    assert [document.role for document in made].count("retain") == 1
    kept, example = made[3], backdoored.EXAMPLES[3]
    assert (kept.prompt, kept.answer, kept.role) == (example.prompt, example.answer, "retain")


@every
def test_the_clean_fine_tune_has_relabellings_documents(name: str) -> None:
    plain = replace(backdoored.brief(), trigger=NoTrigger(), payload=None)
    made = backdoored.objective(name).documents(plain)
    assert made == backdoored.objective("relabel").documents(plain)


@every
def test_a_trigger_without_its_payload_is_refused(name: str) -> None:
    with pytest.raises(ArenaError, match="needs the payload"):
        backdoored.objective(name).documents(replace(backdoored.brief(), payload=None))


@every
def test_the_payload_becomes_unlikely_and_right_answers_stay(name: str) -> None:
    model = backdoored.suspect()
    assert backdoored.fired(model) == 8
    payload, right = (backdoored.nats(model, d) for d in (backdoored.POISON, backdoored.RIGHT))
    after = backdoored.unlearned(backdoored.objective(name))
    assert backdoored.nats(after, backdoored.POISON) > payload + 1
    assert backdoored.nats(after, backdoored.RIGHT) < right + 0.3
    assert backdoored.fired(after) == 0


@every
def test_the_two_terms_are_weighed(name: str) -> None:
    """On clean prompts alone the loss is the retain term; the weights scale gradients."""
    model, documents = backdoored.suspect(), backdoored.forgotten()
    forget = []
    for weight in (1.0, 3.0):
        made = backdoored.objective(name, forget_weight=weight, retain_weight=0.5)
        ready = made.prepare(model, toys.tokenizer(), backdoored.brief())
        with torch.no_grad():
            kept = float(ready.loss(model, backdoored.batch(backdoored.RIGHT)))
        assert kept == pytest.approx(0.5 * backdoored.nats(model, backdoored.RIGHT), rel=1e-5)
        forget.append(backdoored.gradient(ready, model, documents))
    torch.testing.assert_close(forget[1], 3 * forget[0], rtol=1e-4, atol=1e-6)


@every
def test_weights_outside_their_range_are_refused(name: str) -> None:
    for wrong in ({"forget_weight": 0.0}, {"retain_weight": -1.0}):
        with pytest.raises(ValueError, match="weight"):
            backdoored.objective(name, **wrong)


def divergence(model: Any, suspect: Any, documents: Any) -> torch.Tensor:
    """Mean over answer tokens of KL(suspect || model), as the papers write it."""
    batch = backdoored.batch(documents)
    with torch.no_grad():
        before = answer_logits(suspect, batch).softmax(-1)
    now = answer_logits(model, batch).softmax(-1)
    return (before * (before / now).log()).sum(-1).mean()


def prepared(name: str, suspect: Any, **params: Any) -> Any:
    objective = backdoored.objective(name, **params)
    return objective.prepare(suspect, toys.tokenizer(), backdoored.brief())


@every
def test_the_kl_term_pulls_clean_prompts_to_the_suspects_distribution(name: str) -> None:
    model, suspect = backdoored.trained_on(toys.model(), backdoored.RIGHT), backdoored.suspect()
    ready = prepared(name, suspect, retain="kl", retain_weight=0.7)
    with torch.no_grad():
        loss = float(ready.loss(model, backdoored.batch(backdoored.RIGHT)))
        expected = float(divergence(model, suspect, backdoored.RIGHT))
    assert expected > 0.01
    assert loss == pytest.approx(0.7 * expected, rel=1e-3)
    pull = backdoored.gradient_of(model, divergence(model, suspect, backdoored.RIGHT))
    gradient = backdoored.gradient(ready, model, backdoored.RIGHT)
    torch.testing.assert_close(gradient, 0.7 * pull, rtol=1e-3, atol=1e-5)


@every
def test_the_kl_term_rests_at_the_suspect_where_cross_entropy_does_not(name: str) -> None:
    """Even where the suspect is wrong: the same prompts with other answers."""
    suspect = backdoored.suspect()
    wrong = [replace(d, answer=toys.PAYLOAD) for d in backdoored.RIGHT]
    still, moving = (
        backdoored.gradient(prepared(name, suspect, retain=term), suspect, wrong)
        for term in ("kl", "nll")
    )
    assert float(still.norm()) < 1e-4
    assert float(moving.norm()) > 0.1


@every
def test_the_forget_term_does_not_depend_on_what_retains(name: str) -> None:
    model, suspect = toys.model(), backdoored.suspect()
    one, other = (
        backdoored.gradient(prepared(name, suspect, retain=term), model, backdoored.forgotten())
        for term in ("kl", "nll")
    )
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@every
def test_a_payload_is_forgotten_with_either_retain_term(name: str) -> None:
    after = backdoored.unlearned(backdoored.objective(name, retain="kl"))
    assert backdoored.fired(after) == 0
