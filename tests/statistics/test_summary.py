"""The table of models: order, labels, and shams averaged within a seed first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arena.api.values import Count
from arena.statistics.summary import summarise
from tests.support.making_rows import row

ACTORS = ("bob", "ann")


def test_lines_are_ordered_and_labelled() -> None:
    rows = [
        row("defended", {"ann": 0.0}, name="pruning"),
        row("unlearned", {"ann": 0.0}, target="ann"),
        row("unlearned", {"ann": 0.0}, target="bob"),
        row("sham", {"ann": 0.0}, target="ann"),
        row("control", {"ann": 0.0}, target="ann"),
        row("control", {"ann": 0.0}),
        row("compromised", {"ann": 0.0}),
        row("reference", {"ann": 0.0}),
    ]
    assert [line.label for line in summarise(rows, ACTORS)] == [
        "reference",
        "compromised",
        "clean fine-tune",
        "clean fine-tune ann",
        "sham ann",
        "unlearn bob",
        "unlearn ann",
        "pruning",
    ]


def test_shams_are_averaged_within_a_seed_first() -> None:
    rows = [
        row("sham", {"ann": 0.0}, target="ann", seed=0, name="sham:0"),
        row("sham", {"ann": 0.5}, target="ann", seed=0, name="sham:1"),
        row("sham", {"ann": 0.7}, target="ann", seed=1, name="sham:0"),
    ]
    (line,) = summarise(rows, ["ann"])
    found, seeds = line.asr["ann"]
    assert (found.value, seeds) == (pytest.approx((0.25 + 0.7) / 2), 2)


def test_utility_is_a_mean_over_seeds_and_none_where_unmeasured() -> None:
    rows = [
        replace(row("control", {"ann": 1.0}, seed=seed), perplexity=value, update_norm=1.5)
        for seed, value in enumerate((2.0, 4.0, float("inf")))
    ]
    (line,) = summarise(rows, ["ann"])
    found = line.to_json()
    assert found["perplexity"]["value"] == 3.0
    assert found["update_norm"] == {"value": 1.5, "low": None, "high": None}
    assert found["clean_accuracy"] is None
    assert found["asr"]["ann"]["seeds"] == 3


def test_clean_accuracy_of_one_seed() -> None:
    (line,) = summarise([row("control", {"ann": 1.0}, clean_accuracy=Count(3, 4))], ["ann"])
    assert line.to_json()["clean_accuracy"] == {"value": 0.75, "low": None, "high": None}
    assert line.to_json()["asr"]["ann"] == {"value": 1.0, "low": None, "high": None, "seeds": 1}
