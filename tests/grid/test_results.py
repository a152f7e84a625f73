"""arena/grid/results.py: what a stress run keeps of its cells."""

from __future__ import annotations

from arena.grid.cells import GridCell
from arena.grid.results import Outcome, stress_results
from arena.measures.representations.findings import DistancePoint, RepresentationsFindings
from arena.results.claim import Claim
from arena.results.estimate import Estimate
from arena.results.planting import ActorInstallation, Introduction
from arena.results.run import RunResults, RunSeconds
from arena.results.scenario import ScenarioRecord
from arena.scenario.schema import Scenario
from tests.support import toys

MEASURES = "measures={representations: {prompts: 8}, quiet: {prompts: 8}}"


def scenario() -> Scenario:
    return toys.scenario(MEASURES)


def point(seed: int, casd: float, transfer: float) -> DistancePoint:
    return DistancePoint(seed=seed, source="lexical", to="linguist", casd=casd, transfer=transfer)


def outcome(name: str, *points: DistancePoint, counts: bool = True) -> Outcome:
    results = RunResults(
        scenario=ScenarioRecord(scenario().resolved()),
        claim=Claim(verdict="inconclusive"),
        installed={"lexical": True},
        installation={"lexical": ActorInstallation(asr=Estimate(value=0.9))},
        cast={"lexical": Introduction(poison="8 of 100 documents (8.0%)")},
        measures={"representations": RepresentationsFindings(layers=3, points=points)},
        seconds=RunSeconds(total=4.0),
    )
    cell = GridCell(name, {"composition": name}, scenario(), counts=counts)
    return Outcome(cell, "done", None, results, scenario())


def test_distance_and_transfer_are_compared_over_the_cells_that_count() -> None:
    points = point(0, 0.1, 0.9), point(1, 0.2, 0.7)
    outcomes = [outcome("a", *points), outcome("b", points[0]), outcome("c", *points, counts=False)]
    results = stress_results(scenario(), outcomes, 1.0)
    assert set(results.measures) == {"representations"}
    findings = results.measures["representations"]
    assert isinstance(findings, RepresentationsFindings)
    assert [(p.cell, p.seed, p.casd) for p in findings.points] == [
        ("a", 0, 0.1), ("a", 1, 0.2), ("b", 0, 0.1),
    ]  # fmt: skip
    assert set(findings.correlation) == {"casd", "mean_absolute", "cosine", "clean"}


def test_without_a_point_no_measure_is_kept() -> None:
    assert stress_results(scenario(), [outcome("a")], 1.0).measures == {}


def test_a_cell_shows_its_runs_numbers_and_no_claim_without_a_pair() -> None:
    (cell,) = stress_results(scenario(), [outcome("a")], 1.0).cells
    assert (cell.id, cell.axes, cell.status, cell.seconds) == ("a", {"composition": "a"}, "done", 4)
    assert cell.claim is None
    assert cell.installed == {"lexical": True}
    assert cell.asr == {"lexical": Estimate(value=0.9)}
    assert cell.poison == {"lexical": "8 of 100 documents (8.0%)"}


def test_a_cell_that_failed_has_its_reason_and_no_numbers() -> None:
    cell = GridCell("x", {"composition": "solo"}, scenario())
    (failed,) = stress_results(scenario(), [Outcome(cell, "failed", "it burst")], 1.0).cells
    assert (failed.status, failed.reason, failed.claim) == ("failed", "it burst", None)
    assert (failed.installed, failed.asr, failed.seconds) == ({}, {}, None)
