"""An actor's rate in one row."""

from __future__ import annotations

from collections.abc import Mapping

from arena.results.rows import Rate


def rate(rates: Mapping[str, Rate], actor: str) -> float | None:
    """Return the actor's rate; None if the row has no prompt for it."""
    counted = rates.get(actor)
    return None if counted is None else counted.rate
