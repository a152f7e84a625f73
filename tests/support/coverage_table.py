"""Prints the table of docs/estimands.md, Intervals: `python -m tests.support.coverage_table`.

Per cent of SETS simulated data sets whose 95 % interval holds the true T, for t, for the rule with
half an unseen seed and for the one used; then its share of false `fails` and false `generalizes_*`.
Takes some minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from arena.statistics import intervals
from arena.statistics.intervals import p_value
from tests.support.planted_draws import FAMILIES, MEANS_OVER_PAIRS, Array, Family

SETS = 4_000
SIZES = (8, 12, 16)
PAIRS, TARGETS = 12, 4


def covered(drawn: Array, mean: float, shape: intervals.Shape, targets: int) -> float:
    """Per cent of the data sets whose limits hold the mean."""
    sides = (p_value(drawn, mean, side, shape, targets) for side in ("greater", "less"))  # type: ignore[arg-type]
    return 100 * float(np.logical_and(*(p >= 0.025 for p in sides)).mean())


def with_unseen(weight: float, drawn: Array, mean: float, targets: int) -> float:
    """`covered` by the rule with another weight of the unseen seed."""
    kept = intervals.UNSEEN
    intervals.UNSEEN = weight  # type: ignore[misc]
    try:
        return covered(drawn, mean, "rate", targets)
    finally:
        intervals.UNSEEN = kept  # type: ignore[misc]


def wrong(drawn: Array, mean: float, targets: int) -> str:
    """Per cent of false verdicts; a dash where the verdict would be right."""
    fails = p_value(drawn, 0.2, "less", "rate", targets) < 0.05
    generalizes = p_value(drawn, 0.5, "greater", "rate", targets) < 0.05
    shown = (
        f"{100 * fails.mean():.1f}" if mean >= 0.2 else "-",
        f"{100 * generalizes.mean():.1f}" if mean <= 0.5 else "-",
    )
    return ", ".join(shown)


def rows(
    families: dict[str, tuple[Family, float]], pairs: int | None, targets: int
) -> Iterator[str]:
    """A line of the table for every family."""
    for name, (family, mean) in families.items():
        columns: list[list[str]] = [[], [], [], []]
        for n in SIZES:
            shape = (SETS, n) if pairs is None else (SETS, pairs, n)
            drawn = family(shape, np.random.default_rng(n))
            drawn = drawn if pairs is None else drawn.mean(axis=1)
            columns[0].append(f"{covered(drawn, mean, 'graded', 1):.1f}")
            columns[1].append(f"{with_unseen(0.5, drawn, mean, targets):.1f}")
            columns[2].append(f"{covered(drawn, mean, 'rate', targets):.1f}")
            columns[3].append(wrong(drawn, mean, targets))
        yield f"| {name} | {mean:.3g} | " + " | ".join(" / ".join(each) for each in columns) + " |"


def main() -> None:
    """Print the lines of both parts of the table."""
    for families, pairs, targets in ((FAMILIES, None, 1), (MEANS_OVER_PAIRS, PAIRS, TARGETS)):
        print("\n| seeds | T | t | half a seed | used | false fails, generalizes |")
        print("|---|---|---|---|---|---|")
        for line in rows(families, pairs, targets):
            print(line, flush=True)


if __name__ == "__main__":
    main()
