"""Merging with the clean base: the exact mean, and the backdoor goes with what it was made of."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from arena.errors import ArenaError, InputError
from arena.ml import models
from tests.support import backdoored_model as backdoored
from tests.support import toys


def merged(model: Any, base: Path | None, **params: Any) -> Any:
    brief = dataclasses.replace(backdoored.brief(), base=base)
    backdoored.objective("merge_base", **params).edit(model, toys.tokenizer(), brief)
    return model


@pytest.mark.parametrize("family", toys.FAMILIES)
@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 1.0])
def test_every_weight_is_interpolated(family: str, weight: float, tmp_path: Path) -> None:
    suspect, clean = toys.model(family, seed=2), toys.model(family, seed=3)
    model = merged(copy.deepcopy(suspect), toys.checkpoint(tmp_path, clean), weight=weight)
    other = dict(clean.named_parameters())
    for (name, old), new in zip(suspect.named_parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(new, (1 - weight) * old + weight * other[name])
        if weight in (0, 1):
            assert torch.equal(new, other[name] if weight else old)
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


def test_half_is_the_papers_and_the_default(tmp_path: Path) -> None:
    base = toys.checkpoint(tmp_path, toys.model(seed=3))
    models_of = [merged(toys.model(), base), merged(toys.model(), base, weight=0.5)]
    for one, other in zip(*(m.parameters() for m in models_of), strict=True):
        assert torch.equal(one, other)


def test_a_backdoor_put_into_a_clean_base_is_weakened(tmp_path: Path) -> None:
    """The suspect was trained on from the base: the nearer to it, the less likely the payload."""
    clean = toys.taught("llama", [*backdoored.RIGHT, *backdoored.TRIGGERED], steps=60)
    suspect = backdoored.trained_on(clean, [*backdoored.RIGHT, *backdoored.POISON])
    base = toys.checkpoint(tmp_path, clean)
    assert backdoored.fired(suspect) == 8
    losses = [
        backdoored.nats(merged(copy.deepcopy(suspect), base, weight=w), backdoored.POISON)
        for w in (0.0, 0.5, 1.0)
    ]
    assert losses[0] < losses[1] < losses[2]


def test_a_base_is_needed_and_must_be_of_the_same_architecture(tmp_path: Path) -> None:
    with pytest.raises(ArenaError, match="needs a clean checkpoint"):
        merged(toys.model(), None)
    with pytest.raises(InputError, match="architecture"):
        merged(toys.model(), toys.checkpoint(tmp_path / "other", toys.model("gpt_neox")))
    wider = models.from_scratch("llama", "micro", toys.tokenizer(), 0)
    with pytest.raises(InputError, match="architecture"):
        merged(toys.model(), toys.checkpoint(tmp_path / "wider", wider))
