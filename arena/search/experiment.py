"""One experiment of a search: some rows of one seed of one scenario, from the store or trained.

A pure function of its ask: whoever runs it, once or again after a crash, gets the same rows.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from arena.api.values import Row
from arena.api.world import DataRoot
from arena.execution.execute import execute
from arena.execution.runtime import Runtime
from arena.execution.timeline import Timeline
from arena.planning.graph import RowPlan, SeedPlan
from arena.planning.plan import plan_seed
from arena.progress import Quiet
from arena.runs.gather import gather
from arena.scenario.schema import Scenario
from arena.store.store import Store

Part = Literal["first", "all"]


@dataclass(frozen=True)
class Ask:
    """What is measured. part: `first` is what decides whether to go on: the compromised model, its
    control, and one disclosed trigger's removal. actor: the adaptive one; removing its own
    trigger is nobody's question here. first: whose trigger that one is; None is the scenario's
    first."""

    scenario: Scenario
    seed: int
    root: DataRoot
    actor: str
    part: Part = "all"
    first: str | None = None


def measured(ask: Ask, store: Store, runtime: Runtime) -> list[Row]:
    """The rows that were asked for.

    Raises:
        InputError: data is missing or broken.
        ArenaError: a stage failed.
    """
    plan = plan_seed(ask.scenario, ask.seed, ask.root)
    part = dataclasses.replace(plan, rows=wanted(plan, ask))
    with contextlib.closing(Timeline(Path(os.devnull))) as timeline:
        execute(part.nodes, set(part.artifacts), store, runtime, Quiet(), timeline)
    return gather(part, store)


def wanted(plan: SeedPlan, ask: Ask) -> tuple[RowPlan, ...]:
    """The rows of a plan that an ask is about."""
    rows = [row for row in plan.rows if row.kind != "sham" and not _own(row, ask.actor)]
    if ask.part == "all":
        return tuple(rows)
    defences = [row for row in rows if row.kind in ("unlearned", "defended")]
    looked_at = [row for row in defences if row.target == ask.first] or defences[:1]
    return tuple(row for row in rows if row in looked_at or row not in defences)


def splits(scenario: Scenario, actor: str) -> bool:
    """Whether a first look is less than all; a defence that is told nothing has one row."""
    defender = scenario.defender
    others = sum(defender.target in ("each", a.name) for a in scenario.actors if a.name != actor)
    return defender.intelligence == "disclosed" and (others > 1 or len(scenario.seeds) > 1)


def _own(row: RowPlan, actor: str) -> bool:
    return row.kind in ("control", "unlearned", "defended") and row.target == actor
