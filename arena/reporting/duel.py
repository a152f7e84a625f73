"""The page of a duel: who is ahead at the end, the rounds, and the payoff matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arena.reporting import figures, outcomes
from arena.reporting.beside import NOTHING, Beside
from arena.reporting.duel_verdict import EVEN, ending, final_pair, headline, last_strategy, seeds_of
from arena.reporting.limits import broken, often_broken
from arena.reporting.payoff_matrix import SIDES, payoff_matrix, strategies_of
from arena.reporting.render import common, fill
from arena.reporting.strategies import plain, settings
from arena.reporting.wording import sentence, words
from arena.results import brief
from arena.results.duel import DuelResults, DuelRound, MoveRecord, Payoff, Side, StrategyRecord
from arena.results.numbers import MINUS, NONE, Shown, decimals, duration, thousands


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A line of the table of rounds: one side's turn.

    Attributes:
        round: its number; empty for the second move of a round.
        values: ASR left before and after.
        strong: whether the strategy was kept.
    """

    round: str
    side: Side
    name: str
    against: str
    values: list[Shown]
    gain: str
    kept: str
    strong: bool
    trials: str
    feasible: str
    setup: str


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """A line of the table of strategies.

    Attributes:
        spent: blue's share of the training compute.
        changes: as `--set` takes them.
        last: whether its side ends with it. broke: the limits that it broke, with their values.
    """

    name: str
    round: str
    setup: str
    spent: str
    changes: list[str]
    last: bool
    feasible: str
    bad: bool
    broke: str


@dataclass(frozen=True, slots=True)
class PayoffRow:
    """A line of the table of payoffs. values: ASR left, after the clean fine-tune, of the
    unlearned trigger; clean accuracy. installed: in how many of its seeds red's backdoor is. each:
    ASR left seed by seed."""

    pair: list[str]
    values: list[Shown]
    installed: str
    each: str


def page(results: DuelResults, near: Beside = NOTHING) -> tuple[str, dict[str, str]]:
    """Return the page as HTML text, and its figures by name as SVG."""
    drawn = draw(results)
    return fill("duel.html", context(results) | near.with_figures(drawn), drawn), drawn


def draw(results: DuelResults) -> dict[str, str]:
    """Return the payoff matrix as SVG, if anything was played."""
    matrix = payoff_matrix(results)
    return {"payoff": figures.payoff_heatmap(matrix)} if matrix.entries else {}


def context(results: DuelResults) -> dict[str, Any]:
    """Return everything that the template uses, except figures and style."""
    final, matrix = final_pair(results), payoff_matrix(results)
    return {
        **common(results),
        "facts": _facts(results),
        "headline": headline(results),
        "verdict": outcomes.badge(final.outcome, "red is ahead", "blue is ahead"),
        "start": Shown.of(final.start),
        "end": Shown.of(final.left),
        "even": decimals(EVEN, 1),
        "actor": results.actor or "the red actor",
        "disclosed": outcomes.disclosed_in_words(results.disclosed),
        "threshold": "" if results.threshold is None else decimals(results.threshold),
        "ending": ending(results),
        "selection": selection_note(results),
        "rounds": move_rows(results),
        "costly": bool(matrix.lost),
        "infeasible": sorted(matrix.infeasible),
        "strategies": {side: _strategy_rows(results, side) for side in SIDES},
        "replies": {
            "red": list(results.replies.red.items()),
            "blue": list(results.replies.blue.items()),
        },
        "weights": {
            "red": [(name, decimals(w)) for name, w in results.equilibrium.red.items()],
            "blue": [(name, decimals(w)) for name, w in results.equilibrium.blue.items()],
        },
        "value": Shown.of(results.equilibrium.value),
        "resamples": thousands(results.equilibrium.resamples),
        "payoff": [_payoff_row(payoff) for payoff in results.payoff],
        "failed": failed_experiments(results),
        "older": any(each.installed is None for each in results.payoff),
    }


def _facts(results: DuelResults) -> list[tuple[str, str]]:
    facts = [
        ("red actor", results.actor),
        ("rounds", str(len(results.rounds) or "")),
        ("seeds", outcomes.seeds_in_words(results.seeds)),
        ("a gain counts above", plain(results.threshold) if results.threshold else ""),
        ("blue may spend", plain(results.budget) if results.budget else ""),
        ("took", duration(results.seconds.total)),
    ]
    return [(name, value) for name, value in facts if value]


