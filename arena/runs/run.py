"""A whole run: plan every seed, execute, gather rows, analyse, write the run folder."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from arena import plugins
from arena.api.world import DataRoot
from arena.errors import ArenaError, InputError
from arena.execution.calibrate import settled
from arena.execution.devices import refuse_absent
from arena.execution.execute import (
    Broken,
    Fresh,
    execute,
    needed,
    report_stored,
    set_aside_broken,
)
from arena.execution.runtime import Runtime
from arena.execution.timeline import Timeline
from arena.execution.timings import Work, model_key, remember
from arena.execution.twins import COPY
from arena.planning.graph import Node, SeedPlan
from arena.planning.numerics import settings
from arena.planning.plan import plan_seed
from arena.printable import printable
from arena.progress import Both, LogLines, Observer, RichBars, Silent, ending
from arena.results.reader import Results
from arena.results.run import RunResults
from arena.results.seed_record import PartRecord
from arena.results.tables import FOLDER as TABLES
from arena.results.tables import write_tables
from arena.results.writer import write_results
from arena.runs.answers import Start, with_answers
from arena.runs.gather import seed_record
from arena.runs.records import origin_of, write_part, write_records
from arena.runs.results import results_of
from arena.runs.samples import write_samples
from arena.scenario.load import Given, dump, read
from arena.scenario.needs import SHARED
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
    root: DataRoot | None = None,
    out: Path | None = None,
    address: str | None = None,
    fresh: bool = False,
    quiet: bool = False,
    store: Path | None = None,
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
    with opened(scenario, root) as (given, where):
        refuse_absent(given, address)
        folder, origin = free_folder(given, out), origin_of(given)
        artifacts = opened_store(store)
        settled_scenario = settled(
            given,
            artifacts.root,
            where,
            silent if quiet else tell,
            check=lambda: plan_seed(given, given.seeds[0], where),
        )

        def start(todo: Mapping[str, Node]) -> Runtime:
            return runtime_for(settled_scenario, artifacts, address, fresh, todo)

        make_folder(folder)
        write_part(folder, PartRecord(scenario=origin, cells={given.name: given.seeds}))
        return run_settled(
            settled_scenario,
            folder,
            artifacts,
            where,
            start,
            origin=origin,
            fresh=fresh,
            quiet=quiet,
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
    fresh: Fresh = False,
    quiet: bool = False,
    began: float | None = None,
) -> RunResult:
    """Do what `run` does once the numerics are settled and the folder is chosen.

    Args:
        start: returns the runtime for the stages left to run; not called if there are none.
        origin: digest of the requested scenario (arena.runs.records).
        began: `time.perf_counter` when the run began; now if left out.
    """
    began = time.perf_counter() if began is None else began
    plans = _planned(scenario, where)  # wrong input must be found before anything is made
    make_folder(folder)
    (folder / "scenario.yaml").write_text(dump(scenario), encoding="utf-8")
    with (
        contextlib.closing(Timeline(folder / "events.jsonl")) as timeline,
        _observers(folder, quiet) as observer,
    ):
        answered = with_answers(scenario, where, store, start, observer, timeline, fresh=fresh)
        if answered != where:
            plans = _planned(scenario, answered)
        for note in dict.fromkeys(note for plan in plans for note in plan.notes):
            observer.note(note)
        nodes = {a: node for plan in plans for a, node in plan.nodes.items()}
        wanted = {a for plan in plans for a in plan.artifacts}
        for broken in set_aside_broken(nodes, wanted, store, fresh):
            timeline.broken(broken.node, broken.flaw)
            observer.note(_broken_note(broken))
        todo = {a: nodes[a] for a in needed(nodes, wanted, store, fresh)}
        try:
            if todo:  # otherwise load neither Ray nor torch: a fully stored run ends at once
                with start(todo) as runtime:
                    execute(nodes, wanted, store, runtime, observer, timeline, fresh=fresh)
            else:
                report_stored(nodes.values(), store, observer, timeline)
        finally:
            _remember(scenario, [node for a, node in todo.items() if store.has(a)], store)
    records = [seed_record(scenario, plan, store, origin) for plan in plans]
    write_records(folder, records)
    for plan in plans:
        write_samples(folder, plan, store)
    results = results_of(scenario, records, time.perf_counter() - began)
    write_folder(folder, results)
    return RunResult(folder, results.at(folder))


def _planned(scenario: Scenario, where: DataRoot) -> list[SeedPlan]:
    return [plan_seed(scenario, seed, where) for seed in scenario.seeds]


def _broken_note(broken: Broken) -> str:
    name, place = broken.node.stage.name, broken.place
    return f"stored {name!r} is damaged: {broken.flaw}; moved to {place}, and made again"


def _remember(scenario: Scenario, done: Sequence[Node], store: Store) -> None:
    """Remember how long each stage took, for the next plan."""
    model = model_key(scenario)
    manifests = [(node, store.manifest(node.address)) for node in done]
    remember(
        store,
        [
            (Work.of(node.job, model), float(manifest["seconds"]))
            for node, manifest in manifests
            if COPY not in manifest["detail"]
        ],
    )


def room(scenario: Scenario) -> int:
    """Return the number of workers: the scenario's, or as many as have enough cores for their
    threads, and those of the processes that share a model."""
    chosen = settings(scenario.numerics)
    processes = max(map(scenario.runtime.processes, SHARED))
    cores = max(1, (os.cpu_count() or 1) // (chosen["threads"] * processes))
    return scenario.runtime.workers or (1 if chosen["device"] == "cuda" else cores)


def width(nodes: Mapping[str, Node]) -> int:
    """Return about how many training and scoring stages can run in parallel: the most at one depth
    of the graph."""
    depths: dict[str, int] = {}

    def depth(address: str) -> int:
        if address not in depths:
            above = [p for p in nodes[address].stage.parents.values() if p in nodes]
            depths[address] = 1 + max(map(depth, above), default=0)
        return depths[address]

    heavy = [address for address, node in nodes.items() if node.job.resources.model]
    return max(Counter(map(depth, heavy)).values(), default=1)


def runtime_for(
    scenario: Scenario,
    store: Store,
    address: str | None,
    fresh: bool,
    todo: Mapping[str, Node],
    most: int | None = None,
) -> Runtime:
    """Return a runtime with workers for the stages that can run at once (`most`, or counted from
    `todo`), limited by the cores of this machine or, with `address`, of the cluster."""
    chosen = settings(scenario.numerics)
    threads, device = chosen["threads"], chosen["device"]
    if scenario.runtime.backend == "serial":
        from arena.execution.serial import Serial

        return Serial(store, threads, replace=fresh)
    from arena.execution.ray_runtime import OnRay

    most = most or width(todo)
    return OnRay(
        store,
        threads,
        scenario.runtime.workers or min(room(scenario), most),
        parties={node.stage.party for node in todo.values()},
        address=address,
        device=device,
        replace=fresh,
        needs=scenario.runtime.resources,
        most=None if scenario.runtime.workers else most,
        sent=scenario.runtime.artifacts == "sent",
    )


def tell(text: str) -> None:
    """Print a note for the user."""
    print(printable(text), file=sys.stderr, flush=True)


def silent(text: str) -> None:
    """Print nothing."""


def data_folder() -> Path | None:
    """Return `ARENA_DATA`, if it is set."""
    given = os.environ.get("ARENA_DATA")
    return Path(given).resolve() if given else None


@contextlib.contextmanager
def opened(given: Given, root: DataRoot | None) -> Iterator[tuple[Scenario, DataRoot]]:
    """Yield the requested scenario, and where its data paths are looked up. Wrong input found in
    this block gets the file and line of its key.

    Raises:
        InputError: the scenario is wrong, or Ray's processes cannot import a part of it.
    """
    if isinstance(given, Scenario):
        plugins.refuse_main(given)
        yield given, root or DataRoot(data_folder(), None)
        return
    loaded = read(given)
    with loaded.placing():
        plugins.refuse_main(loaded.scenario)
        yield loaded.scenario, root or DataRoot(data_folder(), loaded.path.resolve().parent)


def free_folder(scenario: Scenario, out: Path | None, label: str = "") -> Path:
    """Return `out`, or a new folder below `runs/` named after the scenario and the label.

    Raises:
        InputError: `out` holds a finished run.
    """
    if out is None:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        base = Path("runs") / f"{scenario.name}{label}-{stamp}"
        others = (base.with_name(f"{base.name}-{k}") for k in itertools.count(2))
        return next(path for path in itertools.chain([base], others) if not path.exists())
    if (out / "results.json").exists():
        raise InputError("holds a finished run already; choose another --out", found=str(out))
    return out


def make_folder(folder: Path) -> None:
    """Make a run's folder; InputError if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        rule = f"cannot be made: {error.strerror}"
        raise InputError(rule, key="--out", found=str(folder)) from error


@contextlib.contextmanager
def _observers(folder: Path, quiet: bool) -> Iterator[Observer]:
    with (folder / "run.log").open("a", encoding="utf-8") as log:
        shown: Observer = Silent() if quiet else RichBars()
        lines = LogLines(log)
        with ending(lines), Both(lines, shown) as both:
            yield both


def write_folder(folder: Path, results: Results) -> None:
    """Write results.json atomically, a run's tables before it, and its report.

    Raises:
        ArenaError: the results are written, but their report cannot be.
    """
    from arena.reporting.build import write_report

    if isinstance(results, RunResults):
        write_tables(folder / TABLES, results)
    path = write_results(folder, results)
    try:
        write_report(folder)
    except OSError as error:
        later = f"the results are in {path}, and `arena report {folder}` writes it"
        raise ArenaError(f"the report cannot be written ({error}); {later}") from error
