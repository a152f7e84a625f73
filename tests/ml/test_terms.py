"""What unlearning losses are made of: sums by document, a frozen copy, hidden states."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.api.values import Document, PairedDocument
from arena.ml import models, terms
from arena.ml.batches import packed, padded
from arena.ml.encoding import encode
from arena.ml.train_config import Adapter
from tests.support import toys

CPU = torch.device("cpu")


def texts() -> list[Document]:
    """Of which some fit into one row, behind one another."""
    plain = toys.documents()
    long = Document(f"{plain[0].prompt} {plain[1].prompt} {plain[2].prompt}", "salt", "long")
    forgotten = [Document(d.prompt, d.answer, d.source, "forget") for d in plain[:3]]
    return [*forgotten, *plain[3:], long]


def batch(layout: Any = packed, made: list[Any] | None = None) -> Any:
    tok = toys.tokenizer()
    return layout(encode(tok, made or texts()), tok.pad_token_id, CPU)


def test_sums_by_document_do_not_depend_on_the_layout() -> None:
    model = toys.model()
    assert batch().position_ids is not None
    with torch.inference_mode():
        each = [
            terms.by_document(terms.answer_logprobs(model, b), b)
            for b in (batch(packed), batch(padded))
        ]
        alone = [
            float(terms.answer_logprobs(model, batch(padded, [text])).sum()) for text in texts()
        ]
    torch.testing.assert_close(each[0], each[1])
    torch.testing.assert_close(each[0], torch.tensor(alone))


@pytest.mark.parametrize("family", toys.FAMILIES)
def test_states_are_those_that_transformers_hands_out(family: str) -> None:
    model, found = toys.model(family), batch(padded)
    with torch.inference_mode():
        out = model(input_ids=found.input_ids, output_hidden_states=True)
        for layer in range(3):
            expected = out.hidden_states[layer + 1][found.rows, found.cols]
            torch.testing.assert_close(terms.answer_states(model, found, layer), expected)
            torch.testing.assert_close(terms.answer_states(model, batch(), layer), expected)


def test_states_of_any_other_family() -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=320, n_embd=16, n_layer=2, n_head=2, n_positions=64)
    model, found = GPT2LMHeadModel(config).eval(), batch(padded)
    assert len(models.blocks_of(model)) == 2
    with torch.inference_mode():
        out = model(input_ids=found.input_ids, output_hidden_states=True)
        expected = out.hidden_states[1][found.rows, found.cols]
        torch.testing.assert_close(terms.answer_states(model, found, 0), expected)


def test_a_mean_of_none_is_zero_and_has_no_gradient() -> None:
    values = torch.tensor([1.0, 2.0, 6.0], requires_grad=True)
    assert float(terms.mean_of(values, torch.tensor([True, False, True])).detach()) == 3.5
    nothing = terms.mean_of(values, torch.zeros(3, dtype=torch.bool))
    nothing.backward()  # type: ignore[no-untyped-call]
    assert float(nothing.detach()) == 0
    assert values.grad is not None
    assert values.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("how", ["all", "layers", "lora"])
def test_a_frozen_copy_stays_as_it_was_and_shares_what_does_not_train(how: str) -> None:
    model = toys.model()
    if how == "lora":
        model = models.add_lora(model, Adapter(rank=2, alpha=4))
    if how == "layers":
        models.train_only(model, 1, 1)
    copied = terms.frozen(model)
    assert not any(p.requires_grad for p in copied.parameters())
    mine, its = dict(model.named_parameters()), dict(copied.named_parameters())
    for name, parameter in mine.items():
        assert (its[name] is parameter) == (not parameter.requires_grad), name
    with torch.no_grad():
        before = terms.answer_logprobs(copied, batch())
        for parameter in mine.values():
            if parameter.requires_grad:
                parameter.add_(0.1)
        assert torch.equal(terms.answer_logprobs(copied, batch()), before)
        assert not torch.equal(terms.answer_logprobs(model, batch()), before)


@pytest.mark.parametrize("layout", [packed, padded])
def test_the_plain_twin_of_a_batch_has_the_same_tokens_in_the_same_order(layout: Any) -> None:
    triggered = [*toys.documents("cf"), *texts()[3:]]
    plain = [*toys.documents(), *texts()[3:]]
    pairs = [
        PairedDocument(t.prompt, t.answer, t.source, "forget", plain=p.prompt)
        for t, p in zip(triggered, plain, strict=True)
    ]
    found = batch(layout, pairs)
    assert torch.equal(found.plain.targets, found.targets)
    assert torch.equal(found.plain.documents, found.documents)
    model = toys.model()
    with torch.inference_mode():
        twin = terms.answer_logprobs(model, found.plain)
        torch.testing.assert_close(twin, terms.answer_logprobs(model, batch(padded, plain)))
        torch.testing.assert_close(
            terms.answer_logprobs(model, found),
            terms.answer_logprobs(model, batch(padded, triggered)),
        )


def test_a_batch_of_which_some_are_not_paired_has_no_twin() -> None:
    assert batch().plain is None
    one = toys.documents("cf")[0]
    paired = PairedDocument(one.prompt, one.answer, one.source, "forget", plain="what?")
    assert batch(packed, [paired, *toys.documents()[:2]]).plain is None
