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
    Expected,
    Fresh,
    execute,
    needed,
    report_stored,
    set_aside_broken,
)
from arena.execution.runtime import Runtime
from arena.execution.timeline import Timeline
from arena.execution.timings import Work, known, model_key, remember
from arena.execution.twins import COPY
from arena.planning.graph import Node, SeedPlan
from arena.planning.numerics import settings
from arena.planning.plan import plan_seed
from arena.printable import printable
from arena.progress.display import display
from arena.progress.lines import LogLines, ending
from arena.progress.observer import Observer, Several
from arena.results.reader import Results
from arena.results.run import RunResults
from arena.results.run_state import recorded
from arena.results.seed_record import PartRecord
from arena.results.tables import FOLDER as TABLES
from arena.results.tables import write_tables
from arena.results.writer import write_results
from arena.runs.answers import Start, with_answers
from arena.runs.gather import seed_record
from arena.runs.records import origin_of, write_part, write_records
from arena.runs.results import results_of
from arena.runs.samples import write_samples
from arena.runs.tracking import TrackedTimeline, tracking
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
    with opened(scenario, root) as (given, where), display(given.name, quiet) as shown:
        shown.phase("checking the scenario")
        refuse_absent(given, address)
        folder, origin = free_folder(given, out), origin_of(given)
        artifacts = opened_store(store)
        settled_scenario = settled(
            given,
            artifacts.root,
            where,
            shown.phase,
            check=lambda: plan_seed(given, given.seeds[0], where),
        )

        def start(todo: Mapping[str, Node]) -> Runtime:
            return runtime_for(settled_scenario, artifacts, address, fresh, todo)

        make_folder(folder)
        write_part(folder, PartRecord(scenario=origin, cells={given.name: given.seeds}))
        with recorded(folder, "run"):
            return run_settled(
                settled_scenario,
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
        shown: shows the progress; what it is told also goes to the folder's run.log.
        began: `time.perf_counter` when the run began; now if left out.
    """
    began = time.perf_counter() if began is None else began
    plans = _planned(scenario, where, shown)  # wrong input must be found before anything is made
    make_folder(folder)
    (folder / "scenario.yaml").write_text(dump(scenario), encoding="utf-8")
    with (
        _logged(folder, shown) as observer,
        tracking(scenario, folder, observer) as trackers,
        contextlib.closing(TrackedTimeline(folder / "events.jsonl", store, trackers)) as timeline,
    ):
        answered = with_answers(scenario, where, store, start, observer, timeline, fresh=fresh)
        if answered != where:
            plans = _planned(scenario, answered, observer)
        for note in dict.fromkeys(note for plan in plans for note in plan.notes):
            observer.note(note)
        work = _Work(scenario, plans, store, observer, timeline, fresh)
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


@dataclass
class _Work:
    """The stages of a run, and where they are reported."""

    scenario: Scenario
    plans: Sequence[SeedPlan]
    store: Store
    observer: Observer
    timeline: Timeline
    fresh: Fresh

    def __post_init__(self) -> None:
        self._nodes = {a: node for plan in self.plans for a, node in plan.nodes.items()}
        self._wanted = {a for plan in self.plans for a in plan.artifacts}

    def set_aside_broken(self) -> None:
        """Move damaged artifacts out of the store, so that their stages run again."""
        for broken in set_aside_broken(self._nodes, self._wanted, self.store, self.fresh):
            self.timeline.broken(broken.node, broken.flaw)
            self.observer.note(_broken_note(broken))

    def run(self, start: Start) -> None:
        """Bring everything that the results are read from into the store."""
        todo = {a: self._nodes[a] for a in needed(*self._asked, self.fresh)}
        if not todo:  # load neither Ray nor torch: a fully stored run ends at once
            report_stored(self._nodes.values(), self.store, self.observer, self.timeline)
            return
        self.observer.phase(starting(self.scenario))
        try:
            with start(todo) as runtime:
                execute(
                    *self._asked,
                    runtime,
                    self.observer,
                    self.timeline,
                    fresh=self.fresh,
                    expected=expected(self.scenario, self.store),
                )
                self.observer.phase("ending its processes")
        finally:
            done = [node for a, node in todo.items() if self.store.has(a)]
            _remember(self.scenario, done, self.store)

    @property
    def _asked(self) -> tuple[Mapping[str, Node], set[str], Store]:
        return self._nodes, self._wanted, self.store


def starting(scenario: Scenario) -> str:
    """Return in words what starts before the first stage."""
    return "loading torch" if scenario.runtime.backend == "serial" else "starting Ray"


def expected(scenario: Scenario, store: Store) -> Expected:
    """Return what this machine's timings say about a scenario's stages."""
    model = model_key(scenario)
    table = known(store, model)
    return Expected(lambda node: Work.of(node.job, model).seconds(table), room(scenario))


def _planned(scenario: Scenario, where: DataRoot, shown: Observer) -> list[SeedPlan]:
    plans = []
    for number, seed in enumerate(scenario.seeds, 1):
        many = f" ({number} of {len(scenario.seeds)})" if len(scenario.seeds) > 1 else ""
        shown.phase(f"planning seed {seed}{many}")
        plans.append(plan_seed(scenario, seed, where))
    return plans


def _broken_note(broken: Broken) -> str:
    name, place = broken.node.stage.name, broken.place
    return (
        f"stored {name!r} is damaged: {broken.flaw}; it was moved to {place} and will be made again"
    )


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
        raise InputError("already holds a finished run; choose another --out", found=str(out))
    return out


def make_folder(folder: Path) -> None:
    """Make a run's folder; InputError if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        rule = f"cannot be made: {error.strerror}"
        raise InputError(rule, key="--out", found=str(folder)) from error


@contextlib.contextmanager
def _logged(folder: Path, shown: Observer) -> Iterator[Observer]:
    """Yield an observer that also writes to the folder's run.log."""
    with (folder / "run.log").open("a", encoding="utf-8") as log:
        lines = LogLines(log)
        with ending(lines):
            yield Several(lines, shown)


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
