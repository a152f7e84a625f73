"""What a stress run will do, told before it does it: cells, stages, stored stages, time."""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.execution.calibrate import Note, seconds_of_step, settled
from arena.execution.execute import needed
from arena.execution.timings import Estimated, Work, estimate, known, model_key, remember_step
from arena.grid.cells import GridCell
from arena.planning.plan import plan_seed
from arena.reporting.numbers import duration
from arena.runs.run import room, silent
from arena.scenario.schema import Scenario
from arena.store.store import Store

START_UP = 10.0  # seconds until Ray's workers have loaded torch


@dataclass(frozen=True)
class CellOutline:
    """A cell with its numerics settled, and its stages by address: all of them, and those to do
    (None where it does not run). error: why it cannot."""

    cell: GridCell
    scenario: Scenario | None = None
    stages: frozenset[str] = frozenset()
    todo: Mapping[str, Work] | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class Outline:
    """The plan of a stress run. Stages that several cells share are counted once, with the
    first. stored: stages that are in the store already."""

    cells: tuple[CellOutline, ...]
    stored: int
    known: Estimated
    workers: int

    @property
    def todo(self) -> dict[str, Work]:
        """Every stage to do."""
        return {a: w for cell in self.cells for a, w in (cell.todo or {}).items()}


def outline(
    cells: Sequence[GridCell],
    store: Store,
    where: DataRoot,
    fresh: bool = False,
    note: Note = silent,
) -> Outline:
    """Settle and plan every cell; what is wrong with one is kept with it.

    Args:
        note: is told what is measured meanwhile.

    Raises:
        InputError, ArenaError: no cell can run; what is wrong with the first.
    """
    made = []
    for number, cell in enumerate(cells, 1):
        if len(cells) > 1:
            note(f"planning cell {number} of {len(cells)}: {cell.id}")
        made.append(_outlined(cell, store, where, fresh, note))
    wrong = [each.error for each in made if each.error is not None]
    if wrong and not any(each.todo is not None for each in made):
        raise wrong[0]
    todo = {a: w for each in made for a, w in (each.todo or {}).items()}
    workers = max((room(each.scenario) for each in made if each.scenario is not None), default=1)
    stages = frozenset[str]().union(*(each.stages for each in made))
    stored = sum(store.has(address) for address in stages - todo.keys())
    return Outline(tuple(made), stored, estimate(store, todo.values(), workers), workers)


def _outlined(
    cell: GridCell, store: Store, where: DataRoot, fresh: bool, note: Note
) -> CellOutline:  # fmt: skip
    if cell.scenario is None:
        return CellOutline(cell)
    try:
        check = functools.partial(plan_seed, cell.scenario, cell.scenario.seeds[0], where)
        scenario = settled(cell.scenario, store.root, where, note, check=check)
        model = model_key(scenario)
        stages: set[str] = set()
        todo: dict[str, Work] = {}
        for seed in scenario.seeds:
            plan = plan_seed(scenario, seed, where)
            stages |= plan.nodes.keys()
            for address in needed(plan.nodes, plan.artifacts, store, fresh):
                node = plan.nodes[address]
                todo[address] = Work.of(node.job, model)
    except Exception as error:  # of this cell alone, whatever it is: the others are planned too
        return CellOutline(cell, error=error)
    if todo and not known(store, model):
        with contextlib.suppress(ArenaError):  # then the time is not known
            seconds = seconds_of_step(scenario, where, note)
            remember_step(store, model, seconds)
    return CellOutline(cell, scenario, frozenset(stages), todo)


def table(found: Outline) -> Table:
    """The plan for people: a line per cell, and what it comes to."""
    shown = Table(box=None, pad_edge=False, title_justify="left", header_style="bold")
    shown.add_column("cell")
    for column in ("stages", "to do", "to train"):
        shown.add_column(column, justify="right")
    seen: set[str] = set()
    for each in found.cells:
        if each.todo is None:
            why = each.cell.reason or each.error or ""
            kind = "not applicable" if each.cell.scenario is None else "cannot run"
            shown.add_row(Text(f"{each.cell.id}  {kind}: {why}", style="dim"))
            continue
        new = {address: work for address, work in each.todo.items() if address not in seen}
        seen |= new.keys()
        trained = Counter(work.kind for work in new.values())
        shown.add_row(
            Text(each.cell.id),
            str(len(each.stages)),
            str(len(new)),
            str(trained["train"] + trained["unlearn"] + trained["merge"]),
        )
    return shown


def summary(found: Outline) -> str:
    """One line: cells, stages to do, stages stored, about how long it will take."""
    run = sum(cell.todo is not None for cell in found.cells)
    return (
        f"{run} of {len(found.cells)} cells to run, {len(found.todo)} stages to do, "
        f"{found.stored} stored; {_time(found)}"
    )


def _time(found: Outline) -> str:
    if not found.todo:
        return "nothing to train"
    workers = f"{found.workers} worker{'s' if found.workers > 1 else ''}"
    if found.known.seconds is None:
        return f"time not known: nothing like it was timed here yet ({workers})"
    about = "about" if found.known.whole else "at least"
    return f"{about} {duration(found.known.seconds + START_UP)} with {workers}"
