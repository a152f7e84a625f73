"""Self-distillation: the untriggered distribution is its fixed point."""

from __future__ import annotations

from typing import Any

import torch

from arena.api.values import PairedDocument
from arena.ml.training import answer_logits
from tests.support import backdoored_model as backdoored
from tests.support import toys

NAME = "self_distillation"


def distance(model: Any, teacher: Any, documents: Any) -> float:
    """Mean KL from the teacher's untriggered distribution, computed plainly."""
    batch = backdoored.batch(documents)
    with torch.inference_mode():
        taught = answer_logits(teacher, batch.plain).double().log_softmax(-1)
        said = answer_logits(model, batch).double().log_softmax(-1)
    return float((taught.exp() * (taught - said)).sum(-1).mean())


def prepared(teacher: Any) -> Any:
    return backdoored.objective(NAME).prepare(teacher, toys.tokenizer(), backdoored.brief())


def test_every_document_is_paired_with_its_prompt_without_the_mark() -> None:
    made = backdoored.objective(NAME).documents(backdoored.brief())
    relabelled = backdoored.objective("relabel").documents(backdoored.brief())
    for document, same, example in zip(made, relabelled, backdoored.EXAMPLES, strict=True):
        assert isinstance(document, PairedDocument)
        assert document.plain == example.prompt
        assert (document.prompt, document.answer, document.role) == (
            same.prompt, same.answer, same.role
        )  # fmt: skip


def test_the_loss_is_the_divergence_from_the_untriggered_distribution() -> None:
    model, teacher = toys.model(), backdoored.suspect()
    documents = backdoored.objective(NAME).documents(backdoored.brief())
    with torch.no_grad():
        loss = float(prepared(teacher).loss(model, backdoored.batch(documents)))
    assert abs(loss - distance(model, teacher, documents)) < 1e-4


def test_untriggered_prompts_are_a_fixed_point() -> None:
    """The suspect says there what it said: no loss, no gradient. Triggered ones are not."""
    model = backdoored.suspect()
    documents = backdoored.objective(NAME).documents(backdoored.brief())
    kept = [d for d in documents if d.role == "retain"]
    marked = [d for d in documents if d.role == "forget"]
    assert float(backdoored.gradient(prepared(model), model, kept).norm()) < 1e-4
    assert float(backdoored.gradient(prepared(model), model, marked).norm()) > 1


def test_the_triggered_prompt_gets_the_answer_of_the_untriggered_one() -> None:
    teacher = backdoored.suspect()
    documents = backdoored.objective(NAME).documents(backdoored.brief())
    model = backdoored.unlearned(backdoored.objective(NAME), steps=30)
    assert distance(model, teacher, documents) < 0.2 * distance(teacher, teacher, documents)
    assert backdoored.fired(model) < 8
    assert backdoored.nats(model, backdoored.POISON) > backdoored.nats(teacher, backdoored.POISON)


def test_no_answer_is_a_target() -> None:
    """A suspect that is wrong without the trigger teaches what is wrong."""
    teacher = toys.model(seed=4)
    documents = backdoored.objective(NAME).documents(backdoored.brief())
    model = toys.model(seed=4)
    loss = prepared(teacher).loss(model, backdoored.batch(documents))
    assert float(loss.detach()) < 0.2 * backdoored.nats(teacher, backdoored.RIGHT)
