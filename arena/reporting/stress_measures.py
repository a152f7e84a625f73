"""The measures of a stress run on its page: over all cells, and cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from arena.reporting import behaviour, figures
from arena.reporting import hidden_states as insides
from arena.reporting.omissions import omissions
from arena.results.run import RunResults
from arena.results.stress import StressResults


@dataclass(frozen=True)
class GridMeasures:
    """The hidden states over all cells: their correlation with transfer, and notes."""

    correlation: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""
    omitted: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CellMeasures:
    """What a cell's own measures show in numbers."""

    costs: list[dict[str, Any]] = field(default_factory=list)
    quiet: dict[str, Any] = field(default_factory=dict)
    omissions: dict[str, list[str]] = field(default_factory=dict)


def casd_figure(results: StressResults) -> str:
    """Return the distances of all cells against transfer, as SVG; empty where not measured."""
    points = _findings(results).get("representations", {}).get("points")
    return figures.casd_scatter(list(results.actors), points) if points else ""


def grid_measures(results: StressResults) -> GridMeasures:
    """Return what was measured over all cells."""
    findings = _findings(results)
    hidden_states = findings.get("representations", {})
    return GridMeasures(
        insides.correlation(hidden_states) if hidden_states else [],
        insides.note(hidden_states),
        omissions(findings)["representations"],
    )


def reactivation_figure(results: RunResults, *, salt: str) -> str:
    """Return a cell's reactivation curves as SVG; empty where not measured."""
    samples, curves = behaviour.samples_and_curves(_findings(results))
    if not curves:
        return ""
    return figures.reactivation_curves(list(results.actors), samples, curves, salt=salt)


def cell_measures(results: RunResults) -> CellMeasures:
    """Return what a cell's own measures show in numbers."""
    findings = _findings(results)
    return CellMeasures(behaviour.costs(findings), behaviour.quiet(findings), omissions(findings))


def _findings(results: RunResults | StressResults) -> dict[str, Any]:
    return {
        name: findings.model_dump(mode="json", by_alias=True)
        for name, findings in results.measures.items()
    }
