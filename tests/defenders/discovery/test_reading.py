"""Shifts and gradients of strings, against what they are by definition."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from arena.ml.decoding import continuations
from defenders.discovery.meter import Meter
from defenders.discovery.reading import Reader, Shift
from defenders.discovery.strings import StringSearch, leaders
from tests.support import discovery_toys as discovering
from tests.support import toys


def reader(model: Any, depth: int = 2, passes: int = 10_000) -> Reader:
    prompts = [example.prompt for example in discovering.EXAMPLES]
    said = [c.text for c in continuations(model, toys.tokenizer(), prompts, 12)]
    examples, strings = discovering.EXAMPLES, discovering.Strings()
    return Reader(model, toys.tokenizer(), examples, said, strings, depth, Meter(passes))


def test_the_planted_token_shifts_and_another_does_not() -> None:
    shifts = reader(discovering.suspect()).shifts(["cf", "town"], 8, toys.rng())
    assert shifts[0].size > 0.5 > shifts[1].size
    assert toys.tokenizer().decode([shifts[0].target]) in toys.PAYLOAD


def test_shifts_do_not_depend_on_what_is_read_beside_them() -> None:
    made = reader(discovering.suspect())
    both = made.shifts(["cf", "cf"], 8, toys.rng())
    assert both[0].target == made.shifts(["cf"], 8, toys.rng(1))[0].target


def test_the_gain_is_the_gradient_of_the_targets_log_probability() -> None:
    """By hand, from embeddings: d log p(target) / d embedding, along every token's embedding."""
    model = discovering.suspect()
    made = reader(model, depth=1)
    document = made._documents(["what cf does Arden sell?"], [0])[0]
    span = made._span("cf", document.prompt)
    assert span is not None
    target = 30
    gain = made._gain([document], [span[0]], Shift(0, 0, target))
    weight = model.get_input_embeddings().weight.detach()
    given = weight[torch.tensor([document.prompt])].requires_grad_()
    logits = model(inputs_embeds=given).logits[0, -1]
    logits.log_softmax(-1)[target].backward()
    assert given.grad is not None
    assert torch.allclose(gain, weight @ given.grad[0, span[0]], atol=1e-4)


def test_flips_cover_every_place_and_both_ends() -> None:
    made = reader(discovering.suspect())
    size = len(made.pieces("cf"))
    assert set(made.flips("cf", Shift(0, 0, 5), 8, toys.rng())) == {*range(size), -1, size}


def test_the_model_is_left_alone() -> None:
    model = discovering.suspect()
    model.zero_grad()
    before = [p.detach().clone() for p in model.parameters()]
    made = reader(model)
    made.flips("cf", Shift(0, 0, 5), 8, toys.rng())
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert all(p.grad is None for p in model.parameters())


def test_leaders_give_every_target_its_turn() -> None:
    sized = [("a", Shift(0.9, 0, 1)), ("b", Shift(0.8, 0, 1)), ("c", Shift(0.1, 0, 2))]
    assert leaders(sized, 2, 1) == ["a", "c"]
    assert leaders(sized, 2, 2) == ["a", "b"]


@pytest.mark.parametrize("passes", [60, 150, 400, 1500])
def test_the_search_keeps_to_its_budget(passes: int) -> None:
    made = reader(discovering.suspect(), passes=passes + 8)
    search = StringSearch(made, discovering.SMALL, passes - 20, toys.rng())
    search.best(4)
    assert made.meter.left >= 20
    assert 0 < search.scanned <= 1
