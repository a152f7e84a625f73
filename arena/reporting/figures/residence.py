"""Co-residence: the ASR left of every backdoor as others are added to the model."""

from __future__ import annotations

from collections.abc import Sequence

from arena.reporting.figures.heatmap import asr_heatmap
from arena.reporting.rows import residents
from arena.results.summary import SummaryRow


def residence_heatmap(
    actors: Sequence[str], summary: Sequence[SummaryRow], *, salt: str = "residence"
) -> str:
    """Return an SVG like `asr_heatmap`'s of the reference, every inserted model and the
    compromised one, in this order; the actor just inserted is outlined.

    Args:
        actors: column names, in order.
        summary: rows of a run's summary; those of other kinds are left out.
        salt: prefix of the SVG's ids.
    """
    rows = residents(summary)
    return asr_heatmap(actors, rows, salt=salt, outlined=_inserted, note="the actor just inserted")


def _inserted(row: SummaryRow, actor: str) -> bool:
    return row.kind == "inserted" and row.target == actor
