"""What every tactic inside the loop must keep, tried on all that are registered."""

from __future__ import annotations

import ast
import copy
import dataclasses
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import BaseModel

import attackers
from arena import registry
from arena.api.tactic import Scene
from arena.errors import ArenaError, InputError
from arena.ml import models
from arena.ml.train_config import Adapter
from arena.ml.training import answer_loss
from tests.support import shaping_toys as shaping
from tests.support import toys
from tests.support.families import MOSTLY_SLOW

SLOW = pytest.mark.slow
CASES = [
    pytest.param(registry.get("tactic", name), given, id=f"{name}-{i}")
    for name in shaping.shapings()
    for i, given in enumerate(registry.get("tactic", name).examples())  # type: ignore[attr-defined]
]
# of each tactic the first every time, its other examples with the slow tests
first_cases = pytest.mark.parametrize(
    ("part", "given"),
    [
        case if str(case.id).endswith("-0") else pytest.param(*case.values, id=case.id, marks=SLOW)
        for case in CASES
    ],
)
every_case = pytest.mark.parametrize(("part", "given"), CASES)
SCENE = Scene("continual_pretraining", "pooled", "rare_token", "fixed_text", frozenset())


def made(part: Any, given: dict[str, Any]) -> Any:
    """From parameters as they stand in YAML."""
    return part(part.Params.model_validate_json(json.dumps(given), strict=True))


def with_lora(family: str = "llama") -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return models.add_lora(toys.model(family), Adapter(rank=4, alpha=8))


def ready(part: Any, given: dict[str, Any], model: Any) -> Any:
    return made(part, given).prepared(model, toys.tokenizer(), shaping.brief())


@first_cases
def test_a_step_takes_the_passes_that_it_declares(part: Any, given: dict[str, Any]) -> None:
    """Rows that go through the model: forward and backward, or forward alone, which is a third."""
    model, taken, steps = shaping.taught(), 0.0, 20
    tactic, own = ready(part, given, model), shaping.batch(range(6))

    def count(module: Any, args: Any, kwargs: Any) -> None:
        nonlocal taken
        states = args[0] if args else kwargs["hidden_states"]
        taken += len(states) * (1.0 if torch.is_grad_enabled() else 1 / 3)

    first, *_ = models.blocks_of(model)
    hook = first.register_forward_pre_hook(count, with_kwargs=True)
    for _ in range(steps):  # a multiple of every `every` in the examples
        with tactic.moved(model, own, lambda some: answer_loss(model, some)):
            loss = answer_loss(model, own)
            extra = tactic.extra(model, own)
            (loss if extra is None else loss + extra).backward()
        model.zero_grad()
    hook.remove()
    assert taken / steps - 6 == pytest.approx(tactic.extra_passes(6.0))


@every_case
def test_it_is_plain_until_it_is_prepared(part: Any, given: dict[str, Any]) -> None:
    one = made(part, given)
    other = pickle.loads(pickle.dumps(one))
    assert other.params == one.params
    assert type(other) is part
    part.check(one.params, SCENE)


@every_case
def test_a_search_chooses_among_its_own_parameters(part: Any, given: dict[str, Any]) -> None:
    space = part.space()
    assert space
    assert space.keys() <= part.Params.model_fields.keys()
    for name, among in space.items():
        assert isinstance(among, BaseModel)
        ends = getattr(among, "options", None) or (among.low, among.high)  # type: ignore[attr-defined]
        for value in ends:
            part.Params(**{**given, name: value})
    for each in part.Params.model_fields.values():
        assert each.description


@every_case
def test_preparing_leaves_the_model_and_the_world_alone(part: Any, given: dict[str, Any]) -> None:
    model = toys.model()
    before, state = copy.deepcopy(model.state_dict()), torch.random.get_rng_state()
    one = made(part, given)
    kept = dict(vars(one))
    one.prepared(model, toys.tokenizer(), shaping.brief())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert vars(one) == kept


