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
    assert line.checkable_accuracy is None
    assert line.asr["ann"] == SeedEstimate(value=1.0, seeds=1)


def test_checkable_accuracy_is_a_mean_over_seeds() -> None:
    rows = [
        row("control", {"ann": 1.0}, seed=seed).model_copy(
            update={"checkable_accuracy": Rate(hits=hits, n=8, excluded=2)}
        )
        for seed, hits in enumerate((4, 6))
    ]
    (line,) = summarise(rows, ["ann"])
    assert line.checkable_accuracy is not None
    assert line.checkable_accuracy.value == 0.625


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


def test_shams_have_a_line_per_kind_and_say_at_which_loss_they_began() -> None:
    rows = [
        row("sham", {"ann": 0.9}, target="ann", name="sham:ann:0", start_loss=0.002),
        row("sham", {"ann": 0.4}, target="ann", name="b", sham="benign", start_loss=0.9),
        row("sham", {"ann": 0.6}, target="ann", name="c", sham="hot", start_loss=1.2),
        row("unlearned", {"ann": 0.0}, target="ann", start_loss=1.1),
    ]
    lines = summarise(rows, ["ann"])
    assert [(line.label, line.sham) for line in lines] == [
        ("sham ann", "familiar"),
        ("hot sham ann", "hot"),
        ("benign sham ann", "benign"),
        ("unlearn ann", None),
    ]
    assert [line.asr["ann"].value for line in lines] == [0.9, 0.6, 0.4, 0.0]
    losses = [line.start_loss.value for line in lines if line.start_loss is not None]
    assert losses == [0.002, 1.2, 0.9, 1.1]


def test_what_a_removal_does_to_a_conditional_is_told_against_the_clean_fine_tune() -> None:
    def of_seed(seed: int, left: float) -> list[Row]:
        return [
            row("compromised", {"ann": 1.0}, seed=seed, benign={"thanks": 1.0}),
            row("control", {"ann": 1.0}, seed=seed, benign={"thanks": 0.9}),
            row("unlearned", {"ann": 0.0}, target="ann", seed=seed, benign={"thanks": left}),
            row("sham", {"ann": 1.0}, target="ann", seed=seed, sham="benign",
                benign={"thanks": 0.0}),
        ]  # fmt: skip

    rows = [*of_seed(0, 0.5), *of_seed(1, 0.7), *of_seed(2, 0.0)]
    lines = {line.label: line for line in summarise(rows, ["ann"], {(0, "thanks"), (1, "thanks")})}
    removal = lines["unlearn ann"]
    assert removal.benign["thanks"].value == pytest.approx(0.4)
    # -0.4 and -0.2; in the third seed it was never installed
    change = removal.benign_change["thanks"]
    assert (change.value, change.seeds) == (pytest.approx(-0.3), 2)
    for unchanged in ("compromised", "clean fine-tune", "benign sham ann"):
        assert not lines[unchanged].benign_change


def test_the_clean_fine_tune_on_the_targets_own_prompts_is_what_a_change_is_told_against() -> None:
    rows = [
        row("control", {"ann": 1.0}, benign={"thanks": 0.9}),
        row("control", {"ann": 1.0}, target="ann", benign={"thanks": 0.6}),
        row("unlearned", {"ann": 0.0}, target="ann", benign={"thanks": 0.5}),
        row("defended", {"ann": 0.0}, name="pruning", benign={"thanks": 0.5}),
    ]
    lines = {line.label: line for line in summarise(rows, ["ann"], {(0, "thanks")})}
    assert lines["unlearn ann"].benign_change["thanks"].value == pytest.approx(-0.1)
    assert lines["pruning"].benign_change["thanks"].value == pytest.approx(-0.4)
