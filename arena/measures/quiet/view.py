"""The section on quiet backdoors: rates measured in four ways, model by model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from arena.api.measure import Section
from arena.measures.by_model import ModelLines, by_model
from arena.measures.quiet.findings import QuietFindings, QuietRow
from arena.results.numbers import NONE, Shown, thousands

TEMPLATE = Path(__file__).with_name("template.html")


def section(findings: QuietFindings, actors: Sequence[str]) -> Section | None:
    """Return the section; None where nothing was measured."""
    if not findings.rows:
        return None
    temperature = findings.temperature
    return Section(
        "Gone, or only quiet",
        TEMPLATE.read_text(encoding="utf-8"),
        {
            "temperature": NONE if temperature is None else f"{temperature:g}",
            "draws": thousands(findings.draws),
            "models": models(findings),
        },
    )


def models(findings: QuietFindings) -> list[ModelLines[list[Shown]]]:
    """Return greedy, sampled, repeated and moved rates of every model and actor."""
    return by_model(findings.rows, _rates)


def _rates(row: QuietRow) -> list[Shown]:
    return [Shown.of(rate) for rate in (row.greedy, row.sampled, row.repeated, row.moved)]
