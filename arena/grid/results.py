"""From the cells' results to those of the stress run (docs/results.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arena.api.measure import MeasureFindings
from arena.grid.cells import GridCell
from arena.measures.representations.findings import DistancePoint, RepresentationsFindings
from arena.measures.representations.summary import findings_over_cells
from arena.planning.numerics import environment
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.results.stress import CellStatus, StressCell, StressResults, StressSeconds
from arena.scenario.schema import Scenario
from arena.statistics.grid import FinishedCell, judge_grid
from arena.statistics.thresholds import verdict_thresholds


@dataclass(frozen=True)
class Outcome:
    """How a cell ended; `results` where it is done, `scenario` the cell's with its numerics settled
    where it got so far."""

    cell: GridCell
    status: CellStatus
    reason: str | None
    results: RunResults | None = None
    scenario: Scenario | None = None


def stress_results(
    scenario: Scenario, outcomes: Sequence[Outcome], seconds: float
) -> StressResults:
    """Return the results of a stress run that took so many seconds."""
    finished = [
        FinishedCell(o.cell.id, o.cell.axes, o.results, o.cell.counts)
        for o in outcomes
        if o.results is not None
    ]
    return StressResults(
        scenario=ScenarioRecord(scenario.resolved()),
        seeds=scenario.seeds,
        actors=tuple(actor.name for actor in scenario.actors),
        claim=judge_grid(finished, scenario.thresholds),
        cells=tuple(_cell(outcome) for outcome in outcomes),
        measures=_measures(finished),
        thresholds=verdict_thresholds(scenario.thresholds),
        environment=environment(_settled(scenario, outcomes).numerics),
        seconds=StressSeconds(total=round(seconds, 2)),
    )


def _measures(finished: Sequence[FinishedCell]) -> dict[str, MeasureFindings]:
    """Findings over all cells that count: distance against transfer, where it was measured."""
    points = [point for cell in finished if cell.counts for point in _points(cell)]
    return {"representations": findings_over_cells(points)} if points else {}


def _points(cell: FinishedCell) -> Iterator[DistancePoint]:
    findings = cell.results.measures.get("representations")
    if isinstance(findings, RepresentationsFindings):
        for point in findings.points:
            yield point.model_copy(update={"cell": cell.id})


def _settled(scenario: Scenario, outcomes: Sequence[Outcome]) -> Scenario:
    """The scenario of the first cell that ran, with its numerics settled (those of the others are
    in their own results); the stress run's own where none ran."""
    return next((o.scenario for o in outcomes if o.scenario is not None), scenario)


def _cell(outcome: Outcome) -> StressCell:
    results, cell = outcome.results or RunResults(), outcome.cell
    return StressCell(
        id=cell.id,
        axes=dict(cell.axes),
        status=outcome.status,
        reason=outcome.reason,
        counts=cell.counts,
        claim=results.claim if results.transfer else None,
        installed=results.installed,
        asr={actor: each.asr for actor, each in results.installation.items()},
        poison={actor: each.poison for actor, each in results.cast.items()},
        seconds=results.seconds.total,
    )
