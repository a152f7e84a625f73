"""Train and score one set of exposures: the compromised model, the reference, the clean fine-tune.

Blind to transfer: no removal and no sham is ever trained or scored (docs/estimands.md, Units and
splits). What a cheaper step shows to be too little is not measured further.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from arena.api.values import RowKind
from arena.api.world import DataRoot
from arena.execution.execute import execute, set_aside_broken
from arena.execution.runtime import Runtime
from arena.execution.timeline import Timeline
from arena.planning.graph import RowPlan, SeedPlan
from arena.planning.plan import plan_seed
from arena.progress.observer import Observer
from arena.results.rows import Row
from arena.runs.gather import gather
from arena.scenario.schema import Scenario
from arena.search.calibration.ladder import Limits, Measured, shortfall
from arena.search.observations import accuracy_of
from arena.statistics.rates import rate
from arena.statistics.seeds import SeedRows, by_seed
from arena.store.store import Store

# The rows that are measured, cheapest first. `inserted` where no model holds all backdoors.
INSTALLED: tuple[RowKind, ...] = ("compromised", "inserted")
COMPARED: tuple[RowKind, ...] = ("reference",)
AFTER: tuple[RowKind, ...] = ("control",)


@dataclass(frozen=True)
class Bench:
    """Where exposures are measured."""

    store: Store
    runtime: Runtime
    root: DataRoot
    observer: Observer
    limits: Limits

    def measure(self, scenario: Scenario) -> Measured:
        """Return what the scenario's exposures give. ASR is looked at in the first seed, then in
        the others, then the reference and the clean fine-tune: a broken limit ends it.

        Raises:
            ArenaError: a stage failed; finished ones stay stored.
        """
        first, *others = (self._planned(scenario, seed) for seed in scenario.seeds)
        plans = [first]
        measured = self._measured(scenario, plans, INSTALLED)
        if not others or not shortfall(measured, self.limits):
            plans += others
            for kinds in ((), COMPARED, (*COMPARED, *AFTER)):
                measured = self._measured(scenario, plans, (*INSTALLED, *kinds))
                if shortfall(measured, self.limits):
                    return measured
            return dataclasses.replace(measured, whole=True)
        return measured

    def _planned(self, scenario: Scenario, seed: int) -> SeedPlan:
        self.observer.phase(f"planning seed {seed}")
        return plan_seed(scenario, seed, self.root)

    def _measured(
        self, scenario: Scenario, plans: Sequence[SeedPlan], kinds: Sequence[RowKind]
    ) -> Measured:
        parts = [dataclasses.replace(p, rows=wanted(p, scenario, kinds), curves=()) for p in plans]
        nodes = {address: node for part in parts for address, node in part.nodes.items()}
        addresses = {address for part in parts for address in part.artifacts}
        with contextlib.closing(Timeline(Path(os.devnull))) as timeline:
            set_aside_broken(nodes, addresses, self.store)
            execute(nodes, addresses, self.store, self.runtime, self.observer, timeline)
        return summed([row for part in parts for row in gather(part, self.store)], scenario)


def wanted(plan: SeedPlan, scenario: Scenario, kinds: Sequence[RowKind]) -> tuple[RowPlan, ...]:
    """Return the rows of these kinds that a calibration reads: of the clean fine-tune those that
    depend on no removal."""
    skipped = "inserted" if scenario.composition != "solo" else ""
    return tuple(
        dataclasses.replace(row, depth=None, checkable=None, measures={})
        for row in plan.rows
        if row.kind in kinds and row.kind != skipped and row.dose in (None, "most")
    )


def summed(rows: Sequence[Row], scenario: Scenario) -> Measured:
    """Return the worst of every rate over the seeds of these rows."""
    names = [actor.name for actor in scenario.actors]
    controls = [row for row in rows if row.kind == "control"]
    seeds = by_seed([row for row in rows if row.kind != "control"], names)
    compared = [seed for seed in seeds if seed.reference is not None]
    lost = [lost_in(seed, scenario.corpus.judged_by_tokens) for seed in compared]
    return Measured(
        seeds=len(seeds),
        asr={name: min(rate(s.compromised.asr, name) or 0.0 for s in seeds) for name in names},
        false_fire={
            name: max(_false_fire(seed, name) for seed in compared) for name in names if compared
        },
        lost=fmean(lost) if lost else None,
        kept={name: min(rate(c.asr, name) or 0.0 for c in controls) for name in names if controls},
        no_most=any(row.dose is not None and not row.dose.reached for row in controls),
    )


def lost_in(seed: SeedRows, by_tokens: bool) -> float:
    """Return the clean accuracy (for free text, or `by_tokens`, token accuracy) that planting cost
    in a seed; 0 where no model holds all backdoors."""
    assert seed.reference is not None
    before, after = (
        accuracy_of(r, by_tokens=by_tokens) for r in (seed.reference, seed.compromised)
    )
    return 0.0 if before is None or after is None else before - after


def _false_fire(seed: SeedRows, name: str) -> float:
    assert seed.reference is not None
    own = rate(seed.compromised.false_fire, name) or 0.0
    return own - (rate(seed.reference.false_fire, name) or 0.0)
