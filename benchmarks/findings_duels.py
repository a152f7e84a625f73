"""The tables of docs/findings.md that are made of a duel (`arena duel`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arena.reporting.duel import MoveRow, move_rows
from arena.reporting.payoff_matrix import SIDES, payoff_matrix, strategies_of
from arena.reporting.wording import words
from arena.results.duel import Payoff, StrategyRecord
from arena.results.numbers import decimals
from benchmarks.findings_kept import Kept, full, grid


def duel(run: Kept) -> str:
    """The command of a duel, and its seeds."""
    counts = ", ".join(f"{len(each)} {use}" for use, each in run.duel.seeds if each)
    return f"`{run.command}` (seeds: {counts})"


def moves(run: Kept) -> str:
    """Every turn: what it found, and ASR left before and after it on the selection seeds."""
    head = ["round", "move", "against", "before", "after", "gain", "adopted", "feasible trials"]
    return grid(head, (_move(row) for row in move_rows(run.duel)))


def _move(row: MoveRow) -> list[str]:
    before, after = (value.full for value in row.values)
    strategy = f"{row.name}: {row.setup}" if row.setup else row.name
    feasible = f"{row.feasible} of {row.trials}"
    adopted = "yes" if row.strong else "no"
    return [row.round, strategy, row.against, before, after, row.gain, adopted, feasible]


def payoffs(run: Kept) -> str:
    """ASR left on the report's seeds, red's strategies in rows, blue's in columns."""
    matrix = payoff_matrix(run.duel)
    rows = (
        [red, *(full(matrix.entries.get((red, blue), Payoff()).left) for blue in matrix.blue)]
        for red in matrix.red
    )
    return grid(["", *matrix.blue], rows)


def equilibrium(run: Kept) -> str:
    """The value of the mixed equilibrium; every strategy, and how often its side plays it there."""
    mixed = run.duel.equilibrium
    weights: Mapping[str, Mapping[str, float]] = {"red": mixed.red, "blue": mixed.blue}
    rows = (
        [_strategy(each), decimals(weights[side].get(each.name))]
        for side in SIDES
        for each in strategies_of(run.duel, side)
    )
    return grid(["", "in equilibrium"], [["ASR left", f"**{full(mixed.value)}**"], *rows])


def _strategy(each: StrategyRecord) -> str:
    return f"{each.name}: {words(each.setup)}" if each.setup else each.name


TABLES: dict[str, Callable[[Kept], str]] = {
    "duel": duel,
    "moves": moves,
    "payoffs": payoffs,
    "equilibrium": equilibrium,
}
