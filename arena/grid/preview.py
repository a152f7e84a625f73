"""The plan of a stress run, shown before it starts: cells, stages, stored stages, time."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from arena.api.world import DataRoot
from arena.errors import ArenaError
from arena.execution.calibrate import seconds_of_step
from arena.execution.execute import needed
from arena.execution.footprint import Memory, Weights, in_words, memory_of, weights_of
from arena.execution.timings import Estimated, Work, estimate, known, model_key, remember_step
from arena.grid.cells import GridCell
from arena.planning.answers import plan_answers
from arena.planning.graph import Node
from arena.planning.plan import plan_seed
from arena.progress.forecast import coarse
from arena.progress.observer import Note, silent
from arena.runs.answers import with_stored_answers
from arena.runs.work import ready, room, width
from arena.scenario.schema import Scenario
from arena.store.store import Store

START_UP = 10.0  # seconds until Ray's workers have loaded torch


@dataclass(frozen=True)
class CellOutline:
    """A cell and its plan.

    Attributes:
        scenario: with its numerics settled.
        stages: addresses of all its stages. todo: those to run; None if it does not run.
        error: the reason why it cannot run.
        width: about how many of those to run can run in parallel.
        weights: of its model; None if its files are not on this machine.
    """

    cell: GridCell
    scenario: Scenario | None = None
    stages: frozenset[str] = frozenset()
    todo: Mapping[str, Work] | None = None
    error: Exception | None = None
    width: int = 1
    weights: Weights | None = None


@dataclass(frozen=True)
class Outline:
    """The plan of a stress run. A stage that several cells share counts once, with the first.
    stored: stages that are already in the store."""

    cells: tuple[CellOutline, ...]
    stored: int
    known: Estimated
    workers: int

    @property
    def width(self) -> int:
        """Return about how many stages of a cell can run in parallel; cells run one after
        another."""
        return max((cell.width for cell in self.cells), default=1)

    @property
    def todo(self) -> dict[str, Work]:
        """Return every stage to run, by address."""
        return work_of(self.cells)

    @property
    def memory(self) -> Memory | None:
        """Return the memory of the cell that takes most; None if that of a cell is unknown."""
        workers = min(self.workers, self.width)
        each = [
            memory_of(cell.scenario, cell.weights, cell.scenario.runtime.workers or workers)
            for cell in self.cells
            if cell.scenario is not None and cell.todo
        ]
        known = [memory for memory in each if memory is not None]
        return max(known, key=lambda memory: memory.whole) if len(known) == len(each) else None

    @property
    def disk(self) -> int | None:
        """Return the bytes of the checkpoints that will be stored, at most; None if unknown."""
        sizes: dict[str, int] = {}
        for cell in self.cells:
            for address, work in (cell.todo or {}).items():
                if work.checkpoints and cell.weights is None:
                    return None
                if cell.weights is not None:
                    sizes[address] = work.checkpoints * cell.weights.checkpoint
        return sum(sizes.values())


def work_of(cells: Iterable[CellOutline]) -> dict[str, Work]:
    """Return every stage that the cells are to run, by address."""
    return {a: w for cell in cells for a, w in (cell.todo or {}).items()}


def outline(
    cells: Sequence[GridCell],
    store: Store,
    where: DataRoot,
    fresh: bool = False,
    note: Note = silent,
) -> Outline:
    """Settle and plan every cell, and return the plan; a cell's error is kept with the cell.

    Args:
        note: called with lines about the progress.

    Raises:
        InputError, ArenaError: no cell can run; the first cell's error.
    """
    made = []
    for number, cell in enumerate(cells, 1):
        if len(cells) > 1:
            note(f"planning cell {number} of {len(cells)}: {cell.id}")
        made.append(_outlined(cell, store, where, fresh, note))
    errors = [each.error for each in made if each.error is not None]
    if errors and not any(each.todo is not None for each in made):
        raise errors[0]
    todo = work_of(made)
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
        scenario = ready(cell.scenario, store, where, note)
        model = model_key(scenario)
        stages: set[str] = set()
        nodes: dict[str, Node] = {}
        for graph, wanted in _graphs(scenario, store, where):
            stages |= graph.keys()
            nodes |= {address: graph[address] for address in needed(graph, wanted, store, fresh)}
        todo = {address: Work.of(node.job, model) for address, node in nodes.items()}
    except Exception as error:  # any error concerns only this cell: the others are planned too
        return CellOutline(cell, error=error)
    if todo and not known(store, model):
        with contextlib.suppress(ArenaError):  # then the time is not known
            seconds = seconds_of_step(scenario, where, note)
            remember_step(store, model, seconds)
    weights = weights_of(scenario, where)
    return CellOutline(cell, scenario, frozenset(stages), todo, width=width(nodes), weights=weights)


def _graphs(
    scenario: Scenario, store: Store, where: DataRoot
) -> Iterator[tuple[Mapping[str, Node], Collection[str]]]:
    """The stages of a run and what it wants of them: the base model's own answers, if the corpus
    takes them, then seed by seed."""
    first = plan_answers(scenario, where)
    if first is not None:
        yield first.nodes, {first.address}
    where = with_stored_answers(scenario, where, store)
    for seed in scenario.seeds:
        plan = plan_seed(scenario, seed, where)
        yield plan.nodes, plan.artifacts


def outline_of_run(
    scenario: Scenario, store: Store, where: DataRoot, fresh: bool = False, note: Note = silent
) -> Outline:
    """Return the plan of one run, without its grid: an outline with one cell.

    Raises:
        InputError, ArenaError: the scenario cannot run.
    """
    return outline((GridCell(scenario.name, {}, scenario),), store, where, fresh, note)


def table(planned: Outline, what: str = "cell") -> Table:
    """Return the plan as a table with a row per cell. what: the name of a row."""
    shown = Table(box=None, pad_edge=False, title_justify="left", header_style="bold")
    shown.add_column(what)
    for column in ("stages", "to run", "to train"):
        shown.add_column(column, justify="right")
    seen: set[str] = set()
    for each in planned.cells:
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


def summary(planned: Outline) -> str:
    """Return the plan in one line: cells, stages to run, stages stored, estimated time."""
    run = sum(cell.todo is not None for cell in planned.cells)
    return f"{run} of {len(planned.cells)} cells to run, {run_summary(planned)}"


def run_summary(planned: Outline) -> str:
    """Return one line on the remaining work: stages to run, stages stored, estimated time."""
    return f"{len(planned.todo)} stages to run, {planned.stored} stored; {_time(planned)}"


def needs(planned: Outline) -> list[str]:
    """Return lines on the memory and the disk that the remaining work takes."""
    return in_words(planned.memory, planned.disk) if planned.todo else []


def _time(planned: Outline) -> str:
    if not planned.todo:
        return "nothing to train"
    workers = f"{planned.workers} worker{'s' if planned.workers > 1 else ''}"
    if planned.known.seconds is None:
        return f"time unknown: no run of this model has been timed on this machine yet ({workers})"
    about = "about" if planned.known.whole else "at least"
    return f"{about} {coarse(planned.known.seconds + START_UP)} with {workers}"