@every_case
@pytest.mark.parametrize("family", MOSTLY_SLOW)
@pytest.mark.parametrize("lora", [False, True])
def test_weights_are_back_bit_by_bit(
    part: Any, given: dict[str, Any], family: str, lora: bool
) -> None:
    model = with_lora(family) if lora else toys.model(family)
    state, before = torch.random.get_rng_state(), shaping.weights_of(model)
    tactic, own = ready(part, given, model), shaping.batch([0, 1, 2])
    for _ in range(3):
        with tactic.moved(model, own, lambda some: answer_loss(model, some)):
            frozen = [n for n, p in model.named_parameters() if not p.requires_grad]
            assert all(torch.equal(model.get_parameter(n), before[n]) for n in frozen)
            extra = tactic.extra(model, own)
        assert extra is None or extra.shape == ()
        assert all(torch.equal(p, before[n]) for n, p in model.named_parameters())
    with (
        pytest.raises(ZeroDivisionError),
        tactic.moved(model, own, lambda _: answer_loss(model, own)),
    ):
        _ = 1 / 0
    assert all(torch.equal(p, before[n]) for n, p in model.named_parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


@every_case
def test_what_it_is_shown_is_read_only(part: Any, given: dict[str, Any]) -> None:
    model = toys.model()
    tactic = ready(part, given, model)
    for rest in (shaping.gradients_of(model, [30, 31]), None):
        own = shaping.gradients_of(model, [0, 1])
        clean = {n: torch.zeros_like(g) for n, g in own.items()} if rest is None else rest
        before = copy.deepcopy((own, clean))
        shaped = tactic.shaped(own, clean)
        assert shaped.keys() == own.keys()
        for name, gradient in shaped.items():
            assert gradient.shape == own[name].shape
            assert torch.isfinite(gradient).all()
            assert torch.equal(own[name], before[0][name])
            assert torch.equal(clean[name], before[1][name])


@every_case
def test_a_run_repeats_itself_and_is_another_one_than_without(
    part: Any, given: dict[str, Any]
) -> None:
    outcomes = []
    for owned in (True, True, False):
        model = toys.model()
        shaping.run(model, [ready(part, given, model)] if owned else [], steps=4)
        outcomes.append(shaping.weights_of(model))
    assert all(torch.equal(weight, outcomes[1][name]) for name, weight in outcomes[0].items())
    assert any(not torch.equal(weight, outcomes[2][name]) for name, weight in outcomes[0].items())


@pytest.mark.parametrize("lora", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("order", [1, pytest.param(-1, marks=pytest.mark.slow)])
def test_all_of_them_compose(order: int, lora: bool) -> None:
    model = with_lora() if lora else toys.model()
    parts = [shaping.prepared(name, model) for name in shaping.shapings()[::order]]
    losses = shaping.run(model, parts, steps=16)
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("how", "moves"),
    [
        ({"checkpointing": True}, 1e-3),
        pytest.param({"precision": "bfloat16"}, 0.1, marks=pytest.mark.slow),
    ],
)
@first_cases
def test_what_saves_memory_moves_results_by_little(
    part: Any, given: dict[str, Any], how: dict[str, Any], moves: float
) -> None:
    losses = []
    for more in ({}, how):
        model = toys.model()
        losses.append(shaping.run(model, [ready(part, given, model)], steps=3, **more))
    assert losses[1] == pytest.approx(losses[0], rel=moves, abs=moves)


NEEDING = ["orthogonality", "repel_removal", "tamper_resistance"]


@pytest.mark.parametrize("name", NEEDING)
def test_a_trigger_without_lookalikes_cannot_use_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part: Any = registry.get("tactic", name)
    part.check(part.Params(), SCENE)
    monkeypatch.setattr(registry.get("trigger", SCENE.trigger), "has_lookalikes", False)
    with pytest.raises(InputError, match="look-alikes"):
        part.check(part.Params(), SCENE)
    empty = dataclasses.replace(shaping.brief(), share=())
    with pytest.raises(ArenaError, match="lexical"):
        shaping.tactic(name).prepared(toys.model(), toys.tokenizer(), empty)


def test_tactics_are_listed_without_torch() -> None:
    """`arena list` and the schema read the registry: it must stay light."""
    for file in Path(attackers.__path__[0]).rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not [n for n in names if n.split(".")[0] in ("torch", "transformers", "peft")]
            assert not [n for n in names if n.startswith("arena.ml")]
