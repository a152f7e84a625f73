"""From the cells' results to those of the stress run (docs/results.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from arena.api.measure import MeasureFindings
from arena.grid.cells import GridCell
from arena.planning.numerics import environment
from arena.results.claim import GridClaim
from arena.results.run import RunResults
from arena.results.scenario import ScenarioRecord
from arena.results.stress import CellStatus, StressCell, StressResults, StressSeconds
from arena.runs.measures import measures_of
from arena.scenario.dose import Dose
from arena.scenario.schema import Scenario, Thresholds
from arena.statistics.coexistence import coexistence
from arena.statistics.contrasts import contrasts
from arena.statistics.doses import verdict_doses
from arena.statistics.grid import FinishedCell, judge_grid
from arena.statistics.thresholds import verdict_thresholds


@dataclass(frozen=True)
class Outcome:
    """How a cell ended. results: if it is done. scenario: the cell's, with its numerics settled if
    it got that far."""

    cell: GridCell
    status: CellStatus
    reason: str | None
    results: RunResults | None = None
    scenario: Scenario | None = None


def stress_results(
    scenario: Scenario, outcomes: Sequence[Outcome], seconds: float, notes: Sequence[str] = ()
) -> StressResults:
    """Return the results of a stress run, or of a part, that took `seconds`.

    Args:
        notes: what a reader must know of the whole.
    """
    finished = [
        FinishedCell(o.cell.id, o.cell.axes, o.results, o.cell.counts)
        for o in outcomes
        if o.results is not None
    ]
    return StressResults(
        scenario=ScenarioRecord(scenario.resolved()),
        seeds=_seeds(scenario, outcomes),
        actors=tuple(actor.name for actor in scenario.actors),
        claim=judge_grid(finished, scenario.thresholds),
        most=_at_most(finished, scenario.thresholds),
        contrasts=contrasts(finished, scenario.grid.primary),
        cells=tuple(_cell(outcome, _kept(scenario)) for outcome in outcomes),
        measures=_measures(scenario, finished),
        thresholds=verdict_thresholds(scenario.thresholds),
        environment=_environment(scenario, outcomes),
        seconds=StressSeconds(total=round(seconds, 2)),
        notes=tuple(notes),
    )


def _at_most(finished: Sequence[FinishedCell], thresholds: Thresholds) -> GridClaim | None:
    """The claim at the larger dose, where any cell has two."""
    two_doses = any(cell.results.most is not None for cell in finished)
    return judge_grid(finished, thresholds, "most") if two_doses else None


def _measures(scenario: Scenario, finished: Sequence[FinishedCell]) -> dict[str, MeasureFindings]:
    """The findings over all cells that count, for measures that compare cells."""
    counting = [cell for cell in finished if cell.counts]
    kept = {}
    for measure in measures_of(scenario):
        by_cell = {cell.id: cell.results.measures.get(measure.name) for cell in counting}
        known = {cell: each for cell, each in by_cell.items() if isinstance(each, MeasureFindings)}
        findings = measure.grid_findings(known)
        if findings is not None:
            kept[measure.name] = findings
    return kept


def _seeds(scenario: Scenario, outcomes: Sequence[Outcome]) -> tuple[int, ...]:
    """The seeds that any cell had to run; in a part not all of the scenario's."""
    own = {seed for o in outcomes if o.cell.scenario is not None for seed in o.cell.scenario.seeds}
    return tuple(seed for seed in scenario.seeds if seed in own or not own)


def _environment(scenario: Scenario, outcomes: Sequence[Outcome]) -> Mapping[str, JsonValue]:
    """The environment of the first cell that ran, with its numerics settled (the others' are in
    their own results); of the stress run's scenario if none ran."""
    ran = next((o for o in outcomes if o.scenario is not None), None)
    if ran is not None and ran.results is not None:
        return ran.results.environment
    settled = ran.scenario if ran and ran.scenario else scenario
    return environment(settled.numerics, settled.runtime)


def _kept(scenario: Scenario) -> float:
    """The ASR that a clean fine-tune must leave for a backdoor to count as kept."""
    return (scenario.dose or Dose()).kept


def _cell(outcome: Outcome, kept: float) -> StressCell:
    results, cell = outcome.results or RunResults(), outcome.cell
    return StressCell(
        id=cell.id,
        axes=dict(cell.axes),
        status=outcome.status,
        reason=outcome.reason,
        counts=cell.counts,
        claim=results.claim if results.transfer else None,
        most=results.most.claim if results.most and results.most.transfer else None,
        installed=results.installed,
        coexistence=coexistence(results.transfer, kept),
        asr={actor: each.asr for actor, each in results.installation.items()},
        poison={actor: each.poison for actor, each in results.cast.items()},
        depth={actor: each.depth for actor, each in results.installation.items()},
        over_doses=results.over_doses,
        dose_spans={str(name): span for name, span in verdict_doses(results.rows).items()},
        survival=results.survival,
        seconds=results.seconds.total,
    )
