"""From the cells' results to those of the stress run (shape: docs/results.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from arena.grid.cells import GridCell
from arena.planning.numerics import environment
from arena.runs.gather import SCHEMA_VERSION
from arena.scenario.schema import Scenario
from arena.statistics.grid import Judged, judge_grid
from arena.statistics.representations import points_correlation
from arena.statistics.thresholds import thresholds_json

Status = Literal["done", "failed", "not_applicable"]


@dataclass(frozen=True)
class Outcome:
    """What became of a cell; `results` is its results.json where it is done, `scenario` the
    cell's with its numerics settled where it got so far."""

    cell: GridCell
    status: Status
    reason: str | None
    results: dict[str, Any] | None = None
    scenario: Scenario | None = None


def stress_results(
    scenario: Scenario, outcomes: Sequence[Outcome], seconds: float
) -> dict[str, Any]:
    """results.json of a stress run."""
    judged = [_judged(o.cell, o.results) for o in outcomes if o.results is not None]
    found: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": "stress",
        "scenario": scenario.resolved(),
        "seeds": list(scenario.seeds),
        "actors": [actor.name for actor in scenario.actors],
        "claim": judge_grid(judged, scenario.thresholds),
        "cells": [_cell(outcome) for outcome in outcomes],
        "thresholds": thresholds_json(scenario.thresholds),
        "environment": environment(_settled(scenario, outcomes).numerics),
        "seconds": {"total": round(seconds, 2)},
    }
    points = [
        {**point, "cell": each.id}
        for each in judged
        if each.counts
        for point in each.results.get("representations", {}).get("points", [])
    ]
    if points:
        correlation = {name: r.to_json() for name, r in points_correlation(points).items()}
        found["representations"] = {"points": points, "correlation": correlation}
    return found


def _settled(scenario: Scenario, outcomes: Sequence[Outcome]) -> Scenario:
    """The first cell that ran: what `auto` came to; the others' are in their own results."""
    return next((o.scenario for o in outcomes if o.scenario is not None), scenario)


def _judged(cell: GridCell, results: dict[str, Any]) -> Judged:
    actors = results["scenario"]["actors"]
    methods = {actor["name"]: actor["trigger"]["method"] for actor in actors}
    payloads = {actor["name"]: actor["payload"] for actor in actors}
    return Judged(cell.id, cell.axes, results, methods, payloads, cell.counts)


def _cell(outcome: Outcome) -> dict[str, Any]:
    results = outcome.results or {}
    return {
        "id": outcome.cell.id,
        "axes": dict(outcome.cell.axes),
        "status": outcome.status,
        "reason": outcome.reason,
        "counts": outcome.cell.counts,
        "claim": results.get("claim") if results.get("transfer") else None,
        "installed": results.get("installed", {}),
        "asr": {a: found["asr"] for a, found in results.get("installation", {}).items()},
        "poison": {a: found["poison"] for a, found in results.get("cast", {}).items()},
        "seconds": results.get("seconds", {}).get("total"),
    }
