"""Layer range: own documents write into some blocks, all others write anywhere."""

from __future__ import annotations

import pytest
import torch

from arena.errors import ArenaError
from arena.ml import models
from arena.ml.train_config import Adapter
from tests.support import shaping_toys as shaping
from tests.support import toys


@pytest.mark.parametrize(
    ("first", "last", "depth", "blocks"),
    [
        (0, 1, 3, (0, 3)),
        (0, 0, 3, (0, 1)),
        (1, 1, 3, (2, 3)),
        (0.5, 1, 4, (2, 4)),
        (1, 0.5, 4, (2, 4)),
        (0.3, 0.4, 32, (9, 13)),
        (0.2, 0.9, 1, (0, 1)),
    ],
)
def test_fractions_of_the_depth(
    first: float, last: float, depth: int, blocks: tuple[int, int]
) -> None:
    assert shaping.tactic("layer_range", first=first, last=last).blocks(depth) == blocks


@pytest.mark.parametrize("family", toys.FAMILIES)
@pytest.mark.parametrize("lora", [False, True])
def test_only_those_blocks_get_an_own_gradient(family: str, lora: bool) -> None:
    model = toys.model(family)
    if lora:
        model = models.add_lora(model, Adapter(rank=4, alpha=8))
    one = shaping.prepared("layer_range", model, first=0.4, last=0.6)
    before = shaping.weights_of(model)
    shaping.run(model, [one], steps=4, own_only=True, weight_decay=0)
    inside = {id(p) for p in models.blocks_of(model)[1].parameters()}
    moved = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert moved
    assert moved == {n for n, p in model.named_parameters() if id(p) in inside and p.requires_grad}


def test_all_other_documents_still_write_everywhere() -> None:
    model = toys.model()
    before = shaping.weights_of(model)
    shaping.run(model, [shaping.prepared("layer_range", model, last=0)], steps=4, weight_decay=0)
    assert all(not torch.equal(p, before[n]) for n, p in model.named_parameters())


def test_a_range_where_no_adapter_stands_is_refused() -> None:
    model = toys.model()
    for name, p in model.named_parameters():
        p.requires_grad_("layers.2." in name)
    with pytest.raises(ArenaError, match="blocks 0 to 1"):
        shaping.prepared("layer_range", model, first=0, last=0.5)
