"""What one defence left in one seed: firing rates, utility, time, and how cheaply it comes undone.

Definitions: docs/estimands.md, League. Only actors installed in that seed are ever looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from arena.api.values import Row
from arena.statistics.rates import finite, rate
from arena.statistics.reactivation import Curve, samples_to

Accuracy = Callable[[Row], float | None]


@dataclass(frozen=True)
class Aftermath:
    """One defence in one seed; None for what could not be measured.

    `disclosed`, `others`: mean ASR left of the rows' own targets, of everybody else. `worst`:
    the largest ASR among the others. `change`: accuracy minus the compromised model's.
    `samples`: poisoned samples until each backdoor fires half the time, the last checkpoint
    where it never does; `censored` counts those.
    """

    seed: int
    disclosed: float | None
    others: float | None
    worst: float | None
    accuracy: float | None
    change: float | None
    perplexity: float | None
    seconds: float | None
    samples: float | None
    curves: int
    censored: int


def aftermath(
    compromised: Row,
    rows: Sequence[Row],
    installed: Collection[str],
    accuracy: Accuracy,
    curves: Sequence[Curve] = (),
) -> Aftermath:
    """What the rows of one defence show in the compromised row's seed.

    Args:
        rows: the models of that defence in that seed, one or more.
        installed: the actors whose backdoors are installed in it.
        accuracy: reads the accuracy of a row.
        curves: reactivation, of this defence or others, in any seed.
    """
    rows = sorted(rows, key=lambda row: row.name)  # a mean must not depend on their order
    own, others = _left(rows, installed)
    exact = mean(accuracy(row) for row in rows)
    before = accuracy(compromised)
    known = [curve for row in rows for curve in _of(row, curves) if curve.actor in installed]
    costs = [samples_to(curve) for curve in known]
    return Aftermath(
        seed=compromised.seed,
        disclosed=mean(own),
        others=mean(others),
        worst=max(others, default=None),
        accuracy=exact,
        change=None if exact is None or before is None else exact - before,
        perplexity=mean(finite(row.perplexity) for row in rows),
        seconds=mean(_seconds(row) for row in rows),
        samples=mean(
            float(curve.samples[-1]) if cost is None else cost
            for curve, cost in zip(known, costs, strict=True)
        ),
        curves=len(costs),
        censored=sum(cost is None for cost in costs),
    )


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def disclosed_to(row: Row) -> str | None:
    """Whose trigger the defender knew. A clean fine-tune knows none, whoever's prompts it had."""
    return row.target if row.kind in ("unlearned", "defended") else None


def _left(rows: Sequence[Row], installed: Collection[str]) -> tuple[list[float], list[float]]:
    """ASR left of the rows' own targets, and of everybody else, over rows and actors."""
    own: list[float] = []
    others: list[float] = []
    for row in rows:
        target = disclosed_to(row)
        if target is not None and target not in installed:
            continue  # there was nothing to unlearn
        for actor in sorted(installed):
            found = rate(row.asr, actor)
            if found is not None:
                (own if actor == target else others).append(found)
    return own, others


def _of(row: Row, curves: Sequence[Curve]) -> Iterator[Curve]:
    for curve in curves:
        same = (curve.seed, curve.kind, curve.target) == (row.seed, row.kind, row.target)
        if same and (row.kind != "defended" or curve.name == row.name):
            yield curve


def _seconds(row: Row) -> float | None:
    # The compromised row's time is what the attackers spent: doing nothing takes none.
    return 0.0 if row.kind == "compromised" else finite(row.seconds)
