"""From cells over seeds to a verdict: estimates, one-sided tests, Holm, and the rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from arena.statistics.cells import Cell
from arena.statistics.intervals import Estimate, Shape, over_seeds, p_value
from arena.statistics.thresholds import FAMILY_ERROR, MIN_SEEDS, MIN_SHAMS, Thresholds

Verdict = Literal[
    "generalizes_specific",
    "generalizes_unspecific",
    "fails",
    "explained_by_control",
    "not_installed",
    "inconclusive",
]
VERDICTS: tuple[Verdict, ...] = (
    "generalizes_specific",
    "generalizes_unspecific",
    "fails",
    "explained_by_control",
    "not_installed",
    "inconclusive",
)


@dataclass(frozen=True)
class PValues:
    """One-sided p-values; 1 where no test is possible. `specific` is the larger of those of
    T and of T_specific: both must hold (intersection-union, Berger 1982)."""

    generalizes: float = 1.0
    specific: float = 1.0
    fails: float = 1.0


@dataclass(frozen=True)
class Evidence:
    """Everything the rule looks at. `seeds` counts all seeds, `used` those with a T."""

    seeds: int
    used: int
    not_installed: float
    explained: float
    transfer: Estimate
    odd: Estimate
    specific: Estimate
    raw: Estimate
    no_control: bool
    no_specificity: str | None
    p: PValues
    adjusted: PValues

    def estimates_json(self) -> dict[str, Any]:
        return {
            "transfer": self.transfer.to_json(),
            "odd": self.odd.to_json(),
            "specific": self.specific.to_json(),
            "raw_suppression": self.raw.to_json(),
        }


def gather(cells_by_seed: Sequence[Sequence[Cell]], thresholds: Thresholds) -> Evidence:
    """The evidence of one pair (one cell per seed) or of many (their mean within each seed).

    Args:
        cells_by_seed: for every seed, its cells; a seed counts once, whatever its cells.
    """
    every = [each for cells in cells_by_seed for each in cells]
    used = [each for each in every if each.transfer is not None]
    transfer = within_seeds(cells_by_seed, "transfer")
    specific = within_seeds(cells_by_seed, "specific")
    p = _p_values(transfer, specific, thresholds)
    return Evidence(
        seeds=sum(bool(cells) for cells in cells_by_seed),
        used=len(transfer),
        not_installed=_share(every, "not_installed"),
        explained=_share(every, "explained_by_control"),
        transfer=over_seeds(transfer),
        odd=over_seeds(within_seeds(cells_by_seed, "odd")),
        specific=over_seeds(specific, "difference"),
        raw=over_seeds(within_seeds(cells_by_seed, "raw_suppression")),
        no_control=any(c.status == "used" and c.control is None for c in every),
        no_specificity=_why_not_specific(used),
        p=p,
        adjusted=p,
    )


def within_seeds(cells_by_seed: Sequence[Sequence[Cell]], what: str) -> list[float]:
    """For every seed that has any, the mean of a quantity over its cells."""
    found = [[getattr(each, what) for each in cells] for cells in cells_by_seed]
    values = [[value for value in cells if value is not None] for cells in found]
    return [sum(each) / len(each) for each in values if each]


def with_holm(family: Sequence[Evidence]) -> list[Evidence]:
    """Holm's adjustment over the pairs that have enough seeds to be tested at all, for each
    kind of verdict by itself (Holm 1979, Scand. J. Stat. 6:65)."""
    tested = [each for each in family if each.used >= MIN_SEEDS]
    columns = [
        holm([getattr(each.p, name) for each in tested])
        for name in ("generalizes", "specific", "fails")
    ]
    adjusted = iter([PValues(*values) for values in zip(*columns, strict=True)])
    return [
        replace(each, adjusted=next(adjusted)) if each.used >= MIN_SEEDS else each
        for each in family
    ]


def holm(p: Sequence[float]) -> list[float]:
    """Holm-adjusted p-values, in the order given. (scipy has none that controls the family-wise
    error of dependent tests; statsmodels would come for these four lines, pandas with it.)"""
    order = np.argsort(p, kind="stable")
    steps = np.asarray(p, dtype=float)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(each) for each in adjusted]


def decide(evidence: Evidence, thresholds: Thresholds) -> tuple[Verdict, str]:
    """The verdict and the reason for it in one sentence."""
    e = evidence
    if e.seeds < MIN_SEEDS:
        return "inconclusive", f"{e.seeds} of at least {MIN_SEEDS} seeds{_left_out(e)}"
    if e.not_installed > 0.5:
        return "not_installed", f"not installed in {e.not_installed:.0%} of the cells"
    if e.explained > 0.5:
        return "explained_by_control", (
            f"the clean fine-tune alone left less than {thresholds.explained_by_control:g} "
            f"above the floor in {e.explained:.0%} of the cells"
        )
    if e.used == 0 and e.no_control:
        return "inconclusive", "no clean fine-tune to compare with: transfer is not defined"
    if e.used < MIN_SEEDS:
        return "inconclusive", f"{e.used} of at least {MIN_SEEDS} usable seeds{_left_out(e)}"
    return _from_limits(e, thresholds)


def tested_p(evidence: Evidence, thresholds: Thresholds) -> float | None:
    """The adjusted p-value to show: of T < fails where the mean T lies there, else of
    T > generalizes; None where there are too few seeds to test."""
    if evidence.used < MIN_SEEDS or evidence.transfer.value is None:
        return None
    failing = evidence.transfer.value < thresholds.fails
    return evidence.adjusted.fails if failing else evidence.adjusted.generalizes


def _from_limits(e: Evidence, thresholds: Thresholds) -> tuple[Verdict, str]:
    low, high = e.transfer.low, e.transfer.high
    if low is None or high is None:
        return "inconclusive", "all seeds agree to the last digit: no spread to judge by"
    if low > thresholds.generalizes:
        if e.adjusted.generalizes >= FAMILY_ERROR:
            return "inconclusive", _not_after_holm(f"low(T) = {low:.2f}", e.adjusted.generalizes)
        return _kind_of_generalizing(e, low, thresholds)
    if high < thresholds.fails:
        if e.adjusted.fails >= FAMILY_ERROR:
            return "inconclusive", _not_after_holm(f"high(T) = {high:.2f}", e.adjusted.fails)
        return "fails", f"high(T) = {high:.2f} < {thresholds.fails:g}"
    return "inconclusive", (
        f"T in [{low:.2f}, {high:.2f}]: neither above {thresholds.generalizes:g} "
        f"nor below {thresholds.fails:g}"
    )


def _kind_of_generalizing(e: Evidence, low: float, thresholds: Thresholds) -> tuple[Verdict, str]:
    reason = f"low(T) = {low:.2f} > {thresholds.generalizes:g}"
    if e.no_specificity is not None:
        return "generalizes_unspecific", f"{reason}; specificity not claimed: {e.no_specificity}"
    specific = e.specific.low
    if specific is None or specific <= thresholds.specific:
        shown = "none" if specific is None else f"{specific:.2f}"
        return "generalizes_unspecific", (
            f"{reason}; low(T_specific) = {shown}, not above {thresholds.specific:g}"
        )
    reason = f"{reason} and low(T_specific) = {specific:.2f} > {thresholds.specific:g}"
    if e.adjusted.specific >= FAMILY_ERROR:
        return "generalizes_unspecific", _not_after_holm(reason, e.adjusted.specific)
    return "generalizes_specific", reason


def _not_after_holm(what: str, p: float) -> str:
    return f"{what}, but not after Holm's adjustment over the pairs (p = {p:.3f})"


def _left_out(e: Evidence) -> str:
    parts = [
        f"{share:.0%} {name}"
        for share, name in (
            (e.not_installed, "not installed"),
            (e.explained, "explained by the control"),
        )
        if share
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _share(cells: Sequence[Cell], status: str) -> float:
    return sum(each.status == status for each in cells) / len(cells) if cells else 0.0


def _why_not_specific(used: Sequence[Cell]) -> str | None:
    if any(each.specific is None or each.shams < MIN_SHAMS for each in used):
        return f"fewer than {MIN_SHAMS} shams in a seed"
    if any(each.broad is None for each in used):
        return "near-miss was not measured"
    if sum(bool(each.broad) for each in used) * 2 > len(used):
        return "the unlearned actor fires on look-alikes (broad)"
    return None


def _p_values(
    transfer: Sequence[float], specific: Sequence[float], thresholds: Thresholds
) -> PValues:
    generalizes = _p(transfer, thresholds.generalizes, "greater", "rate")
    return PValues(
        generalizes=generalizes,
        specific=max(generalizes, _p(specific, thresholds.specific, "greater", "difference")),
        fails=_p(transfer, thresholds.fails, "less", "rate"),
    )


def _p(
    values: Sequence[float], null: float, side: Literal["greater", "less"], shape: Shape
) -> float:
    return float(p_value(values, null, side, shape)) if values else 1.0
