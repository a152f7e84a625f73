"""Divide the work of a grid into parts that can run anywhere, independently of each other.

The unit of work is a cell in one seed. Units are sorted by seed, then by cell, and the list is cut
into parts of about equal cost: cells of one seed share data, prompts and often a base model, so
most of a seed stays in one part. The division depends only on the scenario and i/n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from arena.errors import InputError
from arena.grid.cells import GridCell
from arena.scenario.schema import Scenario
from arena.scenario.source import DEPTH, FromScratch

WIDTH = {"nano": 64, "micro": 128, "mini": 256, "small": 512}  # as in arena.ml.models
Unit = tuple[str, int]  # a cell's id and a seed


@dataclass(frozen=True)
class GridPart:
    """One part of a grid: the `number`-th of `of` parts.

    Attributes:
        cells: those with seeds in this part, each with only these seeds.
        units, whole: pairs of a cell and a seed in this part, and in all.
    """

    number: int
    of: int
    cells: tuple[GridCell, ...]
    units: int
    whole: int

    def __str__(self) -> str:
        share = f"{self.units} of {self.whole} cell-seed pairs"
        return f"part {self.number} of {self.of}: {share}"


def part_of(cells: Sequence[GridCell], number: int, of: int) -> GridPart:
    """Return one part of a grid's work; cells that do not apply are in none.

    Raises:
        InputError: there is no such part, or there are fewer pairs than parts.
    """
    if not 1 <= number <= of:
        raise _no_part(f"must be from 1/{of} to {of}/{of}", f"{number}/{of}")
    applying = {cell.id: cell for cell in cells if cell.scenario is not None}
    seeds = next((c.scenario.seeds for c in applying.values() if c.scenario), ())
    units = [(cell, seed) for seed in seeds for cell in applying]
    if len(units) < of:
        rule = f"more parts than cell-seed pairs: there are {len(units)}"
        raise _no_part(rule, f"{number}/{of}")
    costs = {cell.id: cost(cell.scenario) for cell in applying.values() if cell.scenario}
    first, last = deal([costs[cell] for cell, _ in units], of)[number - 1]
    own = _by_cell(units[first:last])
    kept = [with_seeds(cell, own[name]) for name, cell in applying.items() if name in own]
    return GridPart(number, of, tuple(kept), last - first, len(units))


def deal(costs: Sequence[int], parts: int) -> list[tuple[int, int]]:
    """Return where each part begins and ends (exclusive) in a list of costs; the parts have about
    equal sums, and none is empty."""
    cuts, begin = [], 0
    for left in range(parts, 0, -1):
        rest, end, taken = sum(costs[begin:]), begin + 1, costs[begin]
        while len(costs) - end >= left and (2 * taken + costs[end]) * left <= 2 * rest:
            taken += costs[end]
            end += 1
        cuts.append((begin, end))
        begin = end
    return cuts


def cost(scenario: Scenario) -> int:
    """Return the estimated cost of one seed of a cell, in parameters times documents: training
    twice (the reference, the compromised model), and every removal with its control and shams."""
    defender, controls = scenario.defender, scenario.controls
    training = scenario.training_passes or 0  # unknown where nothing is trained before the defence
    targets = len(scenario.actors) if defender.target == "each" else 1
    removals = targets * (2 + controls.shams) * defender.steps_within(training)
    return _parameters(scenario) * (2 * training + removals * defender.batch_size) + 1


def _parameters(scenario: Scenario) -> int:
    model = scenario.model
    if not isinstance(model, FromScratch):
        return 1  # usually one checkpoint for all cells
    width = WIDTH[model.size]
    return 12 * DEPTH[model.size] * width**2 + model.vocabulary * width


def with_seeds(cell: GridCell, seeds: tuple[int, ...]) -> GridCell:
    """Return the cell with only these seeds."""
    scenario = cell.scenario
    only = None if scenario is None else scenario.model_copy(update={"seeds": seeds})
    return replace(cell, scenario=only)


def _by_cell(units: Sequence[Unit]) -> dict[str, tuple[int, ...]]:
    """The seeds of every cell, in the order of the units."""
    ordered = sorted(units, key=lambda unit: unit[0])  # stable: seeds stay in order
    grouped = groupby(ordered, key=lambda unit: unit[0])
    return {cell: tuple(seed for _, seed in own) for cell, own in grouped}


def _no_part(rule: str, found: str) -> InputError:
    return InputError(rule, key="--part", found=found)
