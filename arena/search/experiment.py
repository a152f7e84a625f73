"""One experiment of a search: the rows of one seed of one scenario, from the store or trained.

A pure function of its description: a repetition, for instance after a crash, gives the same rows.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from arena.api.measure import Measure
from arena.api.values import RowKind
from arena.api.world import DataRoot
from arena.execution.execute import execute, set_aside_broken
from arena.execution.runtime import Runtime
from arena.execution.timeline import Timeline
from arena.planning.graph import RowPlan, SeedPlan
from arena.planning.plan import plan_seed
from arena.progress.observer import Silent
from arena.results.rows import Row
from arena.runs.gather import gather
from arena.runs.measures import measures_of
from arena.scenario.schema import Scenario
from arena.search.lean import lean
from arena.search.observations import is_final
from arena.store.code import code_of, codes
from arena.store.identity import digest, identify
from arena.store.store import Store

Scope = Literal["first", "all"]
# Keys of a scenario that change no experiment; which seed it is, an experiment says itself.
OUTSIDE = ("description", "plugins", "runtime", "seeds")
# What makes rows out of artifacts, beside the scenario's measures: no address depends on it.
READERS = (
    "arena.planning.actors",
    "arena.results.rows",
    "arena.runs.gather",
    "arena.runs.measures",
    "arena.results.numbers",
)
UNUSED: Collection[RowKind] = ("sham", "inserted", "without")  # by observations


@dataclass(frozen=True)
class Measured:
    """The rows of an experiment. stages: digest of the stages and the code that they come from."""

    rows: tuple[Row, ...]
    stages: str


@dataclass(frozen=True)
class Experiment:
    """What to measure in one seed.

    Attributes:
        actor: the adaptive one. The removal of its own trigger is not measured: evasion is about
            the removal of other actors' triggers.
        scope: `first` is the rung that decides whether a trial continues: the compromised model,
            its control and the removal of one disclosed trigger. `all` is every row.
        first: the actor whose trigger that one removal targets; None is the scenario's first.
        known: what its earlier repetitions measured, with any version of code and data.
    """

    scenario: Scenario
    seed: int
    root: DataRoot
    actor: str
    scope: Scope = "all"
    first: str | None = None
    known: tuple[Measured, ...] = field(default=(), compare=False)


def run_experiment(experiment: Experiment, store: Store, runtime: Runtime) -> Measured:
    """Return what the experiment measures: what is known, if code and data are still the same.

    Stages that are stored are not run again.

    Raises:
        InputError: data is missing or broken.
        ArenaError: a stage failed.
    """
    plan = plan_seed(experiment.scenario, experiment.seed, experiment.root)
    part = part_of(plan, experiment)
    measures = measures_of(experiment.scenario)
    stages = stages_of(part, measures)
    for known in experiment.known:
        if known.stages == stages:
            return known
    with contextlib.closing(Timeline(Path(os.devnull))) as timeline:
        set_aside_broken(part.nodes, part.artifacts, store)
        execute(part.nodes, set(part.artifacts), store, runtime, Silent(), timeline)
    return Measured(tuple(gather(part, store, measures)), stages)


def stages_of(part: SeedPlan, measures: Sequence[Measure]) -> str:
    """Return the SHA-256 (hex) of everything that decides the rows of a plan: the addresses of the
    artifacts that they are read from, and the code that reads them."""
    rows = [
        {each.name: identify(getattr(row, each.name)) for each in dataclasses.fields(row)}
        for row in part.rows
    ]
    code = _readers() | {measure.name: code_of(type(measure)) for measure in measures}
    return digest({"rows": rows, "code": code})


@functools.cache
def _readers() -> dict[str, str]:
    """The code of each reader itself: what it imports decides addresses, or no row."""
    known = codes("arena.runs.gather")  # which imports the others
    return {name: known[name] for name in READERS}


def part_of(plan: SeedPlan, experiment: Experiment) -> SeedPlan:
    """Return what an experiment needs of a seed's plan. On the prompts of a search, which no run
    shares, that is less than a run does (arena.search.lean)."""
    part = dataclasses.replace(plan, rows=planned_rows(plan, experiment), curves=())
    searches = experiment.scenario.evaluation.split == "validation"
    return lean(part, experiment.actor) if searches else part


def planned_rows(plan: SeedPlan, experiment: Experiment) -> tuple[RowPlan, ...]:
    """Return the rows of a seed's plan that an experiment measures."""
    rows = [
        dataclasses.replace(row, depth=None, checkable=None)  # no search uses these
        for row in plan.rows
        if row.kind not in UNUSED
        and not _removes_own(row, experiment.actor)
        and not _of_league(row)
        and is_final(row)
    ]
    if experiment.scope == "all":
        return tuple(rows)
    targets = [row.target for row in rows if row.kind == "unlearned"]
    first = experiment.first if experiment.first in targets else next(iter(targets), None)
    if first is None:
        defences = [row for row in rows if row.kind == "defended"]
        return tuple(row for row in rows if row not in defences[1:])
    return tuple(row for row in rows if row.kind != "defended" and row.target in (None, first))


def has_first_rung(scenario: Scenario, actor: str, seeds: int) -> bool:
    """Return whether the scope `first` in one seed measures less than `all` in so many: a defence
    without a disclosed trigger has one row."""
    defender = scenario.defender
    others = sum(defender.target in ("each", a.name) for a in scenario.actors if a.name != actor)
    return defender.intelligence == "disclosed" and (others > 1 or seeds > 1)


def _of_league(row: RowPlan) -> bool:
    """Whether the row only shows the scenario's own defender where a league compares."""
    return row.kind in ("control", "unlearned") and row.dose == "harmless"


def _removes_own(row: RowPlan, actor: str) -> bool:
    return row.kind in ("control", "unlearned", "defended") and row.target == actor
