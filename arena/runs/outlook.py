"""What a scenario's verdicts could show with a given number of seeds, before it is run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from arena.errors import InputError
from arena.reporting.console import with_whole_words
from arena.results.numbers import decimals, thousands
from arena.runs.like import RUNS, Like, likes
from arena.scenario.schema import Scenario
from arena.statistics.planned_power import (
    ASSUMED,
    POWER,
    UPPER,
    Design,
    Reach,
    SeenSpread,
    Spread,
    power,
    reach,
    seen_spread,
)
from arena.statistics.thresholds import MIN_SEEDS

WHOLE = "whole claim"
GAP = 1  # column between the table's


@dataclass(frozen=True)
class Line:
    """What one verdict could show. spread: how T varies over seeds, in words. chances: of `fails`
    and of `generalizes_*` at the observed T; None if there is none."""

    seeds: int
    of: str
    spread: str
    reach: Reach
    chances: tuple[float, float] | None = None


@dataclass(frozen=True)
class Outlook:
    """The lines for every number of seeds, and the source of the spread in words. too_few: numbers
    of seeds with which no verdict is possible."""

    sources: tuple[str, ...]
    lines: tuple[Line, ...]
    too_few: tuple[int, ...]


@dataclass(frozen=True)
class _Judged:
    """What a verdict is about, and what finished runs show for it."""

    of: str
    pairs: int
    targets: int
    seen: SeenSpread | None


def outlook(
    scenario: Scenario, seeds: Sequence[int], given: Sequence[Path] = (), runs: Path = RUNS
) -> Outlook:
    """Return what the verdicts on the whole claim, and on one pair after Holm's adjustment, could
    show.

    Args:
        seeds: numbers of usable seeds.
        given, runs: see `likes`.

    Raises:
        InputError: the scenario estimates no transfer, or a given folder is no finished run.
    """
    pairs, targets = pairs_of(scenario)
    known = likes(scenario, given, runs)
    claim = seen_spread([list(like.claim.values()) for like in known])
    judged = (
        _Judged(WHOLE, 1, targets, claim),
        _Judged(f"one pair of {pairs}", pairs, 1, _of_pairs(known)),
    )
    enough = [n for n in seeds if n >= MIN_SEEDS]
    lines = [line for n in enough for each in judged for line in _lines(scenario, n, each)]
    too_few = tuple(n for n in seeds if n < MIN_SEEDS)
    return Outlook(tuple(_sources(known, judged)), tuple(lines), too_few)


def pairs_of(scenario: Scenario) -> tuple[int, int]:
    """Return the number of ordered pairs that a scenario estimates, and of the actors suppressed in
    them.

    Raises:
        InputError: it estimates none.
    """
    others, defender = len(scenario.actors) - 1, scenario.defender
    if defender.intelligence != "disclosed":
        rule = "no trigger is disclosed, so no transfer is estimated"
        found = defender.intelligence
        key = "defender.intelligence"
        raise InputError(rule, key=key, found=found, allowed=("disclosed",))
    if scenario.composition == "solo":
        rule = "no two backdoors share a model, so no transfer is estimated"
        allowed = ("pooled", "sequential", "merged", "supply_chain")
        raise InputError(rule, key="composition", found="solo", allowed=allowed)
    if not scenario.controls.clean_finetune:
        rule, key = "transfer cannot be estimated without it", "controls.clean_finetune"
        raise InputError(rule, key=key, found="false", allowed=("true",))
    if not others:
        rule = "one actor has no other to suppress; at least 2 are needed"
        raise InputError(rule, key="actors", found="1")
    each = defender.target == "each"
    return (others + 1) * others if each else others, others + 1 if each else others


def _of_pairs(known: Sequence[Like]) -> SeenSpread | None:
    """The spread within pairs. Pairs share their seeds, so they add no degrees of freedom."""
    degrees = sum(len(like.claim) - 1 for like in known)
    groups = [list(pair.values()) for like in known for pair in like.pairs.values()]
    return seen_spread(groups, degrees)


def _lines(scenario: Scenario, seeds: int, judged: _Judged) -> Iterator[Line]:
    design = Design(seeds, judged.pairs, judged.targets)
    seen = judged.seen
    for name, spread in _spreads(judged):
        found = reach(design, spread, scenario.thresholds)
        chances = (
            power(design, spread, seen.mean, scenario.thresholds) if seen and seen.tells else None
        )
        yield Line(seeds, judged.of, name, found, chances)


def _spreads(judged: _Judged) -> Iterator[tuple[str, Spread]]:
    """The spreads to try: the observed one and its upper limit, or assumed ones; then two
    states."""
    seen = judged.seen
    if seen is not None and seen.tells:
        yield f"sd {decimals(seen.sd)}, observed", seen.spread
        upper = seen.upper
        yield f"sd {decimals(upper.sd(seen.mean))}, upper limit", upper
    else:
        for sd in ASSUMED:
            yield f"sd {sd:g}, assumed", Spread(4 * sd**2)
    yield "two states, assumed", Spread(flips=judged.targets)


def _sources(known: Sequence[Like], judged: Sequence[_Judged]) -> Iterator[str]:
    """Where the spread comes from, in words."""
    if not known:
        yield (
            f"no finished run like this one below {RUNS}/ has T in two seeds, so every spread is "
            "assumed (`arena power SCENARIO --like RUN` takes it from others)"
        )
    for like in known:
        values = list(like.claim.values())
        where = ", ".join(str(folder) for folder in like.folders)
        mean = sum(values) / len(values)
        yield f"spread from {where}: {thousands(len(values))} seeds, mean T {decimals(mean)}"
    for each in judged:
        if each.seen is not None and not each.seen.tells:
            yield (
                f"{each.of}: the observed T, {decimals(each.seen.mean)}, says nothing about the "
                "spread elsewhere, so spreads are assumed"
            )


def table(planned: Outlook, width: int) -> Table:
    """Return the lines as a table, at most `width` columns wide."""
    shown = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for column in ("seeds", "verdict on", "T over seeds", "fails", "no verdict", "generalizes"):
        shown.add_column(column)
    seen = any(line.chances for line in planned.lines)
    if seen:
        shown.add_column("at observed T")
    for line in planned.lines:
        cells = [str(line.seeds), line.of, line.spread, *_ranges(line.reach)]
        shown.add_row(*map(Text, [*cells, _chances(line)] if seen else cells))
    return with_whole_words(shown, width, GAP)


def _ranges(reached: Reach) -> tuple[str, str, str]:
    """The true T of `fails`, of no verdict and of `generalizes_*`."""
    low, high = (None if t is None else decimals(t) for t in (reached.fails, reached.generalizes))
    at_least = "\N{GREATER-THAN OR EQUAL TO}"
    at_most = "\N{LESS-THAN OR EQUAL TO}"
    return (
        f"{at_most} {low}" if low else "never",
        f"{low or '0.00'}\N{EN DASH}{high or '1.00'}",
        f"{at_least} {high}" if high else "never",
    )


def _chances(line: Line) -> str:
    return "" if line.chances is None else " / ".join(f"{chance:.0%}" for chance in line.chances)


def notes(planned: Outlook) -> list[str]:
    """Return the table's assumptions, one line each."""
    said = list(planned.sources)
    if planned.lines:
        said += [
            f"fails, generalizes: the true T at which at least {POWER:.0%} of experiments reach "
            "that verdict, if all seeds are usable. A pair is judged with Holm's adjustment over "
            "all pairs, as if no other pair were decided",
            "sd: of T over seeds. An assumed sd holds at T = 0.5 and falls towards 0 and 1. Upper "
            f"limit: the one-sided {UPPER:.0%} confidence limit of the sd. Two states: a seed "
            "keeps or erases a backdoor, independently of other seeds (and for the whole claim, "
            "each target independently of the others)",
        ]
    if any(line.chances for line in planned.lines):
        said.append("at observed T: the chances of fails / generalizes if that were the true T")
    said += [
        f"{n} seed{'s' if n != 1 else ''}: no verdict is possible with fewer than {MIN_SEEDS}"
        for n in planned.too_few
    ]
    return said
