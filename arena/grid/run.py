"""A stress run: every cell of a grid as a run of its own, then one verdict over all cells."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.api.world import DataRoot
from arena.arguments import a_part
from arena.errors import ArenaError, MachineError
from arena.execution.devices import refuse_absent
from arena.execution.runtime import Runtime
from arena.execution.timings import estimate
from arena.grid.cells import GridCell, cells_of
from arena.grid.parts import part_of
from arena.grid.preview import CellOutline, Outline, outline, work_of
from arena.grid.results import Outcome, stress_results
from arena.planning.graph import Node
from arena.progress.display import display
from arena.progress.observer import Observer
from arena.results.run_state import recorded
from arena.results.seed_record import PartRecord
from arena.results.stress import StressResults
from arena.runs.records import origin_of, write_part
from arena.runs.run import (
    free_folder,
    make_folder,
    opened,
    run_settled,
    write_folder,
)
from arena.runs.work import runtime_for
from arena.scenario.load import Given, dump
from arena.scenario.schema import Scenario
from arena.store.store import Store, opened_store

CELLS = "cells"  # the folder of the cells' own runs


@dataclass(frozen=True)
class StressResult:
    """A finished stress run: its folder, and its results as in `results.json`."""

    folder: Path
    results: StressResults

    @property
    def failed(self) -> tuple[str, ...]:
        """Return the ids of the cells that failed."""
        return tuple(cell.id for cell in self.results.cells if cell.status == "failed")


def stress(
    scenario: Given,
    *,
    root: DataRoot | str | Path | None = None,
    out: str | Path | None = None,
    address: str | None = None,
    fresh: bool = False,
    quiet: bool = False,
    store: str | Path | None = None,
    part: tuple[int, int] | None = None,
    show: Callable[[Outline], bool] = lambda outline: True,
) -> StressResult | None:
    """Run every cell of the scenario's grid, judge the claim over all of them and write the run
    folder.

    The folder contains the files of a run, and a whole run per cell below `cells/`, each
    written when it ends. After an interruption the same call continues from the store.

    Example:
        >>> done = arena.stress("stress_small", out=Path("runs/grid"))
        >>> done.failed
        ()

    Args:
        part: (3, 8) runs only the third of eight parts of the work, on this machine or any other;
            `arena.merge` makes one stress run of all of them (docs/cluster.md, Parts).
        show: receives the plan before anything is trained; if it returns False, nothing is run
            and None is returned. The other arguments as for `arena.runs.run.run`.

    Raises:
        InputError: no cell of the grid can run, data is missing, `out` holds a run, or there is no
            such part.
    """
    began = time.perf_counter()
    with opened(scenario, root) as (scenario, where):
        cells = cells_of(scenario)
        own = None if part is None else part_of(cells, *a_part(part))
        cells = cells if own is None else own.cells
        folder = free_folder(scenario, out, f"-part{own.number}of{own.of}" if own else "")
        artifacts, origin = opened_store(store), origin_of(scenario)
        with display(scenario.name, quiet) as shown:
            planned = outline(cells, artifacts, where, fresh, shown.phase)
        if not show(planned):
            return None
        refuse_absent(scenario, address)
        folder = make_folder(folder, new=out is None)
        most = planned.workers if address is None else planned.width
        renew = set(planned.todo if fresh else ())
        with recorded(folder, "stress"), display(scenario.name, quiet) as shown:
            _begin(folder, scenario, _record(origin, cells, part or (1, 1)))
            with contextlib.ExitStack() as stack:
                runtime = _Shared(artifacts, address, fresh, most, stack)
                work = _Cells(folder, artifacts, where, runtime, shown, renew, origin)
                outcomes = work.run_all(planned.cells)
                shown.phase("ending its processes")
            shown.phase("writing the report")
            notes = () if own is None else (f"{own}; `arena merge` judges the whole grid",)
            results = stress_results(scenario, outcomes, time.perf_counter() - began, notes)
            write_folder(folder, results)
        return StressResult(folder, results)


def _begin(folder: Path, scenario: Scenario, record: PartRecord) -> None:
    """Write into the run folder what a merge of parts needs to know of it."""
    write_part(folder, record)
    (folder / "scenario.yaml").write_text(dump(scenario), encoding="utf-8")


def _record(origin: str, cells: Sequence[GridCell], part: tuple[int, int]) -> PartRecord:
    return PartRecord(
        kind="stress",
        scenario=origin,
        part=part[0],
        of=part[1],
        cells={cell.id: cell.scenario.seeds for cell in cells if cell.scenario is not None},
    )


class _Shared:
    """One runtime shared by all cells with the same threads and device, started when first needed;
    after a failure the next cell gets a new one."""

    def __init__(
        self,
        store: Store,
        address: str | None,
        fresh: bool,
        workers: int,
        stack: contextlib.ExitStack,
    ) -> None:
        self._store, self._address, self._fresh = store, address, fresh
        self._workers = workers
        self._open: tuple[Any, contextlib.ExitStack, Runtime] | None = None
        stack.callback(self.close)

    def close(self) -> None:
        """End the runtime, if one is running."""
        if self._open is not None:
            _, stack, _ = self._open
            self._open = None
            stack.close()

    @contextlib.contextmanager
    def start(self, scenario: Scenario, todo: Mapping[str, Node]) -> Iterator[Runtime]:
        """Yield the runtime for a cell's stages."""
        key = (scenario.numerics, scenario.runtime)
        if self._open is not None and self._open[0] != key:
            self.close()
        if self._open is None:
            stack = contextlib.ExitStack()
            made = runtime_for(
                scenario, self._store, self._address, self._fresh, todo, self._workers
            )
            self._open = (key, stack, stack.enter_context(made))
        try:
            yield self._open[2]
        except BaseException:
            self.close()  # stages of this cell may still be running in it
            raise


