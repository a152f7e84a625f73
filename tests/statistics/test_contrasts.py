"""Differences between the values of a grid's axes: paired by seed, matched cell by cell."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from arena.results.pairs import Pair, PairSeed
from arena.results.run import AtDose, RunResults
from arena.results.stress import Cases, Contrast
from arena.scenario.grid import Primary
from arena.statistics.comparison import within
from arena.statistics.contrasts import contrasts
from arena.statistics.grid import FinishedCell, judge_grid
from arena.statistics.intervals import holm, paired
from tests.statistics.test_grid import THRESHOLDS, finished

Values = Sequence[float | None]


def pair(values: Values, source: str = "ann", to: str = "bob") -> Pair:
    per_seed = tuple(
        PairSeed(seed=k, status="not_installed" if t is None else "used", transfer=t)
        for k, t in enumerate(values)
    )
    return Pair(source=source, to=to, per_seed=per_seed)


def cell(
    values: Values, most: Values | None = None, *more: Pair, counts: bool = True, **axes: str
) -> FinishedCell:
    name = "-".join(axes.values())
    made = finished(name, (pair(values), *more), axes)
    at_most = None if most is None else AtDose(transfer=(pair(most),))
    results: RunResults = made.results.model_copy(update={"most": at_most})
    return FinishedCell(name, axes, results, counts)


def only(cells: Sequence[FinishedCell]) -> Contrast:
    (found,) = contrasts(cells)
    return found


def test_a_contrast_is_the_paired_difference_of_seed_means() -> None:
    rng = np.random.default_rng(1)
    low, high = rng.uniform(0, 0.4, 10), rng.uniform(0.3, 1, 10)
    found = only([cell(list(low), payloads="own"), cell(list(high), payloads="shared")])
    assert (found.axis, found.of, found.against) == ("payloads", "shared", "own")
    estimate, p = paired(high - low)
    assert found.difference == estimate
    assert found.p == found.adjusted_p == p
    assert found.matched == estimate
    assert found.seeds == tuple(range(10))
    assert found.per_seed == pytest.approx(high - low)
    assert (found.dose, found.outcome) == (None, "ahead")


def test_three_values_at_two_doses_are_one_family_of_six() -> None:
    rng = np.random.default_rng(2)
    levels = {"own": 0.1, "kind": 0.3, "shared": 0.45}
    cells = [
        cell(list(rng.normal(t, 0.1, 12)), list(rng.normal(t + 0.1, 0.3, 12)), payloads=name)
        for name, t in levels.items()
    ]
    found = contrasts(cells)
    assert [(each.of, each.against, each.dose) for each in found] == [
        (of, against, dose)
        for dose in ("least", "most")
        for of, against in (("kind", "own"), ("shared", "own"), ("shared", "kind"))
    ]
    p = [each.p for each in found if each.p is not None]
    assert [each.adjusted_p for each in found] == holm(p)
    assert len(p) == 6
    assert found[1].outcome == "ahead"


@pytest.mark.parametrize(("arms", "outcome"), [(2, "ahead"), (5, "inconclusive")])
def test_a_difference_needs_the_test_after_holm_as_well(arms: int, outcome: str) -> None:
    """Eight seeds that all differ in one direction: p is 2/256, and ten of those are not enough,
    however narrow the intervals."""
    levels = [0.1 + 0.2 * arm for arm in range(arms)]
    values = [
        [level + 0.003 * (k * (arm + 2) % 5) for k in range(8)] for arm, level in enumerate(levels)
    ]
    found = contrasts([cell(v, rate=str(arm)) for arm, v in enumerate(values)])
    assert [each.p for each in found] == [pytest.approx(2 / 256)] * len(found)
    assert all(each.difference.low is not None and each.difference.low > 0 for each in found)
    assert {each.outcome for each in found} == {outcome}


def test_cells_are_compared_with_cells_that_agree_on_the_other_axes() -> None:
    """y has no cell at `b`: what happens there at x is no part of the difference."""
    cells = [
        cell([0.2] * 8, size="x", stage="a"),
        cell([0.9] * 8, size="x", stage="b"),
        cell([0.3] * 8, size="y", stage="a"),
    ]
    by = {each.axis: each for each in contrasts(cells)}
    assert by["size"].difference.value == pytest.approx(0.1)
    assert by["stage"].difference.value == pytest.approx(0.7)
    assert by["size"].cases == by["size"].cases_against == Cases(used=8, all=8)


def test_usable_cases_are_counted_and_matched() -> None:
    """A pair that only one side has moves the difference of means, and not the matched one."""
    low = cell([0.1, 0.2], None, pair([0.9, 0.9], "bob", "ann"), payloads="own")
    high = cell([0.3, 0.4], None, pair([None, None], "bob", "ann"), payloads="shared")
    found = only([low, high])
    assert found.difference.value == pytest.approx(-0.175)
    assert found.matched.value == pytest.approx(0.2)
    assert found.cases == Cases(used=2, all=4)
    assert found.cases_against == Cases(used=4, all=4)


def test_seeds_without_a_t_on_either_side_are_left_out() -> None:
    found = only([cell([0.1, None, 0.3], a="x"), cell([0.2, 0.5, None], a="y")])
    assert found.per_seed == pytest.approx((0.1,))
    assert (found.seeds, found.outcome, found.p) == ((0,), "inconclusive", None)


def test_nothing_to_compare_is_no_contrast() -> None:
    assert contrasts([]) == ()
    assert contrasts([cell([0.1] * 8, a="x")]) == ()


def test_an_ablation_is_compared_on_its_own_axis_only() -> None:
    cells = [
        cell([0.1] * 8, dose="a", size="x"),
        cell([0.3] * 8, dose="a", size="y"),
        cell([0.9] * 8, dose="b", size="y", counts=False),
    ]
    by = {(each.axis, each.of): each.difference.value for each in contrasts(cells)}
    assert by == {("dose", "b"): pytest.approx(0.6), ("size", "y"): pytest.approx(0.2)}


def test_the_order_of_pairs_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    pairs = [pair(list(rng.uniform(0, 1, 9)), *names) for names in
             (("bob", "ann"), ("cat", "ann"), ("cat", "bob"))]  # fmt: skip
    values = [list(rng.uniform(0, 1, 9)) for _ in "ab"]
    found = [
        contrasts([cell(values[0], None, *order, a="x"), cell(values[1], None, *order, a="y")])
        for order in itertools.permutations(pairs)
    ]
    assert all(each == found[0] for each in found)


def test_the_grid_is_judged_at_either_dose() -> None:
    cells = [cell([0.1] * 8, [0.7] * 8, a="x"), cell([0.3] * 8, a="y")]
    least, most = (judge_grid(cells, THRESHOLDS, which) for which in ("least", "most"))
    assert least.transfer.value == pytest.approx(0.2)
    assert most.transfer.value == pytest.approx(0.7)  # of the cell that has it


@pytest.mark.slow
def test_contrasts_of_equal_arms_are_rarely_claimed() -> None:
    """Three arms that share what their seeds have in common, and no difference: one of the family
    of three is called ahead or behind in at most 5 %."""
    rng, sets, wrong = np.random.default_rng(4), 300, 0
    for _ in range(sets):
        common = rng.uniform(0, 1, 12)
        arms = [list(common + rng.normal(0, 0.1, 12)) for _ in range(3)]
        found = contrasts([cell(t, a=name) for t, name in zip(arms, "xyz", strict=True)])
        wrong += any(each.outcome != "inconclusive" for each in found)
    assert wrong / sets <= 0.05 + 3 * (0.05 * 0.95 / sets) ** 0.5


def test_the_primary_contrast_is_a_family_by_itself_in_its_own_direction() -> None:
    rng = np.random.default_rng(5)
    names = ("apart", "pooled", "chain")
    made = [
        cell(list(rng.uniform(low, low + 0.3, 10)), pipeline=name)
        for name, low in zip(names, (0.5, 0.2, 0.4), strict=True)
    ]
    primary = Primary(axis="pipeline", of="apart", against="pooled")
    first, *others = contrasts(made, primary)
    assert (first.of, first.against, first.primary) == ("apart", "pooled", True)
    assert first.adjusted_p == first.p
    assert first.difference.value == pytest.approx(0.3, abs=0.15)
    assert [(each.of, each.against) for each in others] == [("chain", "apart"), ("chain", "pooled")]
    assert [each.adjusted_p for each in others] == holm([each.p or 0.0 for each in others])
    assert not any(each.primary for each in others)


@pytest.mark.parametrize(
    ("gap", "margin", "outcome"),
    [
        (0.01, 0.15, "equal"),
        (0.01, None, "inconclusive"),
        (0.01, 0.005, "inconclusive"),
        (0.14, 0.2, "ahead"),  # a difference stays one, however small
    ],
)
def test_the_primary_contrast_may_be_no_difference(
    gap: float, margin: float | None, outcome: str
) -> None:
    noise = np.random.default_rng(3).normal(0, 0.02, 8)
    made = [
        cell(list(0.3 + gap + noise), pipeline="apart"),
        cell(list(0.3 + noise[::-1]), pipeline="pooled"),
    ]
    primary = Primary(axis="pipeline", of="apart", against="pooled", margin=margin)
    (first, *_) = contrasts(made, primary)
    assert (first.outcome, first.margin) == (outcome, margin)


def test_a_difference_as_large_as_the_margin_is_rarely_called_none() -> None:
    rng = np.random.default_rng(9)
    draws = rng.normal(0.15, 0.1, (400, 8))
    intervals = [paired(list(draw))[0] for draw in draws]
    called = sum(within(each.low, each.high, 8, 0.15) for each in intervals)
    assert called / len(draws) <= 0.05
    assert not within(-0.01, 0.01, 7, 0.15)
