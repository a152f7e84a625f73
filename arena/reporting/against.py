"""What each strategy leaves under each defence: the payoffs of a search on fresh seeds."""

from __future__ import annotations

from dataclasses import dataclass

from arena.reporting.numbers import Shown
from arena.reporting.tune_verdict import strategy_name
from arena.results.tune import TuneResults

DEFENDER = {
    "": "defender",
    "least": "defender, dose least",
    "most": "defender, dose most",
    "harmless": "defender",
}


@dataclass(frozen=True)
class DefenceRow:
    """A defence. aim: whether the search was against it. values: ASR left, by strategy."""

    name: str
    aim: bool
    values: list[Shown]


@dataclass(frozen=True)
class Payoffs:
    """ASR left of every strategy (columns) under every defence (rows)."""

    strategies: list[str]
    rows: list[DefenceRow]


def payoffs(results: TuneResults) -> Payoffs | None:
    """Return the payoffs; None where there is only one defence, whose values stand elsewhere."""
    contenders = results.contenders
    names = list(dict.fromkeys(name for each in contenders for name in each.by_defence))
    if len(names) < 2:
        return None
    aims = results.study.against or tuple(DEFENDER)
    rows = [
        DefenceRow(
            DEFENDER.get(name, name),
            name in aims,
            [Shown.of(each.by_defence.get(name)) for each in contenders],
        )
        for name in names
    ]
    return Payoffs([strategy_name(each.name) for each in contenders], rows)
