"""Who is ahead: an estimate against a mark, and inconclusive wherever the data do not decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena.reporting import palette
from arena.reporting.numbers import NONE, Estimate, number
from arena.reporting.parts import names
from arena.reporting.view import words
from arena.statistics.comparison import AHEAD, BEHIND, side

KINDS = ("search", "select", "report")


def outcome(shown: Estimate, seeds: int | None, mark: float = 0.0) -> tuple[str, str]:
    """Whether an estimate lies above a mark or below it, and why neither is claimed.

    Args:
        shown: the estimate; its whole interval must lie on one side.
        seeds: how many it comes from; fewer than eight never decide (docs/estimands.md).
        mark: what it is compared with.
    """
    return side(shown.low, shown.high, seeds, mark)


def look(name: str, ahead: str, behind: str) -> palette.Verdict:
    """The badge of an outcome, under the words of who is compared."""
    if name == AHEAD:
        return palette.Verdict(ahead, "▲", palette.WARM, "")
    if name == BEHIND:
        return palette.Verdict(behind, "▼", palette.COOL, "")
    return palette.verdict("inconclusive")


def seeds_in_words(seeds: Mapping[str, Any]) -> str:
    """`2 search · 2 select · 8 report`; nothing where none are told."""
    counts = [(kind, len(names(seeds, kind))) for kind in KINDS]
    return " · ".join(f"{count} {kind}" for kind, count in counts if count)


def yes_or_no(thing: Any) -> str:
    """An en dash for what is neither."""
    return ("yes" if thing else "no") if isinstance(thing, bool) else NONE


def count(thing: Any) -> int | None:
    """A whole number of things, or None."""
    value = number(thing)
    return None if value is None else round(value)


def disclosed_in_words(results: Mapping[str, Any]) -> str:
    """Which of the disclosed triggers a value is taken over."""
    disclosed = words(results.get("disclosed"))
    return {
        "worst": "the worst of the disclosed triggers",
        "mean": "the mean over the disclosed triggers",
    }.get(disclosed, disclosed)
