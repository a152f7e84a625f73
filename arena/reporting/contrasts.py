"""Differences between the values of a grid's axes, as the page and the terminal show them."""

from __future__ import annotations

from dataclasses import dataclass

from arena.reporting.text import clean
from arena.reporting.wording import axis_value, p_value, words
from arena.results.brief import counted
from arena.results.numbers import Shown, decimals
from arena.results.stress import Contrast, StressResults
from arena.statistics.comparison import AHEAD, BEHIND, EQUAL

OUTCOMES = {AHEAD: "greater", BEHIND: "smaller"}


@dataclass(frozen=True, slots=True)
class ContrastRow:
    """One contrast: what is compared, at which dose, and the outcome, in words.

    axis: also says whether the grid was registered for this contrast. used: usable cases on either
    side, out of all.
    """

    axis: str
    name: str
    dose: str
    difference: Shown
    matched: Shown
    p: str
    adjusted_p: str
    seeds: int
    used: str
    outcome: str


def contrast_rows(results: StressResults) -> list[ContrastRow]:
    """Return a row per contrast, in the order of the results."""
    return [_row(each) for each in results.contrasts]


def _row(each: Contrast) -> ContrastRow:
    used = " and ".join(f"{c.used} of {c.all}" for c in (each.cases, each.cases_against))
    outcome = OUTCOMES.get(each.outcome, each.outcome)
    if each.outcome == EQUAL and each.margin is not None:
        outcome = f"no difference, within {decimals(each.margin)}"
    return ContrastRow(
        axis=f"{words(each.axis)} (registered)" if each.primary else words(each.axis),
        name=f"{axis_value(each.axis, each.of)} \N{MINUS SIGN} "
        f"{axis_value(each.axis, each.against)}",
        dose=f"at dose {each.dose}" if each.dose else "",
        difference=Shown.of(each.difference),
        matched=Shown.of(each.matched),
        p=p_value(each.p),
        adjusted_p=p_value(each.adjusted_p),
        seeds=len(each.seeds),
        used=used,
        outcome=f"{outcome}: {each.reason}" if each.reason else outcome,
    )


def line(row: ContrastRow) -> str:
    """Return a contrast in one line."""
    where = f" {row.dose}" if row.dose else ""
    p = f"p {row.p} ({row.adjusted_p} after Holm)"
    measured = f"{row.difference.full}, {p}, {counted(row.seeds, 'seed')}"
    return clean(f"{row.axis}: T of {row.name}{where}: {measured}; {row.outcome}")
