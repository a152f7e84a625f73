"""Outcomes: whether an estimate is ahead of or behind a mark, or inconclusive."""

from __future__ import annotations

from arena.reporting import palette
from arena.reporting.wording import words
from arena.results.brief import counted_seeds
from arena.results.estimate import Estimate
from arena.results.numbers import NONE
from arena.results.tune import PhaseSeeds
from arena.statistics.comparison import AHEAD, BEHIND, side


def outcome(
    estimate: Estimate, seeds: int | None, mark: float = 0.0, p: float | None = None
) -> tuple[str, str]:
    """Return whether an estimate is above a mark, below it or neither, and why neither.

    Args:
        estimate: its whole interval must lie on one side of the mark.
        seeds: number of seeds; fewer than eight never decide (docs/estimands.md).
        mark: what it is compared with.
        p: of the sign-flip test, if the estimate is a mean of paired differences.
    """
    return side(estimate.low, estimate.high, seeds, mark, p)


def badge(outcome_name: str, ahead: str, behind: str) -> palette.Verdict:
    """Return the badge of an outcome, labelled `ahead` or `behind` if it is decided."""
    if outcome_name == AHEAD:
        return palette.Verdict(ahead, "▲", palette.WARM, "")
    if outcome_name == BEHIND:
        return palette.Verdict(behind, "▼", palette.COOL, "")
    return palette.verdict("inconclusive")


def seeds_in_words(seeds: PhaseSeeds) -> str:
    """Return `2 (0-1) search · 8 (4-11) report`; empty if no phase has seeds."""
    phases = (("search", seeds.search), ("select", seeds.select), ("report", seeds.report))
    return " · ".join(f"{counted_seeds(listed)} {phase}" for phase, listed in phases if listed)


def yes_or_no(answer: bool | None) -> str:
    """Return `yes` or `no`, or an en dash if unknown."""
    return NONE if answer is None else "yes" if answer else "no"


def disclosed_in_words(disclosed: str) -> str:
    """Return in words how ASR left is taken over the disclosed triggers."""
    known = {
        "worst": "the worst of the disclosed triggers",
        "mean": "the mean over the disclosed triggers",
    }
    return known.get(disclosed, words(disclosed))
