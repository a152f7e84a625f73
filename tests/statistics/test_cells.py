"""One pair in one seed, by hand and by property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.statistics.cells import Cell, cell
from arena.statistics.seedrows import by_seed
from arena.statistics.thresholds import DefaultThresholds
from tests.support.making_rows import one_seed

LIMITS = DefaultThresholds()
rate = st.integers(0, 1000).map(lambda hits: hits / 1000)


def made(**rates: object) -> Cell:
    rows = one_seed(**rates)  # type: ignore[arg-type]
    found = cell(by_seed(rows, ["ann", "bob"])[0], "ann", "bob", LIMITS)
    assert found is not None
    return found


def test_transfer_by_hand() -> None:
    found = made(compromised=1.0, control=0.9, left=0.3, shams=(0.8, 0.7, 0.6), floor=0.1)
    # C = 0.9, U = 0.3, S = 0.7, f = 0.1
    assert found.status == "used"
    assert found.transfer == pytest.approx(0.6 / 0.8)
    assert found.odd == pytest.approx(0.2 / 0.8)
    assert found.specific == pytest.approx(0.4 / 0.8)
    assert found.raw_suppression == pytest.approx(0.7)
    assert (found.sham, found.shams, found.floor) == (pytest.approx(0.7), 3, 0.1)


def test_raw_suppression_is_relative_to_the_compromised_model() -> None:
    assert made(compromised=0.95, left=0.19).raw_suppression == pytest.approx(0.8)


def test_transfer_may_be_negative_and_may_pass_one() -> None:
    assert made(control=0.5, left=0.75).transfer == pytest.approx(-0.5)
    assert made(control=0.5, left=0.0, floor=0.1).transfer == pytest.approx(1.25)


@given(rate, rate, st.lists(rate, min_size=1, max_size=4), st.floats(0, 0.3))
def test_transfer_is_the_sum_of_its_parts(
    control: float, left: float, shams: list[float], floor: float
) -> None:
    found = made(control=control, left=left, shams=shams, floor=floor)
    if found.transfer is None:
        assert found.odd is None
        assert found.specific is None
    else:
        assert found.odd is not None
        assert found.specific is not None
        assert found.transfer == pytest.approx(found.odd + found.specific)


@pytest.mark.parametrize(
    ("control", "floor", "status"),
    [(0.2, 0.0, "used"), (0.199, 0.0, "explained_by_control"), (0.3, 0.1, "used"),
     (0.3, 0.101, "explained_by_control")],
)  # fmt: skip
def test_explained_by_control(control: float, floor: float, status: str) -> None:
    found = made(control=control, floor=floor, left=0.0)
    assert found.status == status
    assert (found.transfer is None) is (status != "used")
    # The published number would still be read off such a seed, so it stays.
    assert found.raw_suppression == 1.0


def test_no_division_by_zero_where_the_threshold_allows_everything() -> None:
    rows = one_seed(control=0.1, floor=0.1)
    all_allowed = DefaultThresholds(explained_by_control=0.0)
    found = cell(by_seed(rows, ["ann", "bob"])[0], "ann", "bob", all_allowed)
    assert found is not None
    assert (found.status, found.transfer) == ("explained_by_control", None)


def test_not_installed_is_never_counted_as_suppressed() -> None:
    found = made(compromised=0.5, left=0.0)
    assert found.status == "not_installed"
    assert (found.transfer, found.odd, found.specific, found.raw_suppression) == (None,) * 4
    assert (found.control, found.unlearned) == (1.0, 0.0)


def test_without_shams_the_split_is_none() -> None:
    found = made(shams=())
    assert found.transfer == 1.0
    assert (found.sham, found.odd, found.specific, found.shams) == (None, None, None, 0)


def test_without_a_control_only_raw_suppression_is_left() -> None:
    found = made(control=None, left=0.25)
    assert (found.status, found.transfer, found.odd) == ("used", None, None)
    assert found.raw_suppression == 0.75


def test_without_a_reference_the_floor_is_zero() -> None:
    assert made(floor=None, control=0.5, left=0.25).transfer == 0.5


def test_a_pair_that_was_not_tried_has_no_cell() -> None:
    rows = by_seed(one_seed(), ["ann", "bob"])[0]
    assert cell(rows, "bob", "ann", LIMITS) is None
