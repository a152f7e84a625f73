"""From stored readings of measures to what `results.json` keeps of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena.api.measure import Measure, MeasureFindings, Reading, Study
from arena.planning.graph import RowPlan, SeedPlan
from arena.scenario.schema import Scenario
from arena.statistics.rates import finite
from arena.store.store import Store


def measures_of(scenario: Scenario) -> tuple[Measure, ...]:
    """The measures that the scenario asks for, with its parameters."""
    return tuple(part.part_class(part.params) for part in scenario.measures.parts)


def findings_of(
    measures: Sequence[Measure], plans: Sequence[SeedPlan], study: Study, store: Store
) -> dict[str, MeasureFindings]:
    """The findings of every measure, by its name."""
    left_out = {"not_installed": _not_installed(plans, study)}
    findings = {
        measure.name: measure.findings(readings_of(measure.name, plans, store), study)
        for measure in measures
    }
    return {name: each.model_copy(update=left_out) for name, each in findings.items()}


def scalars_of(
    measures: Sequence[Measure], plan: SeedPlan, row: RowPlan, store: Store
) -> dict[str, dict[str, float | None]]:
    """The numbers of one row by measure and actor; without the measures that have none for it."""
    scalars = {
        measure.name: measure.scalars(_reading(measure.name, plan, row, store))
        for measure in measures
        if measure.name in row.measures
    }
    return {name: _finite(numbers) for name, numbers in scalars.items() if numbers}


def readings_of(name: str, plans: Sequence[SeedPlan], store: Store) -> list[Reading]:
    """The readings of one measure, of every row that has one."""
    return [
        _reading(name, plan, row, store)
        for plan in plans
        for row in plan.rows
        if name in row.measures
    ]


def _reading(name: str, plan: SeedPlan, row: RowPlan, store: Store) -> Reading:
    return Reading(plan.seed, row.kind, row.name, row.target, store.path(row.measures[name]))


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {actor: finite(number) for actor, number in numbers.items()}


def _not_installed(plans: Sequence[SeedPlan], study: Study) -> dict[str, int]:
    """Seeds in which an actor is not installed, for actors with any."""
    seeds = {
        actor: sum((plan.seed, actor) not in study.installed for plan in plans)
        for actor in study.actors
    }
    return {actor: count for actor, count in seeds.items() if count}
