"""One reactivation curve: the first crossing, by hand and by property."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import InputError
from arena.statistics.reactivation import Curve, samples_to

GRID = (0, 8, 16, 32, 64, 128)
rates = st.lists(st.integers(0, 64).map(lambda hits: hits / 64), min_size=6, max_size=6)


def curve(asr: list[float]) -> Curve:
    return Curve(0, "unlearned", "ann", "bob", GRID, tuple(asr))


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


@pytest.mark.parametrize(("samples", "asr"), [((0, 8, 8), (0.0,) * 3), ((0, 8), (0.0,)), ((), ())])
def test_a_curve_has_rising_samples_and_a_rate_each(
    samples: tuple[int, ...], asr: tuple[float, ...]
) -> None:
    with pytest.raises(InputError, match="rising samples"):
        Curve(0, "unlearned", "ann", "bob", samples, asr)
