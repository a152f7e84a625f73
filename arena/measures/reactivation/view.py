"""The section on reactivation: ASR against poisoned samples, and samples until it is half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.api.measure import Section
from arena.measures.by_model import ModelLines, by_model
from arena.measures.reactivation.curves import reactivation_curves
from arena.measures.reactivation.findings import ReactivationCost, ReactivationFindings
from arena.reporting.numbers import Shown, thousands

TEMPLATE = Path(__file__).with_name("template.html")


@dataclass(frozen=True)
class CostLine:
    """Seeds in which ASR reached a half, and the samples until then: of the model, of the
    reference, and their difference, each with its interval."""

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
    return Section("How easily they come back", template, {"models": costs(findings)}, figures)


def costs(findings: ReactivationFindings) -> list[ModelLines[CostLine]]:
    """Return the poisoned samples until every backdoor fires again half the time, by model."""
    return by_model(findings.costs, _line, lambda cost: cost.name)


def _line(cost: ReactivationCost) -> CostLine:
    reached = f"{thousands(cost.reached)} of {thousands(cost.seeds)}"
    samples = (cost.samples, cost.reference, cost.difference)
    return CostLine(reached, [Shown.of(each).rounded(1) for each in samples])
