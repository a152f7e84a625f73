"""The session of a search, for tune and duel alike: folder, store, evaluators and storage."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import optuna

from arena.api.world import DataRoot
from arena.arguments import optional_text
from arena.errors import InputError
from arena.execution.checkpoint import check_checkpoint
from arena.execution.devices import refuse_absent
from arena.execution.event_file import EventFile
from arena.execution.runtime import Runtime
from arena.execution.timeline import Timeline
from arena.planning.graph import Node
from arena.planning.numerics import settings
from arena.planning.plan import plan_seed
from arena.progress.display import display
from arena.progress.lines import LogLines, ending
from arena.progress.observer import Observer, Several
from arena.results.run_state import recorded
from arena.runs.answers import with_answers
from arena.runs.measures import measures_of
from arena.runs.run import free_folder, make_folder
from arena.runs.work import ready, room, runtime_for, starting
from arena.scenario.load import dump
from arena.scenario.schema import Scenario
from arena.search import studies
from arena.search.driver import Driver, SearchEvent, StudySpec
from arena.search.evaluators import Evaluators, InProcess, RayTasks
from arena.search.experiment import OUTSIDE, Experiment, part_of, stages_of
from arena.search.ledger import Ledger, Remembering
from arena.search.observations import SeedObservations
from arena.search.phases import evaluate
from arena.search.sent_experiments import SentExperiments
from arena.search.storages import in_use, storage_of, storage_url
from arena.search.study_identity import StudyIdentity, flat
from arena.store.code import code_of, codes
from arena.store.identity import digest
from arena.store.store import Store, opened_store

OTHER_CODE = (
    "with other code or data than there is now; they count as they were measured, and only the "
    "rest is measured now"
)
OBSERVATIONS = "arena.search.observations"


@dataclass(frozen=True)
class Session:
    """What one command works with.

    Attributes:
        scenario: with its numerics settled.
        name: of its studies. storage: their URL.
        parallel: trials that run at the same time.
        began: `time.monotonic()` at its start.
    """

    scenario: Scenario
    name: str
    storage: str
    folder: Path
    store: Store
    root: DataRoot
    evaluators: Evaluators
    parallel: int
    observer: Observer
    emit: Callable[[SearchEvent], None]
    began: float

    def search(self, spec: StudySpec) -> optuna.Study:
        """Run a study to its end, starting where an earlier driver stopped, and return it."""
        study = studies.open_study(
            self.storage, spec.name, spec.criteria.directions, identity(spec)
        )
        if before := studies.of_other_code(study, code_digest(spec)):
            self.note(f"{spec.name}: {before} trials were measured {OTHER_CODE}")
        Driver(spec, study, self.evaluators, self.observer, self.emit).run()
        return study

    def plan(self, *scenarios: Scenario) -> None:
        """Plan every seed of these scenarios, which takes no model: wrong input that only a later
        phase would meet is found before anything is trained.

        Raises:
            InputError, ArenaError: as `arena.planning.plan.plan_seed`.
        """
        self.observer.phase("planning the seeds of every phase")
        for scenario in scenarios:
            for seed in scenario.seeds:
                plan_seed(scenario, seed, self.root)
        self.observer.phase("")

    def note(self, text: str) -> None:
        """Show a line to the user, and write it to run.log."""
        self.observer.note(text)

    def phase(self, text: str) -> None:
        """Announce a phase of the search."""
        self.observer.part(text)

    def evaluate(
        self, scenarios: Mapping[Hashable, Scenario], actor: str
    ) -> dict[Hashable, SeedObservations]:
        """Return observations of the actor in every scenario and seed."""
        return evaluate(scenarios, actor, self.evaluators, self.root, self.observer)


def check_suits(scenario: Scenario, root: DataRoot, store: str | Path | None, key: str) -> None:
    """Raise InputError if the scenario's model cannot have its defences.

    Args:
        key: of the section that the defender is from.
    """
    try:
        check_checkpoint(scenario, root, opened_store(store))
    except InputError as error:
        place = f"{error.key}: " if error.key else ""
        rule = f"{place}{error.message}"
        raise InputError(rule, key=key, found=error.found, allowed=error.allowed) from None


def code_digest(spec: StudySpec) -> str:
    """Return the SHA-256 (hex) of what trials are measured with: the stages of the scenario as it
    is in the search's first seed, the parts that a strategy may add, and what reads the results.
    Another one means that code or data has changed."""
    scenario, seed = spec.scenario, spec.scenario.seeds[0]
    plan = plan_seed(scenario, seed, spec.root)
    part = part_of(plan, Experiment(scenario, seed, spec.root, spec.actor))
    observed = codes(OBSERVATIONS)[OBSERVATIONS]
    parts = sorted(code_of(each) for each in spec.space.parts())
    return digest([stages_of(part, measures_of(scenario)), observed, *parts])


def identity(spec: StudySpec) -> StudyIdentity:
    """Return what determines a study's trials. The number of trials does not: a study can be
    extended."""
    outside = dict.fromkeys(OUTSIDE, True)
    content = {k: v for k, v in spec.scenario.resolved().items() if k not in OUTSIDE}
    own: dict[str, Any] = {"seeds": list(spec.scenario.seeds), "actor": spec.actor}
    own["space"] = {n: r.model_dump() for n, r in spec.space.dimensions().items()}
    own |= {"moves": spec.space.identity(), "judge": spec.criteria.identity()}
    own["prunes"] = spec.prunes
    race = spec.race if spec.prunes else None
    given = spec.scenario.model_dump(mode="json", exclude=outside, exclude_defaults=True)
    given |= {**own, "sampler": spec.sampler.model_dump(exclude_defaults=True)}
    content |= {**own, "sampler": spec.sampler.model_dump()}
    # not in `given`: earlier versions did not record it
    content["race"] = "none" if race is None else race.model_dump()
    return StudyIdentity(content, frozenset(key for key, _ in flat(given)))


@contextlib.contextmanager
def opened(
    scenario: Scenario,
    *,
    root: DataRoot,
    out: str | Path | None,
    storage: str | None,
    study: str | None,
    address: str | None,
    quiet: bool,
    store: str | Path | None,
    call: str,
) -> Iterator[Session]:
    """Yield a session: check the input, create the folder, start the evaluators. Results must be
    written within the block. call: the name of the function in `arena`.

    Raises:
        InputError: data is missing or broken, `out` holds a finished run, or a name is invalid.
    """
    began = time.monotonic()
    refuse_absent(scenario, address)
    folder = free_folder(scenario, out)
    artifacts = opened_store(store)
    name = _study_name(optional_text(study, "study") or scenario.name)
    with contextlib.ExitStack() as stack:
        shown = stack.enter_context(display(name, quiet))
        shown.phase("checking the scenario")
        scenario = ready(scenario, artifacts, root, shown.phase)
        url = storage_url(optional_text(storage, "storage"), artifacts.root / "studies", name)
        storage_of(url)  # an error must come before anything is trained
        folder = make_folder(folder, new=out is None)
        stack.enter_context(recorded(folder, call))
        (folder / "scenario.yaml").write_text(dump(scenario), encoding="utf-8")
        log = stack.enter_context((folder / "run.log").open("a", encoding="utf-8"))
        events = stack.enter_context(contextlib.closing(EventFile(folder / "events.jsonl")))
        lines = LogLines(log)
        stack.enter_context(ending(lines))
        observer = Several(lines, shown)
        root = answered(scenario, root, artifacts, address, observer)
        observer.phase(starting(scenario))
        evaluators = _evaluators(scenario, artifacts, address)
        ledger = Ledger(artifacts.root / "studies" / f"{name}.measured.jsonl", observer.note)
        stack.enter_context(evaluators)
        stack.enter_context(in_use(url))
        observer.phase("")
        yield Session(
            scenario=scenario,
            name=name,
            storage=url,
            folder=folder,
            store=artifacts,
            root=root,
            evaluators=Remembering(evaluators, ledger),
            parallel=evaluators.workers,
            observer=observer,
            emit=lambda event: events.write(asdict(event)),
            began=began,
        )


def answered(
    scenario: Scenario, root: DataRoot, store: Store, address: str | None, observer: Observer
) -> DataRoot:  # fmt: skip
    """Return the data root with the base model's own answers, if the scenario takes them."""

    def start(todo: Mapping[str, Node]) -> Runtime:
        return runtime_for(scenario, store, address, False, todo)

    with contextlib.closing(Timeline(Path(os.devnull))) as timeline:
        return with_answers(scenario, root, store, start, observer, timeline)


def _study_name(name: str) -> str:
    if not name or "/" in name:
        raise InputError("must be a name without /", key="--study", found=name)
    return name


def _evaluators(scenario: Scenario, store: Store, address: str | None) -> InProcess | RayTasks:
    profile = settings(scenario.numerics)
    if scenario.runtime.backend == "serial":
        return InProcess(store, profile["threads"])
    runtime = scenario.runtime
    kind = SentExperiments if runtime.artifacts == "sent" else RayTasks
    return kind(
        store,
        profile["threads"],
        None if address is not None and runtime.workers is None else room(scenario),
        address=address,
        device=profile["device"],
        needs=runtime.resources,
    )
