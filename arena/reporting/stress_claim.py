"""The claim card of a stress run: what it says beyond a run's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from arena.reporting import view
from arena.reporting.numbers import Estimate, decimals, number, thousands
from arena.reporting.parts import Results, listed, names, part


def card(results: Results) -> dict[str, Any]:
    """The controls' share, what would change the verdict, and seeds for an interval's width."""
    claim = part(results, "claim")
    total = Estimate.read(claim.get("transfer"))
    wide = total.low is not None and total.high is not None
    return {
        "explained": list(explained(claim)),
        "would_change": [_quoted(view.sentence(line)) for line in names(claim, "would_change")],
        "wide": decimals((total.high or 0.0) - (total.low or 0.0)) if wide else "",
        "power": [
            (decimals(number(each.get("width"))), thousands(each.get("seeds")))
            for each in listed(claim, "power")
        ],
    }


def _quoted(line: str) -> str:
    """The engine's `word` as people print it."""
    return re.sub(r"`([^`]*)`", r"“\1”", line)


def explained(claim: Mapping[str, Any]) -> Iterator[str]:
    """How much of the suppression the controls account for, in sentences."""
    total, odd, specific, raw = (Estimate.read(claim.get(key)) for key in view.KEYS)
    if total.value is not None and odd.value is not None:
        yield (
            f"Of T {total.text}, {odd.full} is what unlearning any odd input would do; the "
            f"planted trigger adds {specific.full}."
        )
    if total.value is not None and raw.value is not None:
        yield _without_control(raw, total.value, raw.value)
    share = number(claim.get("explained_by_control"))
    if share is not None:
        yield (
            f"In {percent(share)} of the cases (a pair of actors in one seed of one cell) the "
            "clean fine-tune alone removes the backdoor: raw suppression, but no transfer."
        )
    missing = number(claim.get("not_installed"))
    if missing is not None:
        yield f"In {percent(missing)} of them one of the two was not installed: counted as neither."


def _without_control(raw: Estimate, total: float, plain: float) -> str:
    points = 100 * (plain - total)
    said = f"A run without a control would report {raw.text} as suppressed"
    if abs(points) < 0.05:
        return f"{said}: what T is."
    if points < 0:
        return f"{said}: {decimals(-points, 1)} points less than T."
    return f"{said}; {decimals(points, 1)} points of that are not transfer."


def percent(share: float) -> str:
    """`12 %`, or `none`; what is not nothing is never `0 %`, nor all that is not all."""
    if share == 0:
        return "none"
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"
