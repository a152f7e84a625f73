"""What a measure left out, and why, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from arena.reporting.numbers import number
from arena.reporting.parts import Results, part
from arena.reporting.view import sentence

MEASURES = ("representations", "reactivation", "quiet")


def omissions(results: Results) -> dict[str, list[str]]:
    """Measure to sentences on the actors and seeds it left out; mostly none."""
    return {measure: list(_of(part(results, measure))) for measure in MEASURES}


def _of(found: Results) -> Iterator[str]:
    for actor, reason in part(found, "left_out").items():
        yield sentence(f"left out: {actor}{f', {reason}' if reason else ''}")
    counts = {str(a): number(n) or 0.0 for a, n in part(found, "not_installed").items()}
    told = [f"{a} in {n:.0f} seed{'' if n == 1 else 's'}" for a, n in counts.items() if n > 0]
    if told:
        yield f"Not installed, so left out there: {', '.join(told)}."
