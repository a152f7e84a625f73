"""From stored readings of measures to what `results.json` keeps of them."""

from __future__ import annotations

from collections.abc import Sequence

from arena.api.measure import Measure, MeasureFindings, Reading, Study
from arena.planning.graph import SeedPlan
from arena.scenario.schema import Scenario
from arena.store.store import Store


def findings_of(
    scenario: Scenario, plans: Sequence[SeedPlan], study: Study, store: Store
) -> dict[str, MeasureFindings]:
    """What is kept of every measure that the scenario asks for, by its name."""
    away = _not_installed(plans, study)
    findings = {
        part.name: _measure(part.part_class(part.params), plans, study, store)
        for part in scenario.measures.parts
    }
    return {
        name: each.model_copy(update={"not_installed": away}) for name, each in findings.items()
    }


def _measure(
    measure: Measure, plans: Sequence[SeedPlan], study: Study, store: Store
) -> MeasureFindings:
    return measure.findings(readings_of(measure.name, plans, store), study)


def readings_of(name: str, plans: Sequence[SeedPlan], store: Store) -> list[Reading]:
    """The readings of one measure, of every row that has one."""
    return [
        Reading(plan.seed, row.kind, row.name, row.target, store.path(row.measures[name]))
        for plan in plans
        for row in plan.rows
        if name in row.measures
    ]


def _not_installed(plans: Sequence[SeedPlan], study: Study) -> dict[str, int]:
    """Seeds in which an actor is not installed, for actors with any."""
    seeds = {
        actor: sum((plan.seed, actor) not in study.installed for plan in plans)
        for actor in study.actors
    }
    return {actor: count for actor, count in seeds.items() if count}
