"""The section on reactivation: ASR against poisoned samples, and samples until ASR 0.5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.api.measure import Section
from arena.measures.by_model import ModelLines, by_model
from arena.measures.reactivation.curves import reactivation_curves
from arena.measures.reactivation.findings import Comparison, ReactivationCost, ReactivationFindings
from arena.results.estimate import Estimate
from arena.results.numbers import Shown, thousands

TEMPLATE = Path(__file__).with_name("template.html")


@dataclass(frozen=True)
class CostLine:
    """Seeds in which ASR reached 0.5, and the samples until then, each with its interval: of the
    model, of a model with the other backdoors and the difference (where measured), and of the
    reference and the difference."""

    reached: str
    samples: list[tuple[str, str]]


def section(findings: ReactivationFindings, actors: Sequence[str]) -> Section | None:
    """Return the section; None where nothing was measured and no actor was left out."""
    if findings == ReactivationFindings():
        return None
    figures = {}
    if findings.samples and findings.curves:
        figures["reactivation"] = reactivation_curves(actors, findings.samples, findings.curves)
    template = TEMPLATE.read_text(encoding="utf-8")
    values = {"models": costs(findings), "columns": _columns(findings)}
    return Section("How easily they come back", template, values, figures)


def _columns(findings: ReactivationFindings) -> list[str]:
    never = ["never poisoned", "difference"]
    return ["samples", *(["others planted", "difference"] if _has_others(findings) else []), *never]


def _has_others(findings: ReactivationFindings) -> bool:
    return any(cost.others is not None for cost in findings.costs)


def costs(findings: ReactivationFindings) -> list[ModelLines[CostLine]]:
    """Return the poisoned samples until every backdoor fires again half the time, by model."""
    line = _line_beside_others if _has_others(findings) else _line
    return by_model(findings.costs, line, lambda cost: cost.name)


def _line(cost: ReactivationCost) -> CostLine:
    return _shown(cost, cost.samples, cost.reference, cost.difference)


def _line_beside_others(cost: ReactivationCost) -> CostLine:
    others = cost.others or Comparison()
    samples = others.samples if others.paired else cost.samples
    never = cost.reference, cost.difference
    return _shown(cost, samples, others.baseline, others.difference, *never)


def _shown(cost: ReactivationCost, *samples: Estimate) -> CostLine:
    reached = f"{thousands(cost.reached)} of {thousands(cost.seeds)}"
    return CostLine(reached, [Shown.of(each).rounded(1) for each in samples])
