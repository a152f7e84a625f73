"""From stored readings of measures to their findings in `results.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from arena.api.measure import Measure, MeasureFindings, Reading, Study
from arena.planning.graph import RowPlan, SeedPlan
from arena.results.numbers import finite
from arena.results.seed_record import ReadingRecord, SeedRecord
from arena.scenario.schema import Scenario
from arena.store.store import Store


def measures_of(scenario: Scenario) -> tuple[Measure, ...]:
    """Return the measures that the scenario enables, with its parameters."""
    return tuple(part.part_class(part.params) for part in scenario.measures.parts)


def findings_of(
    measures: Sequence[Measure], records: Sequence[SeedRecord], study: Study
) -> dict[str, MeasureFindings]:
    """Return the findings of every measure, by its name."""
    left_out = {"not_installed": _not_installed(records, study)}
    findings = {
        measure.name: measure.findings(readings_of(measure.name, records), study)
        for measure in measures
    }
    return {name: each.model_copy(update=left_out) for name, each in findings.items()}


def scalars_of(
    measures: Sequence[Measure], plan: SeedPlan, row: RowPlan, store: Store
) -> dict[str, dict[str, float | None]]:
    """Return the numbers of one row by measure and actor, without measures that have none for
    it."""
    scalars = {
        measure.name: measure.scalars(_reading(measure.name, plan, row, store))
        for measure in measures
        if measure.name in row.measures
    }
    return {name: _finite(numbers) for name, numbers in scalars.items() if numbers}


def readings_in(
    measures: Sequence[Measure], plan: SeedPlan, store: Store
) -> Iterator[ReadingRecord]:
    """Return what the measures wrote about every row of one seed, in the store."""
    for measure in measures:
        for row in plan.rows:
            if measure.name in row.measures:
                folder = str(store.path(row.measures[measure.name]))
                yield ReadingRecord(
                    measure=measure.name,
                    kind=row.kind,
                    name=row.name,
                    target=row.target,
                    folder=folder,
                )


def readings_of(name: str, records: Sequence[SeedRecord]) -> list[Reading]:
    """Return the readings of one measure, for every row that has one."""
    return [
        Reading(record.seed, each.kind, each.name, each.target, Path(each.folder))
        for record in records
        for each in record.readings
        if each.measure == name
    ]


def _reading(name: str, plan: SeedPlan, row: RowPlan, store: Store) -> Reading:
    return Reading(plan.seed, row.kind, row.name, row.target, store.path(row.measures[name]))


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {actor: finite(number) for actor, number in numbers.items()}


def _not_installed(records: Sequence[SeedRecord], study: Study) -> dict[str, int]:
    """Seeds in which an actor is not installed, for actors with any."""
    seeds = {
        actor: sum((record.seed, actor) not in study.installed for record in records)
        for actor in study.actors
    }
    return {actor: count for actor, count in seeds.items() if count}
