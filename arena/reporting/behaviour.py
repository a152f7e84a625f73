"""Whether a backdoor is gone or only asleep, as the page shows it: reactivation and quiet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from arena.reporting.numbers import NONE, Estimate, decimals, number, thousands
from arena.reporting.parts import Results, listed, part
from arena.reporting.rows import is_disclosed, model_name

Row = Mapping[str, Any]
COSTS = ("samples", "reference", "difference")
HOWS = ("greedy", "sampled", "repeated", "moved")


def samples_and_curves(results: Results) -> tuple[list[float], list[Row]]:
    """What `reactivation_curves` draws; both empty where nothing was measured."""
    found = part(results, "reactivation")
    counts = found.get("samples")
    samples = [number(count) for count in counts] if isinstance(counts, list) else []
    known = [count for count in samples if count is not None and count >= 0]
    curves = [curve for curve in listed(found, "curves") if isinstance(curve.get("asr"), list)]
    return (known, curves) if len(known) == len(samples) and known and curves else ([], [])


def costs(results: Results) -> list[dict[str, Any]]:
    """Poisoned samples until every backdoor fires again half the time, model by model."""
    return _by_model(
        listed(part(results, "reactivation"), "costs"),
        lambda row: {
            "reached": f"{thousands(row.get('reached'))} of {thousands(row.get('seeds'))}",
            "values": [_count(Estimate.read(row.get(key))) for key in COSTS],
        },
    )


def _by_model(rows: Sequence[Row], shown: Callable[[Row], dict[str, Any]]) -> list[dict[str, Any]]:
    """Every model with its rows, an actor each, as `shown` tells them."""
    models: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        actor = str(row.get("actor"))
        line = {"actor": actor, "own": is_disclosed(row, actor), **shown(row)}
        models.setdefault(model_name(row), []).append(line)
    return [{"label": label, "rows": lines} for label, lines in models.items()]


def _count(shown: Estimate) -> tuple[str, str]:
    """A number of samples to one place, and its interval."""
    ends = f"{decimals(shown.low, 1)} to {decimals(shown.high, 1)}" if shown.has_interval else ""
    return decimals(shown.value, 1), ends


def quiet(results: Results) -> dict[str, Any]:
    """Rates under four ways of asking, model by model; nothing where not measured."""
    found = part(results, "quiet")
    rows = listed(found, "rows")
    if not rows:
        return {}
    warmth = number(found.get("temperature"))
    return {
        "temperature": NONE if warmth is None else f"{warmth:g}",
        "draws": thousands(found.get("draws")),
        "models": _by_model(
            rows, lambda row: {"rates": [Estimate.read(row.get(how)) for how in HOWS]}
        ),
    }
