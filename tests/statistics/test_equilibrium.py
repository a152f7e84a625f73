"""The mixed equilibrium of a zero-sum game: known games, its bounds, and its interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from arena.statistics import equilibrium as module
from arena.statistics.dirichlet import Array
from arena.statistics.equilibrium import equilibrium, interval, stacked
from arena.statistics.intervals import rate_over_seeds

GAMES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, max_side=5),
    elements=st.integers(-8, 8).map(lambda n: n / 8),
)


def game(*rows: tuple[float, ...]) -> Array:
    return np.array(rows, dtype=float)


PENNIES = game((1, -1), (-1, 1))


def test_rock_paper_scissors() -> None:
    solved = equilibrium(game((0, -1, 1), (1, 0, -1), (-1, 1, 0)))
    assert solved.value == pytest.approx(0.0, abs=1e-9)
    assert solved.rows == pytest.approx((1 / 3,) * 3)
    assert solved.columns == pytest.approx((1 / 3,) * 3)


def test_matching_pennies_with_unequal_stakes() -> None:
    solved = equilibrium(PENNIES)
    assert solved.value == pytest.approx(0, abs=1e-9)
    assert (*solved.rows, *solved.columns) == pytest.approx((0.5,) * 4)
    uneven = equilibrium(game((3, -1), (-1, 1)))  # x = (1 + 1) / (3 + 1 + 1 + 1), by hand
    assert uneven.value == pytest.approx(1 / 3)
    assert uneven.rows == pytest.approx((1 / 3, 2 / 3))
    assert uneven.columns == pytest.approx((1 / 3, 2 / 3))


def test_dominated_strategies_are_not_played() -> None:
    solved = equilibrium(game((1, -1, 2), (-1, 1, 2), (-2, -2, 1)))
    assert solved.rows == pytest.approx((0.5, 0.5, 0))
    assert solved.columns == pytest.approx((0.5, 0.5, 0))


def test_a_game_without_choice() -> None:
    assert equilibrium(game((0.3,))) == module.Equilibrium(pytest.approx(0.3), (1.0,), (1.0,))


@settings(max_examples=60, deadline=None)
@given(payoffs=GAMES, data=st.data())
def test_the_value_is_between_the_pure_bounds_and_knows_no_order(
    payoffs: Array, data: st.DataObject
) -> None:
    solved = equilibrium(payoffs)
    assert payoffs.min(axis=1).max() - 1e-9 <= solved.value <= payoffs.max(axis=0).min() + 1e-9
    rows, columns = np.array(solved.rows), np.array(solved.columns)
    for weights in (rows, columns):
        assert weights.min() >= 0
        assert weights.sum() == pytest.approx(1)
    # what makes it an equilibrium: neither side gains by any other strategy
    assert (rows @ payoffs).min() == pytest.approx(solved.value, abs=1e-6)
    assert (payoffs @ columns).max() == pytest.approx(solved.value, abs=1e-6)
    order = data.draw(st.permutations(range(len(payoffs))))
    assert equilibrium(payoffs[order]).value == pytest.approx(solved.value, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(payoffs=GAMES)
def test_a_value_is_that_of_the_linear_programs_whether_an_equilibrium_is_pure_or_not(
    payoffs: Array,
) -> None:
    """Payoffs in eighths: many ties, many saddle points and many games without one."""
    games = np.stack([payoffs, -payoffs, payoffs[::-1] ** 2])
    expected = [equilibrium(each).value for each in games]
    assert module.values(games) == pytest.approx(expected, abs=1e-9)


def test_values_of_a_pure_and_a_mixed_game() -> None:
    saddle = game((2, 3), (1, 9))  # rows' worst: 2 and 1; columns' best: 2 and 9
    assert list(module.values(np.stack([saddle, PENNIES]))) == pytest.approx([2.0, 0.0], abs=1e-9)


def test_one_seed_has_no_interval() -> None:
    value, resamples = interval(PENNIES[None])
    assert (value.low, value.high, resamples) == (None, None, 0)


@pytest.mark.parametrize("each", [[1.0, 0, 0, 1, 0, 1, 1, 0], [0.0] * 12, [1.0] * 12])
def test_where_there_is_no_choice_seeds_far_apart_or_at_an_end_have_the_interval_of_a_rate(
    each: list[float],
) -> None:
    """12 seeds at 0 allow up to 0.26, as everywhere else."""
    seeds = np.array(each).reshape(-1, 1, 1)
    value, resamples = interval(seeds)
    rate = rate_over_seeds(each)
    assert value.value == rate.value
    assert (value.low, value.high) == pytest.approx((rate.low, rate.high), abs=0.03)
    assert resamples == module.RESAMPLES
    assert value == interval(seeds)[0]  # the same resamples each time


def test_a_seed_that_lacks_an_entry_is_left_out_of_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RESAMPLES", 100)
    payoffs = stacked([[{1: 0.2, 2: 0.4}, {1: 0.2, 2: 0.4}], [{2: 0.6}, {2: 0.6}]])
    assert payoffs.shape == (2, 2, 2)
    assert np.isnan(payoffs[0, 1]).all()
    value, resamples = interval(payoffs)
    assert value.value == pytest.approx(0.6)  # the second row, which has one seed
    assert resamples == 100
    assert value.low is not None
    assert value.low < 0.6


PLANTED = game((0.10, 0.06, 0.03), (0.71, 0.24, 0.12), (0.66, 0.63, 0.5), (0.3, 0.5, 0.7))


def planted(rng: np.random.Generator, seeds: int) -> Array:
    """Payoffs of some seeds, which differ by 0.15 as a whole and by 0.2 in each entry."""
    shift = rng.normal(0, 0.15, (seeds, 1, 1))
    noise = rng.normal(0, 0.2, (seeds, *PLANTED.shape))
    return np.clip(PLANTED + shift + noise, 0, 1)


@pytest.mark.slow
def test_the_interval_covers_a_planted_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of docs/estimands.md are of 150 data sets of 8 and of 12 seeds."""
    monkeypatch.setattr(module, "RESAMPLES", 200)
    rng = np.random.default_rng(5)
    truth = equilibrium(planted(rng, 200_000).mean(axis=0)).value
    limits = [interval(planted(rng, 8))[0] for _ in range(40)]
    covered = sum((e.low or 0.0) <= truth <= (e.high or 0.0) for e in limits)
    assert covered >= 35  # of 40; at 95 %, fewer happen once in 70
