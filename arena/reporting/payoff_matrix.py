"""The payoff matrix of a duel: every red strategy against every blue one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting.wording import words
from arena.results.duel import BestReplies, DuelResults, Payoff, Side, StrategyRecord

SIDES: tuple[Side, Side] = ("red", "blue")
COSTLY = -0.02  # loss of clean accuracy against the best entry from which it is noted
Pair = tuple[str, str]  # the name of red's strategy, and of blue's


@dataclass(frozen=True)
class PayoffMatrix:
    """The ASR left of red's backdoor by each pair of strategies.

    Attributes:
        red, blue: name of each strategy -> what it does, in the order in which they were found.
        entries: the pairs that were played.
        lost: clean accuracy below the best entry's, if noticeable.
        infeasible: strategies that violated their own constraints on the selection seeds.
    """

    red: Mapping[str, str]
    blue: Mapping[str, str]
    entries: Mapping[Pair, Payoff]
    replies: BestReplies
    lost: Mapping[Pair, float]
    infeasible: frozenset[str] = frozenset()

    def is_best(self, side: Side, pair: Pair) -> bool:
        """Return whether a side's strategy in a pair is its best reply to the other's."""
        red, blue = pair
        if side == "red":
            return self.replies.red.get(blue) == red
        return self.replies.blue.get(red) == blue

    def mutual_best_replies(self) -> list[Pair]:
        """Return the pairs that are each other's best reply: neither side would change."""
        return [pair for pair in self.entries if all(self.is_best(side, pair) for side in SIDES)]


def payoff_matrix(results: DuelResults) -> PayoffMatrix:
    """Return the matrix; strategies that occur only in payoffs come last."""
    entries = {(payoff.red, payoff.blue): payoff for payoff in results.payoff}
    setups = [
        {**_setups(strategies_of(results, side)), **dict.fromkeys(_unlisted(results, side), "")}
        for side in SIDES
    ]
    unfit = frozenset(name for side in SIDES for name in infeasible(results, side))
    return PayoffMatrix(setups[0], setups[1], entries, results.replies, _lost(entries), unfit)


def strategies_of(results: DuelResults, side: Side) -> tuple[StrategyRecord, ...]:
    """Return a side's strategies, the scenario's own first."""
    return results.strategies.red if side == "red" else results.strategies.blue


def infeasible(results: DuelResults, side: Side) -> list[str]:
    """Return a side's strategies that violated their own constraints on the selection seeds."""
    return [each.name for each in strategies_of(results, side) if each.feasible is False]


def _setups(strategies: Sequence[StrategyRecord]) -> dict[str, str]:
    return {each.name: words(each.setup) for each in strategies}


def _unlisted(results: DuelResults, side: Side) -> list[str]:
    listed = {each.name for each in strategies_of(results, side)}
    names = [payoff.red if side == "red" else payoff.blue for payoff in results.payoff]
    return [name for name in dict.fromkeys(names) if name not in listed]


def _lost(entries: Mapping[Pair, Payoff]) -> dict[Pair, float]:
    accuracy = {
        pair: payoff.clean_accuracy.value
        for pair, payoff in entries.items()
        if payoff.clean_accuracy.value is not None
    }
    best = max(accuracy.values(), default=0.0)
    return {pair: value - best for pair, value in accuracy.items() if value - best < COSTLY}
