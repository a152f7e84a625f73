"""What objectives that forget a text share: its place, its weights, and what is not forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from arena.api.trigger import NoTrigger
from arena.errors import ArenaError
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
