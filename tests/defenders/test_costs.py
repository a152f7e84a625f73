"""What a step is said to cost is what it costs, in floating-point operations."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import pytest
from torch.utils.flop_counter import FlopCounterMode

from arena import registry
from arena.ml import models
from arena.ml.training import answer_loss
from tests.support import backdoored_model as backdoored
from tests.support import toys
from tests.support.families import MOSTLY_SLOW


@functools.cache
def of_six(family: str) -> Any:
    """Six blocks: at three, what is saved behind the last block's attention is a large part."""
    return models.from_scratch(family, "mini", toys.tokenizer(), 0).eval()


def flops(model: Any, loss: Any) -> int:
    model.zero_grad()
    with FlopCounterMode(display=False) as counter:
        loss().backward()
    operations: int = counter.get_total_flops()
    return operations


def measured(model: Any, name: str, **params: Any) -> tuple[float, float]:
    """What a step costs and what it is said to, in plain training steps on the same batch."""
    brief = dataclasses.replace(backdoored.brief(), clean=toys.townlore().splits.train[:4])
    made = backdoored.objective(name, **params)
    ready = made.prepare(model, toys.tokenizer(), brief)
    batch = backdoored.batch(made.documents(brief))
    plain = flops(model, lambda: answer_loss(model, batch))
    return flops(model, lambda: ready.loss(model, batch)) / plain, made.cost(made.params)


@pytest.mark.parametrize("name", registry.names("objective"))
@pytest.mark.parametrize("family", MOSTLY_SLOW)
def test_a_step_costs_what_it_says(family: str, name: str) -> None:
    work, said = measured(of_six(family), name)
    assert work == pytest.approx(said, rel=0.15)


@pytest.mark.parametrize("name", ["grad_diff", "npo", "simnpo"])
def test_comparing_clean_prompts_with_the_suspect_costs_its_forward_pass(name: str) -> None:
    """Once: NPO reads the suspect for both of its terms in one pass."""
    work, said = measured(of_six("llama"), name, retain="kl")
    assert said == pytest.approx(4 / 3)
    assert work == pytest.approx(said, rel=0.15)


@pytest.mark.parametrize("steps", [1, 5])
def test_more_inner_steps_cost_more(steps: int) -> None:
    work, said = measured(of_six("llama"), "beear", inner_steps=steps)
    assert work == pytest.approx(said, rel=0.15)


def test_what_is_said_of_a_layer_of_ones_own_is_the_most_it_may_cost() -> None:
    low, _ = measured(of_six("llama"), "rmu", layer=0)
    high, said = measured(of_six("llama"), "rmu", layer=5)
    assert low < 1 < high
    assert high == pytest.approx(said, rel=0.15)


def test_plain_objectives_cost_one_step() -> None:
    plain = {"relabel", "grad_diff", "simnpo", "clean_finetune", "fine_pruning", "merge_base"}
    for name in plain:
        made = backdoored.objective(name)
        assert made.cost(made.params) == 1
