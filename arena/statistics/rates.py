"""Numbers of one row: an actor's rate, and finite values."""

from __future__ import annotations

import math
from collections.abc import Mapping

from arena.results.rows import Rate


def rate(rates: Mapping[str, Rate], actor: str) -> float | None:
    """Return the actor's rate; None if the row has no prompt for it."""
    counted = rates.get(actor)
    return None if counted is None else counted.rate


def finite(number: float | None) -> float | None:
    """Return the number, or None for nan and infinities, which JSON lacks."""
    return float(number) if number is not None and math.isfinite(number) else None
