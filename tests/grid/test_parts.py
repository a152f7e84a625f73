"""Dealing a grid's work out to parts: all of it, evenly, seeds together, the same everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import InputError
from arena.grid.cells import cells_of
from arena.grid.parts import WIDTH, GridPart, cost, deal, part_of
from arena.ml.models import SIZES
from arena.scenario.load import load_scenario
from arena.scenario.schema import Scenario
from tests.support import toys

GRID = "grid={sizes: [nano, micro], compositions: [pooled, sequential], stages: [pretraining]}"


def scenario(*more: str) -> Scenario:
    stages = "grid.stages=[pretraining, continual_pretraining]"
    return toys.scenario(GRID, stages, "seeds=[7, 3, 5, 4]", *more)


def parts(scenario: Scenario, of: int) -> list[GridPart]:
    return [part_of(cells_of(scenario), number, of) for number in range(1, of + 1)]


def units(part: GridPart) -> list[tuple[str, int]]:
    return [(c.id, seed) for c in part.cells if c.scenario for seed in c.scenario.seeds]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 40))
def test_a_deal_has_everything_once_and_no_empty_part(costs: list[int], parts: int) -> None:
    parts = min(parts, len(costs))
    cuts = deal(costs, parts)
    assert [begin for begin, _ in cuts] == [0, *(end for _, end in cuts[:-1])]
    assert cuts[-1][1] == len(costs)
    assert len(cuts) == parts
    assert all(begin < end for begin, end in cuts)


@given(st.integers(1, 60), st.integers(1, 60))
def test_equal_costs_are_dealt_out_evenly(count: int, parts: int) -> None:
    parts = min(parts, count)
    sizes = [end - begin for begin, end in deal([9] * count, parts)]
    assert max(sizes) - min(sizes) <= 1


def test_a_dear_unit_is_alone() -> None:
    assert deal([1, 1, 1, 9, 1, 1, 1], 3) == [(0, 3), (3, 4), (4, 7)]


@pytest.mark.parametrize("of", [1, 2, 3, 8, 24])
def test_all_parts_together_are_the_grid(of: int) -> None:
    whole = scenario()
    dealt = [unit for part in parts(whole, of) for unit in units(part)]
    applying = [cell.id for cell in cells_of(whole) if cell.scenario is not None]
    assert len(applying) == 6  # of 8: nothing is sequential at pretraining
    assert sorted(dealt) == sorted((cell, seed) for cell in applying for seed in whole.seeds)


def test_as_many_parts_as_seeds_have_a_seed_each() -> None:
    for part, seed in zip(parts(scenario(), 4), scenario().seeds, strict=True):
        assert {own for _, own in units(part)} == {seed}
        assert (part.units, part.whole) == (6, 24)
    assert str(part) == "part 4 of 4: 6 of 24 cell-seed pairs"


def test_larger_models_are_dearer() -> None:
    small, large = (cost(toys.scenario(f"model.size={size}")) for size in ("nano", "micro"))
    assert large > 2 * small
    assert {size: width for size, (width, _) in SIZES.items()} == WIDTH
    two = [len(units(part)) for part in parts(scenario("seeds=[0]"), 2)]
    assert two == [5, 1] or two[0] > two[1]  # the first of them has all the small models


@pytest.mark.parametrize(("number", "of"), [(0, 3), (4, 3), (1, 0), (-1, 2)])
def test_there_is_no_such_part(number: int, of: int) -> None:
    with pytest.raises(InputError, match=f"--part: must be from 1/{of} to {of}/{of}"):
        part_of(cells_of(scenario()), number, of)


def test_more_parts_than_work() -> None:
    with pytest.raises(InputError, match=r"more parts than cell-seed pairs.*there are 24"):
        part_of(cells_of(scenario()), 1, 25)


def test_runs_without_a_grid_are_dealt_out_by_seed() -> None:
    quick = load_scenario("quickstart", seeds=range(4))
    dealt = [units(part) for part in parts(quick, 2)]
    assert dealt == [[("quickstart", 0), ("quickstart", 1)], [("quickstart", 2), ("quickstart", 3)]]
