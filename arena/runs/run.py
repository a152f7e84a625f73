"""A whole run: plan every seed, execute, gather rows, analyse, write the run folder."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from arena import plugins
from arena.api.world import DataRoot
from arena.arguments import a_folder, a_path
from arena.errors import ArenaError, InputError
from arena.execution.devices import refuse_absent
from arena.execution.execute import (
    Fresh,
)
from arena.execution.runtime import Runtime
from arena.execution.timeline import Timeline
from arena.planning.graph import Node, SeedPlan
from arena.planning.plan import plan_seed
from arena.printable import printable
from arena.progress.display import display
from arena.progress.lines import LogLines, ending
from arena.progress.observer import Observer, Several
from arena.results.provenance import write_provenance
from arena.results.reader import Results
from arena.results.run import RunResults
from arena.results.run_state import recorded, refuse_occupied
from arena.results.seed_record import PartRecord
from arena.results.tables import FOLDER as TABLES
from arena.results.tables import write_tables
from arena.results.writer import write_results
from arena.runs.answers import Start, with_answers
from arena.runs.first_rates import rates_watcher
from arena.runs.gather import seed_record
from arena.runs.records import origin_of, write_part, write_records
from arena.runs.results import results_of
from arena.runs.samples import write_samples
from arena.runs.tracking import tracking
from arena.runs.work import SeedWork, ready, runtime_for
from arena.scenario.load import Given, dump, read
from arena.scenario.schema import Scenario
from arena.store.store import Store, opened_store


@dataclass(frozen=True)
class RunResult:
    """A finished run: its folder, and its results as in `results.json`."""

    folder: Path
    results: RunResults


def run(
    scenario: Given,
    *,
    root: DataRoot | str | Path | None = None,
    out: str | Path | None = None,
    address: str | None = None,
    fresh: bool = False,
    quiet: bool = False,
    store: str | Path | None = None,
) -> RunResult:
    """Run a scenario and write its folder: scenario.yaml, results.json, events.jsonl,
    report.html, figures, run.log, and the records of its seeds, which `merge` reads.

    Example:
        >>> done = arena.run("quickstart", out=Path("runs/first"))
        >>> done.results.rows[0].kind
        'reference'

    Args:
        scenario: a Scenario, a bundled name, a path of a YAML file, or a dict as in YAML.
        root: folder in which data paths are looked up (default: `ARENA_DATA`, then the file's
            folder).
        out: the run's folder (default: a new one below `runs/`).
        address: a Ray cluster; None starts Ray here.
        fresh: train everything again, whatever is stored.
        store: the artifact store (default: `ARENA_STORE`, or the user's cache).

    Raises:
        InputError: the scenario is wrong, data is missing or broken, or `out` holds a finished run.
        ArenaError: a stage failed; finished stages are kept and not run again.
    """
    began = time.perf_counter()
    with opened(scenario, root) as (given, where), display(given.name, quiet) as shown:
        shown.phase("checking the scenario")
        refuse_absent(given, address)
        folder, origin = free_folder(given, out), origin_of(given)
        artifacts = opened_store(store)
        settled = ready(given, artifacts, where, shown.phase)

        def start(todo: Mapping[str, Node]) -> Runtime:
            return runtime_for(settled, artifacts, address, fresh, todo)

        folder = make_folder(folder, new=out is None)
        with recorded(folder, "run"):
            write_part(folder, PartRecord(scenario=origin, cells={given.name: given.seeds}))
            return run_settled(
                settled,
                folder,
                artifacts,
                where,
                start,
                origin=origin,
                fresh=fresh,
                shown=shown,
                began=began,
            )


def run_settled(
    scenario: Scenario,
    folder: Path,
    store: Store,
    where: DataRoot,
    start: Start,
    *,
    origin: str,
    shown: Observer,
    fresh: Fresh = False,
    began: float | None = None,
) -> RunResult:
    """Do what `run` does once the numerics are settled and the folder is chosen.

    Args:
        start: returns the runtime for the stages left to run; not called if there are none.
        origin: digest of the requested scenario (arena.runs.records).
        shown: shows the progress, which also goes to the run.log in the folder.
        began: `time.perf_counter` when the run began; now if left out.
    """
    began = time.perf_counter() if began is None else began
    plans = _planned(scenario, where, shown)  # wrong input must be found before anything is made
    make_folder(folder)
    (folder / "scenario.yaml").write_text(dump(scenario), encoding="utf-8")
    with (
        _logged(folder, shown) as observer,
        tracking(scenario, folder, observer) as trackers,
        contextlib.ExitStack() as stack,
    ):
        limit = scenario.thresholds.installed_asr
        watchers = (
            lambda node: trackers.losses(node, store),
            rates_watcher(plans, store, limit, observer.note),
        )
        timeline = stack.enter_context(
            contextlib.closing(Timeline(folder / "events.jsonl", watchers))
        )
        answered = with_answers(scenario, where, store, start, observer, timeline, fresh=fresh)
        if answered != where:
            plans = _planned(scenario, answered, observer)
        for note in dict.fromkeys(note for plan in plans for note in plan.notes):
            observer.note(note)
        work = SeedWork(scenario, plans, store, observer, timeline, fresh)
        work.set_aside_broken()
        work.run(start)
        observer.phase("writing the report")
        records = [seed_record(scenario, plan, store, origin) for plan in plans]
        write_records(folder, records)
        for plan in plans:
            write_samples(folder, plan, store)
        results = results_of(scenario, records, time.perf_counter() - began)
        trackers.results(results)
        write_folder(folder, results)
    return RunResult(folder, results.at(folder))


def _planned(scenario: Scenario, where: DataRoot, shown: Observer) -> list[SeedPlan]:
    plans = []
    for number, seed in enumerate(scenario.seeds, 1):
        many = f" ({number} of {len(scenario.seeds)})" if len(scenario.seeds) > 1 else ""
        shown.phase(f"planning seed {seed}{many}")
        plans.append(plan_seed(scenario, seed, where))
    return plans


def tell(text: str) -> None:
    """Print a note for the user."""
    print(printable(text), file=sys.stderr, flush=True)


def data_folder() -> Path | None:
    """Return `ARENA_DATA`, if it is set."""
    given = os.environ.get("ARENA_DATA")
    return Path(given).resolve() if given else None


@contextlib.contextmanager
def opened(given: Given, root: DataRoot | str | Path | None) -> Iterator[tuple[Scenario, DataRoot]]:
    """Yield the requested scenario, and where its data paths are looked up. Wrong input found in
    this block gets the file and line of its key.

    Raises:
        InputError: the scenario is wrong, or Ray's processes cannot import a part of it.
    """
    if isinstance(given, Scenario):
        plugins.refuse_main(given)
        yield given, _data_root(root, None)
        return
    loaded = read(given)
    with loaded.placing():
        plugins.refuse_main(loaded.scenario)
        yield loaded.scenario, _data_root(root, loaded.path.resolve().parent)


def _data_root(root: DataRoot | str | Path | None, beside: Path | None) -> DataRoot:
    """Where data paths are looked up: the folder that was given, or the user's; then `beside`."""
    if isinstance(root, DataRoot):
        return root
    return DataRoot(data_folder() if root is None else a_folder(root, "root"), beside)


def free_folder(scenario: Scenario, out: str | Path | None, label: str = "") -> Path:
    """Return `out`, or the name of a new folder below `runs/`, of the scenario, the label and the
    time; `make_folder` makes it.

    Raises:
        InputError: `out` holds a finished run, or files of something else that a run would
            overwrite, or another command is running there.
    """
    if out is None:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        return Path("runs") / f"{scenario.name}{label}-{stamp}"
    folder = a_path(out, "out")
    if (folder / "results.json").exists():
        raise InputError("already holds a finished run; choose another --out", found=str(out))
    refuse_occupied(folder)
    if not any((folder / mark).exists() for mark in MARKS):
        lost = [name for name in WRITTEN if (folder / name).exists()]
        if lost:
            rule = f"holds files of its own that a run would overwrite ({', '.join(lost)})"
            raise InputError(f"{rule}; choose another --out", found=str(out))
    return folder


# What tells a run's folder from any other, and the names of what is written there.
MARKS = ("state.json", "part.json", "provenance.json")
WRITTEN = ("scenario.yaml", "best.yaml", "report.html", "events.jsonl", "run.log", "figures",
           TABLES, "samples", "seeds", "cells")  # fmt: skip


def make_folder(folder: Path, *, new: bool = False) -> Path:
    """Make a run's folder and return it; InputError if it cannot be made. new: it must not be there
    yet; if another command was faster, one beside it is made."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if new:
            numbered = (folder.with_name(f"{folder.name}-{k}") for k in itertools.count(2))
            return next(path for path in itertools.chain([folder], numbered) if _made(path))
        folder.mkdir(exist_ok=True)
    except OSError as error:
        rule = f"cannot be made: {error.strerror}"
        raise InputError(rule, key="--out", found=str(folder)) from error
    return folder


def _made(folder: Path) -> bool:
    """Whether the folder was made here, and was not there before."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True


@contextlib.contextmanager
def _logged(folder: Path, shown: Observer) -> Iterator[Observer]:
    """Yield an observer that also writes to the folder's run.log."""
    with (folder / "run.log").open("a", encoding="utf-8") as log:
        lines = LogLines(log)
        with ending(lines):
            yield Several(lines, shown)


def write_folder(folder: Path, results: Results) -> None:
    """Write results.json atomically, a run's tables and provenance before it, and its report.

    Raises:
        ArenaError: the results are written, but their report cannot be.
    """
    from arena.reporting.build import write_report

    if isinstance(results, RunResults):
        write_tables(folder / TABLES, results)
    write_provenance(folder)
    path = write_results(folder, results)
    try:
        write_report(folder)
    except OSError as error:
        later = f"the results are in {path}, and `arena report {folder}` writes it"
        raise ArenaError(f"the report cannot be written ({error}); {later}") from error
