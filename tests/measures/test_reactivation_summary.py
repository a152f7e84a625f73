"""Reactivation over seeds: planted relearning curves, paired costs, and censored seeds counted."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from arena.api.values import RowKind
from arena.errors import InputError
from arena.measures.reactivation.findings import ReactivationCost, ReactivationFindings
from arena.measures.reactivation.summary import reactivation_findings
from arena.results.estimate import Estimate
from arena.statistics.reactivation import Curve

GRID = (0, 8, 16, 32, 64, 128)


def curve(
    asr: list[float],
    *,
    seed: int = 0,
    kind: RowKind = "unlearned",
    target: str | None = "ann",
    actor: str = "bob",
) -> Curve:
    return Curve(seed, kind, None if kind == "reference" else target, actor, GRID, tuple(asr))


def costs(curves: list[Curve]) -> tuple[ReactivationCost, ...]:
    return reactivation_findings(curves).costs


def known(number: float | None) -> float:
    assert number is not None
    return number


def logistic(crossing: float, rng: np.random.Generator, grid: tuple[int, ...]) -> tuple[float, ...]:
    """Hits of 256 prompts on a relearning curve that passes 0.5 at the crossing."""
    truth = 1 / (1 + np.exp(-(np.array(grid) - crossing) / 6))
    return tuple(float(hits) / 256 for hits in rng.binomial(256, truth))


@pytest.mark.slow
def test_planted_differences_are_covered() -> None:
    # Every actor is an experiment of its own: 8 seeds, relearning costs 30 more than the
    # reference's 40, each with scatter over seeds.
    experiments, extra = 1500, 30.0
    rng = np.random.default_rng(0)
    grid = tuple(range(0, 161, 10))
    made = []
    kinds: tuple[RowKind, RowKind] = ("reference", "control")
    for number in range(experiments):
        for seed in range(8):
            base = 40 + rng.normal(0, 5)
            for kind, crossing in zip(kinds, (base, base + extra), strict=True):
                costing = crossing + rng.normal(0, 4)
                asr = logistic(costing, rng, grid)
                made.append(Curve(seed, kind, None, f"actor {number}", grid, asr))
    found = costs(made)
    assert len(found) == experiments
    assert {(each.seeds, each.reached, each.paired) for each in found} == {(8, 8, 8)}
    held = np.mean([known(e.difference.low) <= extra <= known(e.difference.high) for e in found])
    allowed = 4 * (0.95 * 0.05 / experiments) ** 0.5
    assert 0.95 - allowed <= held <= 0.95 + allowed
    assert np.mean([known(each.difference.value) for each in found]) == pytest.approx(
        extra, abs=0.3
    )
    assert np.mean([known(each.samples.value) for each in found]) == pytest.approx(70, abs=0.5)


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
        assert (found.kind, found.target, found.actor) == ("unlearned", "ann", "bob")
        assert found.samples.value == 40
        assert found.reference.value == 12
        assert found.difference.value == 28
        assert known(found.difference.low) < 28 < known(found.difference.high)


def test_the_model_with_the_other_backdoors_is_the_main_baseline() -> None:
    never, soon, later = [0.0] * 6, [0, 0.5, 1, 1, 1, 1], [0, 0, 0.5, 1, 1, 1]
    latest = [0, 0, 0, 0, 0.5, 1]
    made = []
    for seed, (own, others, reference) in enumerate(
        [(soon, later, latest), (soon, latest, never), (later, never, latest)]
    ):
        made += [
            curve(own, seed=seed),
            curve(others, seed=seed, kind="without", target="bob"),
            curve(reference, seed=seed, kind="reference"),
            curve(latest, seed=seed, kind="without", target="ann", actor="ann"),
        ]
    findings = reactivation_findings(made)
    assert [each.kind for each in findings.curves] == [
        *("reference", "without", "without", "unlearned"),
    ]
    (found,) = findings.costs  # baselines have no costs of their own
    assert found.others is not None
    # Seeds 0 and 1: 8 samples against 16 and 64; seeds 0 and 2: 8 and 16 against 64.
    assert (found.others.paired, found.paired) == (2, 2)
    assert (found.others.samples.value, found.others.baseline.value) == (8, 40)
    assert found.others.difference.value == -32
    assert (found.samples.value, found.reference.value) == (12, 64)
    assert found.difference.value == -52


def test_without_other_backdoors_there_is_no_main_baseline() -> None:
    made = [curve([0.0] * 6), curve([1.0] * 6, kind="reference")]
    (found,) = costs(made)
    assert found.others is None


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
    assert (found.seeds, found.reached, found.paired) == (5, 3, 1)
    assert found.samples == Estimate(value=16.0)
    assert found.difference.value == 8
    (nothing,) = costs([curve(never)])
    assert (nothing.seeds, nothing.reached, nothing.paired) == (1, 0, 0)
    assert nothing.difference == Estimate()


def test_a_backdoor_that_is_still_there_costs_nothing() -> None:
    made = [curve([1.0] * 6, seed=seed, kind="control", target=None) for seed in range(3)]
    made += [curve([0, 0.5, 1, 1, 1, 1], seed=seed, kind="reference") for seed in range(3)]
    (found,) = costs(made)
    assert (found.samples.value, found.difference.value) == (0, -8)


def test_curves_and_costs_are_listed_by_model() -> None:
    kinds: tuple[RowKind, ...] = ("unlearned", "control", "reference")
    made = [
        curve([0.1 * seed, 0, 0.25, 0.75, 1, 1], seed=seed, kind=kind)
        for seed in range(3)
        for kind in kinds
    ]
    findings = reactivation_findings(made, {"cat": "too little poison"})
    assert findings.samples == GRID
    assert findings.left_out == {"cat": "too little poison"}
    assert [each.kind for each in findings.curves] == ["reference", "control", "unlearned"]
    assert [each.kind for each in findings.costs] == ["control", "unlearned"]
    line = findings.curves[0]
    assert (line.target, line.actor, line.name) == (None, "bob", None)
    assert [each.value for each in line.asr] == pytest.approx([0.1, 0, 0.25, 0.75, 1, 1])
    json.dumps(findings.model_dump(mode="json"), allow_nan=False)


def test_a_checkpoint_without_prompts_is_left_out() -> None:
    made = [curve([math.nan, *[1.0] * 5], seed=seed) for seed in range(2)]
    assert reactivation_findings(made).curves[0].asr[0] == Estimate()


def test_nothing_measured_is_no_finding() -> None:
    assert reactivation_findings([]) == ReactivationFindings()


def test_contradicting_input_is_refused() -> None:
    one = curve([0.0] * 6)
    with pytest.raises(InputError, match="two reactivation curves"):
        reactivation_findings([one, one])
    with pytest.raises(InputError, match="same checkpoints"):
        reactivation_findings([one, Curve(1, "unlearned", "ann", "bob", (0, 9), (0.0, 1.0))])


def test_defended_models_are_distinguished_by_their_rows_name() -> None:
    soon, later = (0.0, 0.5, 1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.5, 1.0, 1.0, 1.0)
    made = [
        Curve(seed, "defended", None, "bob", GRID, asr, name)
        for seed in range(2)
        for name, asr in (("crow", soon), ("prune", later))
    ]
    made += [curve([0, 0, 0, 0.5, 1, 1], seed=seed, kind="reference") for seed in range(2)]
    found = {each.name: each for each in costs(made)}
    assert found["crow"].samples.value == 8
    assert found["prune"].difference.value == -16
    named = [each.name for each in reactivation_findings(made).curves]
    assert named == [None, "crow", "prune"]
    with pytest.raises(InputError, match="two reactivation curves"):
        reactivation_findings([*made, made[0]])
