"""Why a run's evidence is thin: what fell short of which limit, and what usually helps.

Everything is read off the results; the limits are those that decide (docs/estimands.md), except
where a finding says that it is advice.
"""

from __future__ import annotations

from arena.reporting.diagnosis import planting, removals
from arena.reporting.diagnosis.evidence import Finding, evidence_of
from arena.results.run import RunResults

__all__ = ["Finding", "diagnose"]

# In the order in which they should be mended: what comes first may cause what follows.
_QUESTIONS = (
    planting.base,
    planting.utility,
    planting.actors,
    planting.conditionals,
    removals.removals,
    removals.shams,
    removals.most,
    removals.fragile,
    removals.explained,
)


def diagnose(results: RunResults) -> tuple[Finding, ...]:
    """Return what fell short in a run, causes first; empty if nothing did, or if the results lack
    rows or limits."""
    evidence = evidence_of(results)
    if evidence is None:
        return ()
    return tuple(finding for question in _QUESTIONS for finding in question(evidence))