@dataclass
class _Cells:
    """Runs cells one after another. renew: stored stages to run again, each once."""

    folder: Path
    store: Store
    where: DataRoot
    runtime: _Shared
    shown: Observer
    renew: set[str]
    origin: str

    def run_all(self, cells: Sequence[CellOutline]) -> list[Outcome]:
        """Run all cells, and return what became of each."""
        return [
            self.run(
                each,
                f"cell {number} of {len(cells)}: {each.cell.id}",
                _seconds(cells[number:], self.store),
            )
            for number, each in enumerate(cells, 1)
        ]

    def run(self, planned: CellOutline, place: str, later: float | None) -> Outcome:
        """Run one cell; an error is the outcome of this cell only."""
        cell, scenario = planned.cell, planned.scenario
        if cell.scenario is None:
            return Outcome(cell, "not_applicable", cell.reason)
        if scenario is None:
            return Outcome(cell, "failed", str(planned.error))
        self.shown.part(place, later)

        def start(todo: Mapping[str, Node]) -> contextlib.AbstractContextManager[Runtime]:
            return self.runtime.start(scenario, todo)

        own = self.folder / CELLS / cell.id
        try:
            done = run_settled(
                scenario,
                own,
                self.store,
                self.where,
                start,
                origin=self.origin,
                fresh=self.renew,
                shown=self.shown,
            )
        except MachineError:
            raise  # every other cell would fail as well
        except Exception as error:
            known = isinstance(error, ArenaError)
            why = str(error) if known else f"{type(error).__name__}: {error}"
            self.shown.note(f"cell {cell.id} failed: {why}")
            if own.is_dir():
                with (own / "run.log").open("a", encoding="utf-8") as log:
                    log.write(traceback.format_exc())
            return Outcome(cell, "failed", why, scenario=scenario)
        self.renew -= set(planned.todo or ())
        return Outcome(cell, "done", None, done.results, scenario)


def _seconds(cells: Sequence[CellOutline], store: Store) -> float | None:
    """The expected seconds in stages of these cells; None if a stage's are unknown."""
    seconds = estimate(store, work_of(cells).values(), 1)
    return seconds.seconds if seconds.whole else None
