"""What a measure left out, and why, in sentences."""

from __future__ import annotations

from arena.api.measure import MeasureFindings
from arena.reporting.wording import sentence


def omissions(findings: MeasureFindings) -> list[str]:
    """Return sentences on the actors and seeds that a measure left out; usually empty."""
    sentences = [
        sentence(f"left out: {actor}{f', {reason}' if reason else ''}")
        for actor, reason in findings.left_out.items()
    ]
    counts = [
        f"{actor} in {count} seed{'' if count == 1 else 's'}"
        for actor, count in findings.not_installed.items()
        if count > 0
    ]
    if counts:
        sentences.append(f"Not installed, so left out there: {', '.join(counts)}.")
    return sentences
