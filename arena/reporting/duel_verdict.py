"""The verdict on a duel: the strategies that both sides end with, and who is ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.reporting.limits import broken
from arena.reporting.outcomes import outcome
from arena.reporting.payoff_matrix import (
    SIDES,
    Pair,
    infeasible,
    payoff_matrix,
    strategies_of,
)
from arena.results.brief import counted
from arena.results.duel import DuelResults, MixedEquilibrium, Payoff, Side
from arena.results.estimate import Estimate
from arena.results.numbers import Shown, decimals
from arena.statistics.comparison import AHEAD, BEHIND, OPEN

EVEN = 0.5  # the backdoor fires half the time


@dataclass(frozen=True, slots=True)
class FinalPair:
    """The two strategies that the sides end with, and which side is ahead with them.

    Attributes:
        left: ASR left. start: ASR left by the scenario's own strategies.
        seeds: behind it. installed: in how many of them red's backdoor is; None if unknown.
        outcome: of red: ahead, behind or inconclusive. why: why it is inconclusive.
    """

    red: str
    blue: str
    left: Estimate
    start: Estimate
    seeds: int | None
    installed: int | None
    outcome: str
    why: str


def final_pair(results: DuelResults) -> FinalPair:
    """Return which side is ahead when each plays the strategy that it ends with."""
    matrix = payoff_matrix(results)
    red, blue = last_strategy(results, "red"), last_strategy(results, "blue")
    first: Pair = (next(iter(matrix.red), ""), next(iter(matrix.blue), ""))
    payoff = matrix.entries.get((red, blue), Payoff())
    start = matrix.entries.get(first, Payoff()).left
    seeds, installed = seeds_of(payoff), payoff.installed
    name, why = outcome(payoff.left, seeds, EVEN)
    if seeds == 0:  # older results count the seeds with a backdoor only
        installed = None if payoff.failed else 0
    if installed == 0:
        name, why = OPEN, "red's backdoor is installed in no seed"
    return FinalPair(red, blue, payoff.left, start, seeds, installed, name, why)


def last_strategy(results: DuelResults, side: Side) -> str:
    """Return the strategy that a side ends with; in older results, which do not name it, the last
    that was kept, else the first."""
    named = results.last.red if side == "red" else results.last.blue
    if named:
        return named
    names = [each.name for each in strategies_of(results, side)]
    moves = [each.red if side == "red" else each.blue for each in results.rounds]
    kept = [move.name for move in moves if move and move.kept and move.name]
    return kept[-1] if kept else next(iter(names), "")


def seeds_of(payoff: Payoff) -> int | None:
    """Return how many seeds a payoff is over; None if unknown."""
    if payoff.seeds is not None:
        return payoff.seeds
    return None if payoff.per_seed is None else len(payoff.per_seed)


def headline(results: DuelResults) -> str:
    """Return in a sentence which side is ahead at the end, by which value, on how many seeds."""
    final = final_pair(results)
    if final.installed == 0:
        return (
            f"{final.red}, red's final strategy, installed its backdoor in no fresh seed: "
            "inconclusive."
        )
    if final.seeds == 0:
        pair = f"{final.red} against {final.blue}"
        return f"The final strategies, {pair}, failed in every fresh seed: inconclusive."
    if final.left.value is None:
        return "The final strategies were not played against each other: inconclusive."
    leader = {
        AHEAD: "Red is ahead at the end",
        BEHIND: "Blue is ahead at the end",
        OPEN: "Neither side is shown to be ahead at the end",
    }[final.outcome]
    seeds = f" on {counted(final.seeds, 'seed')}" if final.seeds else ""
    if final.installed is not None and final.installed != final.seeds:
        seeds += f" (0 in {(final.seeds or 0) - final.installed}, where it is not installed)"
    value = f"{final.red} against {final.blue} leaves an ASR of {Shown.of(final.left).full}{seeds}"
    why = f", inconclusive because {_because(final.why)}" if final.outcome == OPEN else ""
    return f"{leader}: {value}{why}."


def _because(why: str) -> str:
    return {"no interval": "it has no interval"}.get(why, why.replace("fewer", "there are fewer"))


def ending(results: DuelResults) -> list[str]:
    """Return how the duel ended, whether best replies cycle, and the mixed equilibrium, in
    sentences."""
    return [
        *_end(results),
        *_infeasible_strategies(results),
        *_settled(results),
        *_equilibrium(results.equilibrium),
    ]


def _end(results: DuelResults) -> list[str]:
    if results.ended == "threshold":
        gain = "enough"
        if results.threshold is not None:
            gain = f"more than {decimals(results.threshold)}"
        return [
            "It ended because neither side changed in the last round: neither found a feasible "
            f"strategy that gained {gain}."
        ]
    if results.ended == "rounds":
        rounds = counted(len(results.rounds), "round")
        return [f"It ended after the maximum of {rounds}, not because the sides had settled."]
    return [f"It ended by: {results.ended}."] if results.ended else []


def _infeasible_strategies(results: DuelResults) -> list[str]:
    """Which strategies are in no best reply, and which of these the sides end with."""
    by_side = {side: infeasible(results, side) for side in SIDES}
    unfit = [name for names in by_side.values() for name in names]
    if not unfit:
        return []
    sentence = (
        "Infeasible, because they violated their own constraints on the selection seeds, and "
        f"therefore never a best reply: {', '.join(_with_limits(results, unfit))}."
    )
    last = {side: last_strategy(results, side) for side in SIDES}
    ended = [
        f"{side.capitalize()} ended with one of these: {last[side]}."
        for side, names in by_side.items()
        if last[side] in names
    ]
    return [sentence, *ended]


def _with_limits(results: DuelResults, names: Sequence[str]) -> list[str]:
    """The strategies with the limits that each broke in its worst seed."""
    by_name = {each.name: each for side in SIDES for each in strategies_of(results, side)}
    exceeded = {name: broken(by_name[name].constraints, results.constraints) for name in names}
    return [f"{name} ({why})" if why else name for name, why in exceeded.items()]


def _settled(results: DuelResults) -> list[str]:
    """Whether best replies settle."""
    if not results.replies.red and not results.replies.blue:
        return _no_replies(results)
    mutual = payoff_matrix(results).mutual_best_replies()
    pairs = ", ".join(f"{red} and {blue}" for red, blue in mutual)
    if pairs:
        settled = f"Mutual best replies, from which neither side would change: {pairs}."
    else:
        settled = "No two strategies are each other's best reply."
    return [*_cycles(results.cycles), settled]


def _no_replies(results: DuelResults) -> list[str]:
    without = [
        side
        for side in SIDES
        if (count := len(strategies_of(results, side))) and len(infeasible(results, side)) == count
    ]
    if not without:
        return []
    return [f"There are no best replies: {' and '.join(without)} had no feasible strategy."]


def _cycles(cycles: bool | None) -> list[str]:
    if cycles is None:
        return []
    if not cycles:
        return ["Best replies do not cycle."]
    return [
        "Best replies by mean payoff cycle: they lead back to a strategy that was played before. "
        "Means that are close may do so by chance."
    ]


def _equilibrium(mixed: MixedEquilibrium) -> list[str]:
    """The mixed equilibrium, or why there is none; nothing in results that have neither."""
    if mixed.note is not None:
        return [f"No mixed equilibrium was computed: {mixed.note}."]
    if mixed.value.value is None:
        return []
    seeds = f" on {counted(mixed.seeds, 'seed')}" if mixed.seeds else ""
    red, blue = _weights(mixed.red), _weights(mixed.blue)
    return [
        f"If each side may draw its strategy at random, an ASR of {Shown.of(mixed.value).full} is "
        f"left in equilibrium{seeds}: red plays {red}; blue plays {blue}."
    ]


def _weights(weights: Mapping[str, float]) -> str:
    """Return `red1 (0.25), red2 (0.75)`, without strategies that are not played."""
    played = {name: weight for name, weight in weights.items() if weight > 0}
    return ", ".join(f"{name} ({decimals(weight)})" for name, weight in played.items())