def selection_note(results: DuelResults) -> str:
    """Return a sentence on the seeds behind the rounds' numbers."""
    count = len(results.seeds.select)
    seeds = brief.counted(count, "selection seed") if count else "the selection seeds"
    moves = [m for both in results.rounds for m in (both.red, both.blue) if m is not None]
    fewer = any(m.seeds is not None and m.seeds < count for m in moves)
    cut = " (fewer where a strategy broke a limit or an experiment failed; gains are over these)"
    return (
        f"Before and after are measured on {seeds}{cut if fewer else ''} and validation prompts, "
        "and decided which "
        "strategies were kept. After is the best of a few strategies chosen on these same seeds, "
        "so gains are slightly optimistic; the payoffs come from fresh seeds."
    )


def failed_experiments(results: DuelResults) -> list[str]:
    """Return the experiments of the payoffs that failed, each with its reason."""
    return [
        f"{each.red} against {each.blue}, seed {seed}: {why}"
        for each in results.payoff
        for seed, why in each.failed.items()
    ]


def move_rows(results: DuelResults) -> list[MoveRow]:
    """Return a row per move, red's first in each round; a side that did not move has none."""
    return [row for each in results.rounds for row in _round_rows(each)]


def _round_rows(both: DuelRound) -> list[MoveRow]:
    sides: tuple[tuple[Side, MoveRecord | None], ...] = (("red", both.red), ("blue", both.blue))
    moves = [(side, move) for side, move in sides if move is not None]
    number = NONE if both.round is None else str(both.round)
    return [
        _move_row(number if index == 0 else "", side, move)
        for index, (side, move) in enumerate(moves)
    ]


def _move_row(number: str, side: Side, move: MoveRecord) -> MoveRow:
    return MoveRow(
        round=number,
        side=side,
        name=move.name or NONE,
        against=move.against or NONE,
        values=[Shown.of(move.before), Shown.of(move.after)],
        gain=gain(move),
        kept=NONE if move.kept is None else "kept" if move.kept else "not kept",
        strong=move.kept is True,
        trials=thousands(move.trials),
        feasible=thousands(move.feasible),
        setup=words(move.setup) or _fruitless(move),
    )


def _fruitless(move: MoveRecord) -> str:
    """Why a search found no strategy: the limits that its trials broke."""
    often = often_broken(move.violated, move.trials or 0)
    return f"no feasible trial; broken: {often}" if often and not move.feasible else ""


def gain(move: MoveRecord) -> str:
    """Return what a move gained for its own side, with its sign."""
    text = decimals(move.gain, 3)  # 0.047 must not look like a threshold of 0.05
    return text if move.gain is None or text.startswith(MINUS) or move.gain <= 0 else f"+{text}"


def _strategy_rows(results: DuelResults, side: Side) -> list[StrategyRow]:
    last = last_strategy(results, side)
    return [
        _strategy_row(results, each, last=each.name == last)
        for each in strategies_of(results, side)
    ]


def _strategy_row(results: DuelResults, record: StrategyRecord, *, last: bool) -> StrategyRow:
    return StrategyRow(
        name=record.name or NONE,
        round=thousands(record.round),
        setup=sentence(words(record.setup)) or NONE,
        spent="" if record.spent is None else plain(record.spent),
        changes=settings(record.changes),
        last=last,
        feasible=outcomes.yes_or_no(record.feasible),
        bad=record.feasible is False,
        broke=broken(record.constraints, results.constraints),
    )


def _payoff_row(payoff: Payoff) -> PayoffRow:
    estimates = (payoff.left, payoff.control, payoff.own_left, payoff.clean_accuracy)
    return PayoffRow(
        pair=[payoff.red or NONE, payoff.blue or NONE],
        values=[Shown.of(estimate) for estimate in estimates],
        installed=_installed(payoff),
        each=", ".join(decimals(value) for value in payoff.per_seed or ()),
    )


def _installed(payoff: Payoff) -> str:
    """`9 of 12`; `9` in older results, which do not say of how many."""
    seeds = seeds_of(payoff)
    if seeds is None:
        return NONE
    return str(seeds) if payoff.installed is None else f"{payoff.installed} of {seeds}"
