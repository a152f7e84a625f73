"""Merging: each rule on weights whose sum, mean and signs are known."""

from __future__ import annotations

import pytest
import torch

from arena.errors import ArenaError
from arena.ml.merging import RULES, MergeRule, merge_into


class Two(torch.nn.Module):
    def __init__(self, *values: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([list(values)]))


def merged(method: str, *parts: tuple[float, ...], weight: float = 1.0, density: float = 1.0):  # type: ignore[no-untyped-def]
    base = Two(1.0, 1.0, 1.0, 1.0)
    models = [Two(*(1.0 + x for x in part)) for part in parts]
    merge_into(base, models, MergeRule(method, weight, density), seed=0)
    return (base.weight.detach() - 1.0).flatten().tolist()


A, B = (0.4, -0.2, 0.1, 0.0), (0.2, 0.4, 0.0, -0.3)


def test_task_arithmetic_is_the_weighted_sum() -> None:
    assert merged("task_arithmetic", A, B) == pytest.approx([0.6, 0.2, 0.1, -0.3], abs=1e-6)
    half = merged("task_arithmetic", A, B, weight=0.5)
    assert half == pytest.approx([0.3, 0.1, 0.05, -0.15], abs=1e-6)


def test_linear_is_the_mean() -> None:
    assert merged("linear", A, B) == pytest.approx([0.3, 0.1, 0.05, -0.15], abs=1e-6)


def test_ties_drops_small_entries_and_lost_signs() -> None:
    # kept half: A 0.4 and -0.2, B 0.4 and -0.3; in the second place the signs differ, + wins
    found = merged("ties", A, B, density=0.5)
    assert found == pytest.approx([0.4, 0.4, 0.0, -0.3], abs=1e-6)


@pytest.mark.parametrize("method", ["dare_linear", "dare_ties"])
def test_dare_drops_at_random_from_the_seed(method: str) -> None:
    torch.manual_seed(1)
    first = merged(method, A, B, density=0.5)
    torch.manual_seed(2)
    assert merged(method, A, B, density=0.5) == first
    whole = merged(method, A, density=1.0)
    assert whole == pytest.approx(list(A), abs=1e-6)


def test_every_rule_keeps_a_single_change_at_full_density() -> None:
    for method in RULES:
        assert merged(method, A) == pytest.approx(list(A), abs=1e-6), method


def test_only_the_chosen_modules_change() -> None:
    def model(shift: float) -> torch.nn.Module:
        made = torch.nn.Module()
        made.mlp, made.self_attn = Two(1.0 + shift), Two(1.0 + shift)
        return made

    base = model(0.0)
    merge_into(base, [model(0.5)], MergeRule("task_arithmetic", 2.0, modules="mlp"), seed=0)
    assert float(base.mlp.weight) == pytest.approx(2.0)
    assert float(base.self_attn.weight) == 1.0


def test_a_model_without_the_chosen_modules_is_refused() -> None:
    with pytest.raises(ArenaError, match=r"merge\.modules 'attention'"):
        merge_into(Two(1.0), [Two(2.0)], MergeRule("linear", 1.0, modules="attention"), seed=0)
