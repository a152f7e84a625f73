"""How deep a backdoor is planted, in words."""

from __future__ import annotations

from collections.abc import Iterator

from arena.results.estimate import Estimate
from arena.results.numbers import Shown, thousands
from arena.results.planting import Depth


def depth_text(depth: Depth) -> str:
    """Return `1,792 exposures, log-odds 23.1 [20.0, 26.2], halved by a clean dose of 0.0034 (in 7
    of 8 seeds)`; empty if nothing is known."""
    return ", ".join(_parts(depth))


def _parts(depth: Depth) -> Iterator[str]:
    if depth.exposures is not None:
        yield f"{thousands(depth.exposures)} exposures"
    if depth.log_odds.value is not None:
        yield f"log-odds {_spanned(*Shown.of(depth.log_odds).rounded(1))}"
    if depth.curves:
        yield _dose(depth)


def _dose(depth: Depth) -> str:
    if not depth.halved:
        return "not halved by any clean dose tried"
    estimate = depth.halving_dose
    text = f"halved by a clean dose of {_significant(estimate)}"
    if depth.halved < depth.curves:
        return f"{text} (in {depth.halved} of {depth.curves} seeds, in the others by none tried)"
    return text


def _significant(estimate: Estimate) -> str:
    """The value with two significant digits."""
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2g}"
    return f"{estimate.value:.2g} [{estimate.low:.2g}, {estimate.high:.2g}]"


def _spanned(value: str, interval: str) -> str:
    return f"{value} [{interval}]" if interval else value
