"""What a stress run will do, told before it does it: cells, stages, stored stages, time."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from arena.engine.execute import needed
from arena.engine.numerics import settings
from arena.engine.plan import plan_seed
from arena.engine.store import Store
from arena.errors import ArenaError, InputError
from arena.report.numbers import duration
from arena.roles import DataRoot
from arena.stress.cells import GridCell
from arena.stress.timings import Work, estimate, model_key

START_UP = 10.0  # seconds until Ray's workers have loaded torch


@dataclass(frozen=True)
class CellOutline:
    """A cell's stages by address: all of them, and those to do. `problem`: why it cannot run."""

    cell: GridCell
    stages: frozenset[str] = frozenset()
    todo: Mapping[str, Work] | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Outline:
    """The plan of a stress run. Stages that several cells share are counted once, with the
    first."""

    cells: tuple[CellOutline, ...]
    seconds: float | None

    @property
    def todo(self) -> dict[str, Work]:
        """Every stage to do."""
        return {a: w for cell in self.cells for a, w in (cell.todo or {}).items()}

    @property
    def stored(self) -> int:
        """Stages that are in the store already."""
        return len(frozenset().union(*(cell.stages for cell in self.cells)) - self.todo.keys())


def outline(cells: Sequence[GridCell], store: Store, where: DataRoot, fresh: bool) -> Outline:
    """Plan every cell; what a failed plan says is kept with its cell.

    Raises:
        InputError: a data file is missing or broken.
    """
    made = tuple(_outlined(cell, store, where, fresh) for cell in cells)
    todo = {a: w for cell in made for a, w in (cell.todo or {}).items()}
    found = [cell.cell.scenario for cell in made if cell.cell.scenario is not None]
    seconds = 0.0
    if todo:
        workers = found[0].runtime.workers or _cores(found[0].numerics)
        guess = estimate(store, todo.values(), workers)
        return Outline(made, None if guess is None else guess + START_UP)
    return Outline(made, seconds)


def _cores(numerics: object) -> int:
    chosen = settings(numerics)  # type: ignore[arg-type]
    return 1 if chosen["device"] == "cuda" else max(1, (os.cpu_count() or 1) // chosen["threads"])


def _outlined(cell: GridCell, store: Store, where: DataRoot, fresh: bool) -> CellOutline:
    if cell.scenario is None:
        return CellOutline(cell)
    stages: set[str] = set()
    todo: dict[str, Work] = {}
    model = model_key(cell.scenario)
    try:
        for seed in cell.scenario.seeds:
            plan = plan_seed(cell.scenario, seed, where)
            stages |= plan.nodes.keys()
            for address in needed(plan.nodes, set(plan.artifacts), store, fresh):
                node = plan.nodes[address]
                todo[address] = Work.of(node.stage.kind, node.steps, model)
    except InputError:
        raise
    except ArenaError as error:
        return CellOutline(cell, problem=str(error))
    return CellOutline(cell, frozenset(stages), todo)


def table(found: Outline) -> Table:
    """The plan for people: a line per cell, and what it comes to."""
    shown = Table(box=None, pad_edge=False, title_justify="left", header_style="bold")
    shown.add_column("cell")
    for column in ("stages", "to do", "to train"):
        shown.add_column(column, justify="right")
    seen: set[str] = set()
    for each in found.cells:
        if each.todo is None:
            why = each.cell.reason or each.problem or ""
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
    time = "not known: this model was not timed here yet"
    if found.seconds is not None:
        time = f"about {duration(found.seconds)}" if found.todo else "nothing to train"
    return (
        f"{run} of {len(found.cells)} cells to run, {len(found.todo)} stages to do, "
        f"{found.stored} stored; time: {time}"
    )
