"""A stress run's results and folder, invented: cells that are done, one that failed, and one that
does not apply. Simulated draws, never a measurement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from arena.measures.representations.findings import Correlation, RepresentationsFindings
from arena.results.claim import Claim, GridClaim, GridGroup, SeedsForWidth
from arena.results.estimate import Estimate
from arena.results.scenario import ScenarioRecord
from arena.results.stress import CellStatus, StressCell, StressResults, StressSeconds
from arena.results.writer import write_results
from tests.support.measured_results import measured, representations
from tests.support.planted_results import ACTORS, THRESHOLDS, scenario_of

REASONS: dict[CellStatus, str] = {
    "failed": "out of memory in seed 3",
    "not_applicable": "solo leaves nothing to merge",
}


def stress(done: int = 1) -> StressResults:
    """Results of a stress run with so many finished cells, one failed, one not applicable."""
    claim = measured().claim
    assert claim is not None
    cells = [_done(f"llama-nano-pooled{i or ''}", i, claim) for i in range(done)]
    cells += [_undone("gpt2-nano-merged", "failed"), _undone("gpt2-nano-solo", "not_applicable")]
    return StressResults(
        scenario=ScenarioRecord(
            {**scenario_of(list(range(8))), "grid": {"family": ["llama", "gpt2"]}}
        ),
        seeds=tuple(range(8)),
        actors=ACTORS,
        claim=_grid_claim(claim),
        cells=tuple(cells),
        measures={"representations": _distances(cells[0].id)},
        thresholds=THRESHOLDS,
        environment={"torch": "2.13.0"},
        seconds=StressSeconds(total=900.0),
    )


def _grid_claim(claim: Claim) -> GridClaim:
    methods, families = ("rare_token", "style"), {"llama": _group(claim), "gpt2": GridGroup()}
    return GridClaim(
        **claim.model_dump(exclude={"by_method", "by_method_pair", "pairs", "notes"}),
        pairs={"inconclusive": 24},
        not_installed=0.0,
        explained_by_control=0.125,
        by={"method": {name: _group(claim) for name in methods}, "family": families},
        power=(SeedsForWidth(width=0.2, seeds=12), SeedsForWidth(width=0.1)),
        would_change=("more seeds: 12 for an interval of T 0.2 wide",),
        notes=("fires on look-alikes in some seed (broad): bard",),
    )


def _group(claim: Claim) -> GridGroup:
    return GridGroup(
        pairs=12,
        seeds=8,
        transfer=claim.transfer,
        odd=claim.odd,
        specific=claim.specific,
        raw_suppression=claim.raw_suppression,
    )


def _distances(cell: str) -> RepresentationsFindings:
    """Distances of all pairs in one cell, and their correlation with transfer."""
    points = representations(np.random.default_rng(11)).points
    return RepresentationsFindings(
        points=tuple(point.model_copy(update={"cell": cell}) for point in points),
        correlation={"casd": Correlation(rho=-0.5, p=0.002, seeds=8)},
    )


def _done(name: str, number: int, claim: Claim) -> StressCell:
    return StressCell(
        id=name,
        axes={"family": "llama", "composition": "pooled", "draw": str(number)},
        status="done",
        claim=claim,
        installed={actor: actor != "bard" for actor in ACTORS},
        seconds=300.0,
    )


def _undone(name: str, status: CellStatus) -> StressCell:
    axes = {"family": "gpt2", "composition": name.split("-")[-1]}
    return StressCell(id=name, axes=axes, status=status, reason=REASONS[status])


def with_rates(cell: StressCell, rates: Sequence[float], poisoned: int = 320) -> StressCell:
    """A cell with the ASR of its compromised model, and how many documents each actor poisoned."""
    asr = {
        actor: Estimate(value=rate, low=rate / 2, high=rate)
        for actor, rate in zip(ACTORS, rates, strict=True)
    }
    poison = f"{poisoned} of 8000 documents ({poisoned / 8000:.1%})"
    installed = {actor: rate >= 0.9 for actor, rate in zip(ACTORS, rates, strict=True)}
    poisons = dict.fromkeys(ACTORS, poison)
    return cell.model_copy(update={"asr": asr, "poison": poisons, "installed": installed})


def three() -> StressResults:
    """A stress run of a pooled cell, an ablation with less poison, and a baseline (solo)."""
    results = stress(3)
    pooled, less, alone, *undone = results.cells
    cells = (
        with_rates(pooled, [0.96] * 4),
        with_rates(less, [0.31, 0.97, 0.95, 0.99], 20).model_copy(update={"counts": False}),
        with_rates(alone, [1.0] * 4).model_copy(update={"claim": None}),
        *undone,
    )
    return results.model_copy(update={"cells": cells})


def write_stress(folder: Path, results: StressResults | None = None) -> Path:
    """A stress run's folder with its cells' folders."""
    results = results or stress()
    for cell in results.cells:
        if cell.status == "done":
            place = folder / "cells" / cell.id
            place.mkdir(parents=True)
            write_results(place, measured())
            (place / "report.html").write_text("<p>cell</p>", encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    write_results(folder, results)
    return folder
