"""Power told before a run: known answers, and what the verdicts of simulated experiments say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from arena.results.pairs import PairSeed
from arena.statistics.planned_power import (
    POWER,
    Design,
    Spread,
    power,
    reach,
    seen_spread,
)
from arena.statistics.power import seeds_needed
from arena.statistics.thresholds import DefaultThresholds
from arena.statistics.transfer import decide, evidence_of, with_holm
from tests.support.planted_draws import Array

T = DefaultThresholds()


def known(value: float | None) -> float:
    assert value is not None
    return value


def pair(values: Array) -> list[PairSeed]:
    return [
        PairSeed(seed=seed, status="used", control=1.0, transfer=float(t))
        for seed, t in enumerate(values)
    ]


def test_fails_takes_seeds_that_all_kept_it() -> None:
    # One pair at two states, 14 seeds: 13 of 14 kept are not enough, so power is (1 - T)^14.
    found = reach(Design(14), Spread(flips=1), T)
    assert known(found.fails) == pytest.approx(1 - POWER ** (1 / 14), abs=2e-3)
    for mean in (0.005, 0.02):
        fails, generalizes = power(Design(14), Spread(flips=1), mean, T)
        assert fails == pytest.approx((1 - mean) ** 14)
        assert generalizes == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("pairs", [1, 6, 12])
def test_it_agrees_with_the_fewest_seeds_of_a_verdict(pairs: int) -> None:
    for_generalizes, for_fails = (known(n) for n in seeds_needed(T, pairs))
    same = Spread(0.0)
    assert reach(Design(int(for_fails), pairs), same, T).fails is not None
    assert reach(Design(int(for_fails) - 1, pairs), same, T).fails is None
    assert reach(Design(int(for_generalizes), pairs), same, T).generalizes is not None


def shares_of_verdicts(
    design: Design, spread: Spread, mean: float, sets: int
) -> tuple[float, float]:
    """How often the verdict of the whole claim is `fails`, and `generalizes_*`, in experiments."""
    drawn = spread.draw(mean, (sets, design.seeds), np.random.default_rng(design.seeds))
    evidence = (evidence_of([pair(values)], T, lambda _: design.targets) for values in drawn)
    verdicts = [decide(each, T)[0] for each in evidence]
    fails = sum(v == "fails" for v in verdicts) / sets
    return fails, sum(v.startswith("generalizes") for v in verdicts) / sets


@pytest.mark.parametrize(("seeds", "mean"), [(8, 0.09), (12, 0.6)])
def test_the_whole_claims_power_is_that_of_the_verdicts_function(seeds: int, mean: float) -> None:
    design, spread, sets = Design(seeds, targets=4), Spread(0.06), 150
    told = power(design, spread, mean, T)
    assert max(told) > 0.5
    found = shares_of_verdicts(design, spread, mean, sets)
    assert found == pytest.approx(told, abs=0.03 + 2.5 * (0.2 / sets) ** 0.5)


@pytest.mark.slow
def test_planned_power_is_within_three_points_of_many_experiments() -> None:
    design, spread = Design(8, targets=4), Spread(0.06)
    found = shares_of_verdicts(design, spread, 0.09, 2000)
    assert found == pytest.approx(power(design, spread, 0.09, T), abs=0.03)


@pytest.mark.parametrize("mean", [0.7, 0.85])
def test_a_pairs_power_is_that_of_the_verdicts_function_after_holm(mean: float) -> None:
    design, spread, sets = Design(12, pairs=6), Spread(0.3), 150
    rng = np.random.default_rng(5)
    others = [evidence_of([pair(np.full(12, 0.35) + 0.1 * (-1) ** np.arange(12))], T)] * 5
    verdicts = [
        decide(with_holm([evidence_of([pair(values)], T), *others])[0], T)[0]
        for values in spread.draw(mean, (sets, 12), rng)
    ]
    _, generalizes = power(design, spread, mean, T)
    told = np.mean([v.startswith("generalizes") for v in verdicts])
    assert told == pytest.approx(generalizes, abs=0.03 + 2 * (0.25 / sets) ** 0.5)


@pytest.mark.parametrize("share", [0.02, 0.2])
def test_at_the_t_told_the_power_is_80_percent(share: float) -> None:
    design = Design(10, targets=4)
    found = reach(design, Spread(share), T)
    at_fails, _ = power(design, Spread(share), known(found.fails), T)
    _, at_generalizes = power(design, Spread(share), known(found.generalizes), T)
    assert at_fails == pytest.approx(POWER, abs=0.05)
    assert at_generalizes == pytest.approx(POWER, abs=0.05)


def test_more_seeds_and_less_spread_reach_further() -> None:
    few, many = (reach(Design(n, targets=4), Spread(0.1), T) for n in (8, 24))
    assert known(few.fails) + 0.02 < known(many.fails) < T.fails
    assert known(few.generalizes) - 0.02 > known(many.generalizes) > T.generalizes
    wide = reach(Design(8, targets=4), Spread(0.4), T)
    assert known(wide.generalizes) > known(few.generalizes)


def test_with_fewer_than_eight_seeds_nothing_can_be_said() -> None:
    found = reach(Design(7, targets=4), Spread(0.01), T)
    assert (found.fails, found.generalizes) == (None, None)
    assert power(Design(7), Spread(0.0), 0.0, T) == (0.0, 0.0)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 0.95), st.sampled_from([0.02, 0.3, 0.9, 1.0]), st.integers(0, 4))
def test_draws_have_the_mean_and_the_spread_they_are_said_to(
    mean: float, share: float, flips: int
) -> None:
    spread = Spread(share, flips)
    drawn = spread.draw(mean, (4000, 5), np.random.default_rng(0))
    assert ((drawn >= 0) & (drawn <= 1)).all()
    assert drawn.mean() == pytest.approx(mean, abs=0.02)
    assert drawn.std() == pytest.approx(spread.sd(mean), abs=0.02)


def test_the_spread_seen_is_that_within_runs() -> None:
    # Two runs with the same scatter about other means, a run with one seed.
    found = seen_spread([[0.2, 0.4], [0.6, 0.8], [0.9]])
    assert found is not None
    assert found.sd == pytest.approx(0.02**0.5)
    assert (found.mean, found.degrees) == (pytest.approx(0.5), 2)
    assert found.upper_sd == pytest.approx(found.sd * (2 / stats.chi2.ppf(0.2, 2)) ** 0.5)
    assert found.spread.sd(found.mean) == pytest.approx(found.sd)
    assert found.upper.sd(found.mean) == pytest.approx(found.upper_sd)
    assert seen_spread([[0.3], []]) is None


def test_the_upper_limit_is_above_the_true_spread_in_four_of_five() -> None:
    rng = np.random.default_rng(3)
    found = [seen_spread([rng.normal(0.5, 0.1, 8).tolist()]) for _ in range(1000)]
    above = np.mean([each is not None and each.upper_sd > 0.1 for each in found])
    assert above == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(
    ("values", "tells"),
    [
        ([0.0] * 8, False),
        ([0.02, -0.01, 0.03], False),
        ([0.1, 0.3], True),
        ([1.0, 0.97], False),
    ],
)
def test_seeds_at_an_end_tell_nothing_of_the_spread_elsewhere(
    values: list[float], tells: bool
) -> None:
    found = seen_spread([values])
    assert found is not None
    assert found.tells is tells
