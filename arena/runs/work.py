"""The stages of a run: how many run at once, on which runtime, and the work itself."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.api.world import DataRoot
from arena.execution.calibrate import settled
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
from arena.progress.observer import Note, Observer
from arena.runs.answers import Start
from arena.scenario.needs import SHARED
from arena.scenario.schema import Scenario
from arena.store.store import Store


def ready(scenario: Scenario, store: Store, where: DataRoot, note: Note) -> Scenario:
    """Return the scenario with its numerics settled. Its first seed is planned before anything is
    measured, so that wrong input is found first.

    Raises:
        InputError: the scenario cannot be planned, or its checkpoint cannot be used.
        ArenaError: this model's training could not be measured.
    """
    first = scenario.seeds[0]
    return settled(
        scenario, store.root, where, note, check=lambda: plan_seed(scenario, first, where)
    )


@dataclass
class SeedWork:
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
        seeds=len({node.stage.seed for node in todo.values()}),
        address=address,
        device=device,
        replace=fresh,
        needs=scenario.runtime.resources,
        most=None if scenario.runtime.workers else most,
        sent=scenario.runtime.artifacts == "sent",
    )
