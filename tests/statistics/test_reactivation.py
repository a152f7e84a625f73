"""Reactivation: first crossings, planted relearning curves, and censoring in the open."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import InputError
from arena.statistics.reactivation import Curve, costs, reactivation_json, samples_to

GRID = (0, 8, 16, 32, 64, 128)
ESTIMATE = {"value", "low", "high"}
rates = st.lists(st.integers(0, 64).map(lambda hits: hits / 64), min_size=6, max_size=6)


def curve(
    asr: list[float],
    *,
    seed: int = 0,
    kind: str = "unlearned",
    target: str | None = "ann",
    actor: str = "bob",
) -> Curve:
    return Curve(seed, kind, None if kind == "reference" else target, actor, GRID, tuple(asr))


@pytest.mark.parametrize(
    ("asr", "expected"),
    [
        ([0, 0, 0.25, 0.75, 1, 1], 24.0),  # halfway from 16 to 32
        ([0, 0.5, 1, 1, 1, 1], 8.0),
        ([0.5, 0, 0, 0, 0, 0], 0.0),
        ([0, 1, 0, 1, 1, 1], 4.0),  # the first crossing, whatever comes after
        ([0, 0, 0, 0, 0, 0.49], None),
        ([0, 0, math.nan, 0.5, 1, 1], 32.0),
        ([math.nan] * 6, None),
    ],
)
def test_samples_to_by_hand(asr: list[float], expected: float | None) -> None:
    assert samples_to(curve(asr)) == expected


def test_another_level() -> None:
    assert samples_to(curve([0, 0.5, 1, 1, 1, 1]), level=0.25) == 4.0


@given(rates)
def test_a_crossing_lies_between_its_checkpoints(asr: list[float]) -> None:
    found = samples_to(curve(asr))
    over = [samples for samples, rate in zip(GRID, asr, strict=True) if rate >= 0.5]
    assert (found is None) == (not over)
    if found is not None:
        before = [samples for samples in GRID if samples < over[0]]
        assert (before[-1] if before else 0) <= found <= over[0]


@given(rates, st.sampled_from([0.5, 2.0, 4.0]))
def test_the_unit_of_samples_is_the_unit_of_the_answer(asr: list[float], scale: float) -> None:
    grid = tuple(int(scale * samples) for samples in GRID)
    found = samples_to(Curve(0, "unlearned", "ann", "bob", grid, tuple(asr)))
    expected = samples_to(curve(asr))
    assert found == (None if expected is None else pytest.approx(scale * expected))


@given(rates, rates)
def test_a_higher_curve_never_costs_a_checkpoint_more(one: list[float], two: list[float]) -> None:
    least = samples_to(curve(one))
    if least is None:
        return
    higher = samples_to(curve([max(pair) for pair in zip(one, two, strict=True)]))
    # Between two checkpoints the higher curve may seem later, never beyond the next one.
    assert higher is not None
    assert higher <= min(samples for samples in GRID if samples >= least)


def logistic(crossing: float, rng: np.random.Generator, grid: tuple[int, ...]) -> tuple[float, ...]:
    """Hits of 256 prompts on a relearning curve that passes 0.5 at the crossing."""
    truth = 1 / (1 + np.exp(-(np.array(grid) - crossing) / 6))
    return tuple(float(hits) / 256 for hits in rng.binomial(256, truth))


def test_planted_differences_are_covered() -> None:
    # Every actor is an experiment of its own: 8 seeds, relearning costs 30 more than the
    # reference's 40, each with scatter over seeds.
    experiments, extra = 1500, 30.0
    rng = np.random.default_rng(0)
    grid = tuple(range(0, 161, 10))
    made = []
    for number in range(experiments):
        for seed in range(8):
            base = 40 + rng.normal(0, 5)
            for kind, crossing in (("reference", base), ("control", base + extra)):
                costing = crossing + rng.normal(0, 4)
                asr = logistic(costing, rng, grid)
                made.append(Curve(seed, kind, None, f"actor {number}", grid, asr))
    found = costs(made)
    assert len(found) == experiments
    assert {(each["seeds"], each["reached"], each["paired"]) for each in found} == {(8, 8, 8)}
    held = np.mean([e["difference"]["low"] <= extra <= e["difference"]["high"] for e in found])
    allowed = 4 * (0.95 * 0.05 / experiments) ** 0.5
    assert 0.95 - allowed <= held <= 0.95 + allowed
    assert np.mean([each["difference"]["value"] for each in found]) == pytest.approx(extra, abs=0.3)
    assert np.mean([each["samples"]["value"] for each in found]) == pytest.approx(70, abs=0.5)


def test_the_difference_is_paired_by_seed_and_actor() -> None:
    asr = {8: [0, 0.5, 1, 1, 1, 1], 16: [0, 0, 0.5, 1, 1, 1], 64: [0, 0, 0, 0, 0.5, 1]}
    made = [
        curve(asr[16], seed=0),
        curve(asr[8], seed=0, kind="reference"),
        curve(asr[64], seed=1),
        curve(asr[16], seed=1, kind="reference"),
        curve(asr[64], seed=0, kind="reference", actor="ann"),
    ]
    for curves in (made, made[::-1]):
        (found,) = costs(curves)
        assert (found["kind"], found["target"], found["actor"]) == ("unlearned", "ann", "bob")
        assert found["samples"]["value"] == 40
        assert found["reference"]["value"] == 12
        assert found["difference"]["value"] == 28
        assert found["difference"]["low"] < 28 < found["difference"]["high"]


def test_censored_seeds_are_counted_and_enter_no_mean() -> None:
    never, soon, later = [0.0] * 6, [0, 0.5, 1, 1, 1, 1], [0, 0, 0.5, 1, 1, 1]
    made = []
    for seed, (own, reference) in enumerate(
        [(later, soon), (never, soon), (later, never), (never, never), (later, None)]
    ):
        made.append(curve(own, seed=seed))
        if reference is not None:
            made.append(curve(reference, seed=seed, kind="reference"))
    (found,) = costs(made)
    assert (found["seeds"], found["reached"], found["paired"]) == (5, 3, 1)
    assert found["samples"] == {"value": 16.0, "low": None, "high": None}
    assert found["difference"]["value"] == 8
    (nothing,) = costs([curve(never)])
    assert (nothing["seeds"], nothing["reached"], nothing["paired"]) == (1, 0, 0)
    assert nothing["difference"] == {"value": None, "low": None, "high": None}


def test_a_backdoor_that_is_still_there_costs_nothing() -> None:
    made = [curve([1.0] * 6, seed=seed, kind="control", target=None) for seed in range(3)]
    made += [curve([0, 0.5, 1, 1, 1, 1], seed=seed, kind="reference") for seed in range(3)]
    (found,) = costs(made)
    assert (found["samples"]["value"], found["difference"]["value"]) == (0, -8)


def test_the_json_has_the_agreed_shape() -> None:
    made = [
        curve([0.1 * seed, 0, 0.25, 0.75, 1, 1], seed=seed, kind=kind)
        for seed in range(3)
        for kind in ("unlearned", "control", "reference")
    ]
    found = json.loads(json.dumps(reactivation_json(made), allow_nan=False))
    assert set(found) == {"samples", "curves", "costs"}
    assert found["samples"] == list(GRID)
    assert [each["kind"] for each in found["curves"]] == ["reference", "control", "unlearned"]
    assert [each["kind"] for each in found["costs"]] == ["control", "unlearned"]
    line = found["curves"][0]
    assert set(line) == {"kind", "target", "actor", "asr"}
    assert [set(each) for each in line["asr"]] == [ESTIMATE] * len(GRID)
    assert [each["value"] for each in line["asr"]] == pytest.approx([0.1, 0, 0.25, 0.75, 1, 1])
    cost = found["costs"][0]
    assert set(cost) == {
        "kind", "target", "actor", "seeds", "reached", "paired",
        "samples", "reference", "difference",
    }  # fmt: skip
    assert all(set(cost[name]) == ESTIMATE for name in ("samples", "reference", "difference"))


def test_a_checkpoint_without_prompts_is_left_out() -> None:
    made = [curve([math.nan, *[1.0] * 5], seed=seed) for seed in range(2)]
    found = reactivation_json(made)
    json.dumps(found, allow_nan=False)
    assert found["curves"][0]["asr"][0] == {"value": None, "low": None, "high": None}


def test_nothing_measured_is_valid_json() -> None:
    assert reactivation_json([]) == {"samples": [], "curves": [], "costs": []}


def test_contradicting_input_is_refused() -> None:
    one = curve([0.0] * 6)
    with pytest.raises(InputError, match="two reactivation curves"):
        reactivation_json([one, one])
    with pytest.raises(InputError, match="same checkpoints"):
        reactivation_json([one, Curve(1, "unlearned", "ann", "bob", (0, 9), (0.0, 1.0))])
    for samples, asr in (((0, 8, 8), (0.0,) * 3), ((0, 8), (0.0,)), ((), ())):
        with pytest.raises(InputError, match="rising samples"):
            Curve(0, "unlearned", "ann", "bob", samples, asr)


def test_defended_models_are_told_apart_by_their_rows_name() -> None:
    soon, later = (0.0, 0.5, 1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.5, 1.0, 1.0, 1.0)
    made = [
        Curve(seed, "defended", None, "bob", GRID, asr, name)
        for seed in range(2)
        for name, asr in (("crow", soon), ("prune", later))
    ]
    made += [curve([0, 0, 0, 0.5, 1, 1], seed=seed, kind="reference") for seed in range(2)]
    found = {each["name"]: each for each in costs(made)}
    assert found["crow"]["samples"]["value"] == 8
    assert found["prune"]["difference"]["value"] == -16
    named = [each.get("name") for each in reactivation_json(made)["curves"]]
    assert named == [None, "crow", "prune"]
    with pytest.raises(InputError, match="two reactivation curves"):
        reactivation_json([*made, made[0]])
