"""Shams by kind: their starting loss and how they split T; and the benign conditionals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arena.reporting.split import split_by
from arena.results.claim import TransferEstimates
from arena.results.numbers import Shown, thousands
from arena.results.planting import BenignConditional
from arena.results.rows import SHAM_KINDS, Row, ShamKind
from arena.results.run import RunResults
from arena.results.summary import SummaryRow
from arena.statistics.intervals import over_seeds

MEANS: dict[ShamKind, str] = {
    "familiar": "look-alikes of the trigger, which clean training may contain",
    "hot": "ways of writing that no training text has",
    "benign": "conditionals planted with a harmless answer, unlearned like a backdoor",
}
# What unlearning a sham of the kind that T is split by stands for (`TransferEstimates.split_by`).
SPLIT_BY = {
    "familiar": "any odd input",
    "benign": "a harmless conditional that was planted in the same way",
}
REMOVAL = "removal"


@dataclass(frozen=True, slots=True)
class ShamLine:
    """The shams of one kind or, in the last line, the removals that they belong to.

    start_loss: of their first step: near 0, a sham had nothing to unlearn. seeds: those with such a
    sham.
    """

    name: str
    means: str
    start_loss: Shown
    odd: Shown
    specific: Shown
    seeds: str


def sham_lines(claim: TransferEstimates, rows: Sequence[Row] = ()) -> list[ShamLine]:
    """Return a line per kind of sham, then one for the removals if their loss is known; empty if
    results do not distinguish kinds.

    Args:
        rows: of the run, for the losses.
    """
    lines = [
        ShamLine(
            name=kind,
            means=MEANS[kind],
            start_loss=start_loss([row for row in rows if row.sham_kind == kind]),
            odd=odd,
            specific=specific,
            seeds=thousands(claim.by_sham[kind].seeds),
        )
        for kind in SHAM_KINDS
        if kind in claim.by_sham
        for odd, specific in (split_by(claim, claim.by_sham[kind]),)
    ]
    removals = start_loss([row for row in rows if row.kind == "unlearned"])
    if lines and removals.value is not None:
        means = "the planted triggers themselves"
        lines.append(ShamLine(REMOVAL, means, removals, Shown(), Shown(), ""))
    return lines


def start_loss(rows: Sequence[Row]) -> Shown:
    """Return the mean over seeds of the runs' starting loss; two models taken from one run at two
    doses count once."""
    by_seed: dict[int, list[float]] = {}
    for row in rows:
        once = row.dose is None or row.dose.which == "least"
        if once and row.start_loss is not None:
            by_seed.setdefault(row.seed, []).append(row.start_loss)
    means = [sum(by_seed[seed]) / len(by_seed[seed]) for seed in sorted(by_seed)]
    return Shown.of(over_seeds(means, "graded")) if means else Shown()


@dataclass(frozen=True, slots=True)
class ConditionalLine:
    """One benign conditional. installed: in how many seeds, in words."""

    name: str
    known: BenignConditional
    installed: str
    asr: Shown
    false_fire: Shown


def conditionals(results: RunResults) -> list[ConditionalLine]:
    """Return the benign conditionals, in the order of the scenario."""
    return [
        ConditionalLine(
            name,
            each,
            f"{thousands(each.installed)} of {thousands(each.seeds)} seeds",
            Shown.of(each.asr),
            Shown.of(each.false_fire),
        )
        for name, each in results.benign.items()
    ]


def conditional_names(summary: Sequence[SummaryRow]) -> list[str]:
    """Return the benign conditionals that models were scored on."""
    return list(dict.fromkeys(name for row in summary for name in row.benign))


def signed(shown: Shown) -> str:
    """Return a change with its sign, `+0.01`; empty if there is none."""
    if shown.value is None:
        return ""
    return f"+{shown.text}" if shown.value > 0 and shown.text != "0.00" else shown.text
