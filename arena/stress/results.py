"""From the cells' results to those of the stress run (shape: docs/results.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from arena.engine.numerics import environment
from arena.engine.results import SCHEMA_VERSION
from arena.scenario.schema import Scenario
from arena.statistics.grid import Judged, judge_grid
from arena.statistics.representations import points_correlation
from arena.statistics.thresholds import thresholds_json
from arena.stress.cells import GridCell

Status = Literal["done", "failed", "not_applicable"]


@dataclass(frozen=True)
class Outcome:
    """What became of a cell; `results` is its results.json where it is done."""

    cell: GridCell
    status: Status
    reason: str | None
    results: dict[str, Any] | None = None


def stress_results(
    scenario: Scenario, outcomes: Sequence[Outcome], seconds: float
) -> dict[str, Any]:
    """results.json of a stress run."""
    judged = [
        Judged(o.cell.id, o.cell.axes, o.results, _methods(o.results))
        for o in outcomes
        if o.results is not None
    ]
    found: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": "stress",
        "scenario": scenario.resolved(),
        "seeds": list(scenario.seeds),
        "actors": [actor.name for actor in scenario.actors],
        "claim": judge_grid(judged, scenario.thresholds),
        "cells": [_cell(outcome) for outcome in outcomes],
        "thresholds": thresholds_json(scenario.thresholds),
        "environment": environment(scenario.numerics),
        "seconds": {"total": round(seconds, 2)},
    }
    points = [
        {**point, "cell": each.id}
        for each in judged
        for point in each.results.get("representations", {}).get("points", [])
    ]
    if points:
        correlation = {name: r.to_json() for name, r in points_correlation(points).items()}
        found["representations"] = {"points": points, "correlation": correlation}
    return found


def _methods(results: dict[str, Any]) -> dict[str, str]:
    actors = results["scenario"]["actors"]
    return {actor["name"]: actor["trigger"]["method"] for actor in actors}


def _cell(outcome: Outcome) -> dict[str, Any]:
    results = outcome.results or {}
    return {
        "id": outcome.cell.id,
        "axes": dict(outcome.cell.axes),
        "status": outcome.status,
        "reason": outcome.reason,
        "claim": results.get("claim"),
        "installed": results.get("installed", {}),
        "seconds": results.get("seconds", {}).get("total"),
    }
