"""Rates within one model: hits, n, and the Wilson interval over its prompts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from scipy import stats

from arena.api.values import Count, Row

CONFIDENCE = 0.95


def rate(counts: Mapping[str, Count], actor: str) -> float | None:
    """The actor's rate; None where the row has no prompt for it."""
    count = counts.get(actor)
    return count.rate if count is not None and count.n else None


def wilson(count: Count) -> tuple[float | None, float | None]:
    """Wilson 95 % limits over the prompts of one model (Wilson 1927); None where n is 0."""
    if not count.n:
        return None, None
    found = stats.binomtest(count.hits, count.n).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def count_json(count: Count) -> dict[str, float | int | None]:
    """hits, n, excluded, rate, low, high; what cannot be computed is None, never nan."""
    low, high = wilson(count)
    return {
        "hits": count.hits,
        "n": count.n,
        "excluded": count.excluded,
        "rate": finite(count.rate),
        "low": low,
        "high": high,
    }


def row_json(row: Row) -> dict[str, Any]:
    """One row of `results.json`: every rate with hits, n and its Wilson interval."""
    return {
        "kind": row.kind,
        "name": row.name,
        "target": row.target,
        "seed": row.seed,
        "asr": _counts_json(row.asr),
        "false_fire": _counts_json(row.false_fire),
        "near_miss": _counts_json(row.near_miss),
        "clean_accuracy": None if row.clean_accuracy is None else count_json(row.clean_accuracy),
        "token_accuracy": finite(row.token_accuracy),
        "perplexity": finite(row.perplexity),
        "update_norm": finite(row.update_norm),
        "seconds": finite(row.seconds),
        "detail": dict(row.detail),
    }


def finite(number: float | None) -> float | None:
    """The number, or None for nan and infinities, which JSON does not have."""
    return float(number) if number is not None and math.isfinite(number) else None


def _counts_json(counts: Mapping[str, Count]) -> dict[str, Any]:
    return {actor: count_json(count) for actor, count in counts.items()}
