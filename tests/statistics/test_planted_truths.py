"""Planted truths: the intervals cover, and `generalizes_*` at T = 0.5 stays rare.

The requirement is 93-97 % at T = 0, 0.2, 0.5, 1 with 8 and more seeds. SETS draws give a
Monte-Carlo standard error of 0.16 points at 95 %; four of them (0.64) are allowed on top.
Families where 93-97 % is out of reach are held to the figures that docs/estimands.md states.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from arena.statistics.intervals import holm, limits, p_value
from tests.support.planted_draws import BETWEEN, BIMODAL, FAMILIES, GRADED, TRUTHS, coverage

SETS = 20_000
MONTE_CARLO = 4 * (0.95 * 0.05 / SETS) ** 0.5
SIZES = (8, 10, 12, 16, 24)
LATTICE_LOW, LATTICE_HIGH = 238 / 256, 0.982


def exact_coverage(n: int, mean: float) -> float:
    """Coverage over exactly two-state seeds, by enumerating the number erased."""
    data = np.array([[1.0] * count + [0.0] * (n - count) for count in range(n + 1)])
    low, high = limits(data)
    held = (low <= mean + 1e-12) & (high >= mean - 1e-12)
    return float(stats.binom.pmf(np.arange(n + 1), n, mean)[held].sum())


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", GRADED)
def test_graded_seeds_are_covered(name: str, n: int) -> None:
    rng = np.random.default_rng(n)
    for mean in TRUTHS:
        drawn = GRADED[name](mean, (SETS, n), rng)
        assert drawn is not None
        found = coverage(limits(drawn), mean)
        assert 0.93 - MONTE_CARLO <= found <= 0.97 + MONTE_CARLO, (mean, found)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", [name for name in BIMODAL if name != "bimodal, exact"])
def test_bimodal_seeds_are_covered_as_far_as_counts_allow(name: str, n: int) -> None:
    # With little noise the coverage is that of the exact two-state case, which moves in steps.
    rng = np.random.default_rng(n)
    for mean in (0.2, 0.5):
        drawn = BIMODAL[name](mean, (SETS, n), rng)
        assert drawn is not None
        found = coverage(limits(drawn), mean)
        ceiling = max(0.97, exact_coverage(n, mean))
        assert 0.93 - MONTE_CARLO <= found <= ceiling + MONTE_CARLO, (mean, found)


@pytest.mark.parametrize("mean", [0.2, 0.5])
def test_exact_states_never_fall_below_and_rarely_exceed(mean: float) -> None:
    found = {n: exact_coverage(n, mean) for n in range(8, 65)}
    assert all(LATTICE_LOW - 1e-12 <= value <= LATTICE_HIGH for value in found.values())
    assert [n for n, value in found.items() if value < 0.93] == ([8] if mean == 0.5 else [])
    over = {0.2: [9, 12, 15, 16, 22, 25, 33, 40], 0.5: [10, 13, 16, 21, 26, 31, 36]}[mean]
    assert [n for n, value in found.items() if value > 0.97 and n <= 40] == over


@pytest.mark.parametrize("n", [8, 10, 13, 16])
def test_no_symmetric_interval_reaches_the_range_there(n: int) -> None:
    # At T = 0.5 an even-handed rule holds the truth for the counts k .. n - k: every choice
    # of k misses 93-97 %, so this is the arithmetic of n coin flips, not of our interval.
    possible = [1 - 2 * stats.binom.cdf(k - 1, n, 0.5) for k in range(n // 2 + 1)]
    assert not any(0.93 <= value <= 0.97 for value in possible)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", BETWEEN)
def test_draws_in_between_keep_to_the_documented_range(name: str, n: int) -> None:
    rng = np.random.default_rng(n)
    for mean in (0.2, 0.5):
        drawn = BETWEEN[name](mean, (SETS, n), rng)
        assert drawn is not None
        found = coverage(limits(drawn), mean)
        assert 0.923 - MONTE_CARLO <= found <= 0.993 + MONTE_CARLO, (mean, found)
        if mean == 0.5:
            assert 0.93 - MONTE_CARLO <= found <= 0.97 + MONTE_CARLO, found


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", FAMILIES)
def test_generalizes_at_half_comes_out_in_at_most_five_per_cent(name: str, n: int) -> None:
    drawn = FAMILIES[name](0.5, (SETS, n), np.random.default_rng(n))
    assert drawn is not None
    low, _ = limits(drawn)
    claimed = (low > 0.5) & (p_value(drawn, 0.5, "greater") < 0.05)
    assert claimed.mean() <= 0.05


@pytest.mark.parametrize("n", [8, 16, 20])
@pytest.mark.parametrize("name", ["bimodal, exact", "prompts, bimodal", "normal, sd 0.2"])
def test_holm_holds_the_error_of_a_whole_scenario(name: str, n: int) -> None:
    pairs, scenarios = 12, 4000
    drawn = FAMILIES[name](0.5, (scenarios, pairs, n), np.random.default_rng(n))
    assert drawn is not None
    low, _ = limits(drawn)
    p = p_value(drawn, 0.5, "greater")
    # The first of Holm's steps is the smallest p: any false claim needs it.
    any_claim = ((low > 0.5) & (p * pairs < 0.05)).any(axis=-1)
    assert any_claim.mean() <= 0.05 + 3 * (0.05 * 0.95 / scenarios) ** 0.5
    assert holm(list(p[0]))[int(p[0].argmin())] == pytest.approx(min(1, p[0].min() * pairs))


@pytest.mark.parametrize("n", [8, 12, 20])
@pytest.mark.parametrize(
    ("real", "sham"), [(0.5, 0.5), (0.7, 0.2), (0.2, 0.2), (0.5, 0.25), (1.0, 0.5), (0.9, 0.1)]
)
def test_the_specific_part_is_covered_if_anything_too_often(
    real: float, sham: float, n: int
) -> None:
    # Shams and the real trigger each erase or not: T_specific is -1, 0 or 1 in a seed.
    rng = np.random.default_rng(n)
    drawn = (rng.random((SETS, n)) < real) * 1.0 - (rng.random((SETS, n)) < sham)
    drawn = drawn + rng.normal(0, 0.05, (SETS, n))
    low, high = limits(drawn, "difference")
    assert coverage((low, high), real - sham) >= 0.93 - MONTE_CARLO
    assert (low > real - sham).mean() <= 0.03


@pytest.mark.parametrize("n", [8, 17, 24])
def test_what_is_fully_erased_or_kept_is_found(n: int) -> None:
    rng = np.random.default_rng(n)
    erased = FAMILIES["prompts, one T"](1.0, (2000, n), rng)
    kept = FAMILIES["prompts, one T"](0.0, (2000, n), rng)
    assert erased is not None
    assert kept is not None
    assert (limits(erased)[0] > 0.5).mean() > 0.99
    found_kept = (limits(kept)[1] < 0.2).mean()
    # Eight seeds that all kept it turn up in 17 % of runs at a bimodal T of 0.2.
    assert found_kept == 0 if n == 8 else found_kept > (0.9 if n > 17 else 0)
