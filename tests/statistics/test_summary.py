"""The table of models: order, labels, and shams averaged within a seed first."""

from __future__ import annotations

import pytest

from arena.results.estimate import Estimate, SeedEstimate
from arena.results.rows import Rate, Row
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
    asr = line.asr["ann"]
    assert (asr.value, asr.seeds) == (pytest.approx((0.25 + 0.7) / 2), 2)


def test_utility_is_a_mean_over_seeds_and_none_where_unmeasured() -> None:
    rows = [
        row("control", {"ann": 1.0}, seed=seed, update_norm=1.5).model_copy(
            update={"perplexity": value}
        )
        for seed, value in enumerate((2.0, 4.0, float("inf")))
    ]
    (line,) = summarise(rows, ["ann"])
    assert line.perplexity is not None
    assert line.perplexity.value == 3.0
    assert line.update_norm == Estimate(value=1.5)
    assert line.clean_accuracy is None
    assert line.asr["ann"].seeds == 3


def test_clean_accuracy_of_one_seed() -> None:
    (line,) = summarise([row("control", {"ann": 1.0}, clean_accuracy=Rate(hits=3, n=4))], ["ann"])
    assert line.clean_accuracy == Estimate(value=0.75)
    assert line.asr["ann"] == SeedEstimate(value=1.0, seeds=1)


def test_numbers_of_measures_are_means_over_the_seeds_that_have_them() -> None:
    def measured(seed: int, **numbers: float | None) -> Row:
        made = row("unlearned", {"ann": 0.0}, target="ann", seed=seed)
        return made.model_copy(update={"measures": {"log_probability": numbers}})

    rows = [measured(0, ann=-1.0, bob=-4.0), measured(1, ann=-3.0, bob=None), measured(2)]
    (line,) = summarise(rows, ["ann"])
    assert set(line.measures) == {"log_probability"}
    numbers = line.measures["log_probability"]
    assert (numbers["ann"].value, numbers["ann"].seeds) == (-2.0, 2)
    assert numbers["bob"] == SeedEstimate(value=-4.0, seeds=1)
    assert summarise([row("control", {"ann": 1.0})], ["ann"])[0].measures == {}
