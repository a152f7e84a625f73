"""A tuned attacker in a terminal: the strategies, their differences, and the verdict."""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.against import Payoffs, payoffs
from arena.reporting.console import ink, name_lines, plain_table, pointer, short_name
from arena.reporting.strategies import strategy
from arena.reporting.text import clean
from arena.reporting.tune import comparison_badge, contender_row
from arena.reporting.tune_trials import counted, often
from arena.reporting.tune_verdict import (
    StrategyComparison,
    choice,
    comparisons,
    excluded,
    headline,
    strategy_name,
    winners_curse,
)
from arena.reporting.wording import words
from arena.results.numbers import NONE, Shown, decimals
from arena.results.tune import TUNED, StudyRecord, TuneResults

# Columns of the four values, with intervals for none, for the results, for all.
PLAIN, RESULTS, ALL = 38, 58, 80
MOST = 3  # parameters named by importance
KNOWN = "nothing was searched: a known strategy is reported as the tuned one"
OPTIMISTIC = "search and select are optimistic; only report and unseen are results"


def tune_table(results: TuneResults, width: int, page: Path | None = None) -> RenderableType:
    """Return what a finished search shows in the terminal.

    Args:
        results: of the search.
        width: columns of the terminal; 80 is enough.
        page: where the HTML report is; shown in the last line.
    """
    parts: list[RenderableType] = []
    if results.contenders:
        beside = [OPTIMISTIC, winners_curse(results)] if results.study.searched else [KNOWN]
        parts += [_strategies(results, width), *_lines(beside)]
    if (by_defence := payoffs(results)) is not None:
        parts.append(Padding(_payoffs(by_defence, width, results.study), (1, 0, 0, 0)))
        parts += _lines([by_defence.apart])
    if results.differences:
        parts.append(Padding(_differences(results), (1, 0, 0, 0)))
    parts.append(Padding(Text(clean(headline(results)), style="bold"), (1, 0, 0, 1)))
    if results.evasion:
        parts.append(Padding(_evasion(results), (0, 0, 0, 1)))
    parts += _lines(_about(results))
    if page is not None:
        parts.append(pointer(page))
    return Group(*parts)


def _evasion(results: TuneResults) -> Text:
    look = palette.verdict(results.evasion)
    said = Text(f"{look.glyph} {look.label}", style=ink(look.colour))
    return said.append(f": {clean(results.evasion_reason)}")


def _payoffs(shown: Payoffs, width: int, study: StudyRecord) -> Table:
    """ASR left by defence; a star marks the defences that the strategy must survive."""
    names = [clean(row.name) for row in shown.rows]
    room = max(min(max(map(cell_len, names)) + 2, width - 12 * len(shown.strategies)), 10)
    star = "in the search" if study.searched else "to survive"
    table = plain_table(f"ASR left by defence (* {star})")
    table.add_column(Text("defence"), no_wrap=True)
    for name in shown.strategies:
        table.add_column(Text(clean(name)), justify="right", no_wrap=True)
    for row, name in zip(shown.rows, names, strict=True):
        marked = f"{name} *" if row.aim else name
        table.add_row(name_lines(marked, room), *(Text(each.text) for each in row.values))
    return table


def _lines(lines: list[str]) -> list[RenderableType]:
    return [Padding(Text(clean(line), style="dim"), (0, 0, 0, 1)) for line in lines if line]


def _about(results: TuneResults) -> list[str]:
    """The chosen strategy, the trials, and the parameters that mattered most."""
    tuned, trials = results.contender(TUNED), counted(results)
    shares = sorted(results.importance.names.items(), key=lambda named: -named[1])[:MOST]
    weights = ", ".join(f"{words(name)} {decimals(share)}" for name, share in shares)
    return [
        *(f"{name} failed in every seed {why}" for name, why in results.failed.items()),
        f"tuned: {strategy(tuned.tactics)}" if tuned else "",
        f"trials: {trials}" if trials else "",
        f"limits that trials broke most often: {often(results)}" if often(results) else "",
        f"of {len(results.candidates)} candidates: {choice(results)}" if choice(results) else "",
        *_broke(results),
        f"most important parameters: {weights}" if weights else "",
    ]


def _broke(results: TuneResults) -> list[str]:
    """The limits that each strategy broke on fresh seeds, and by how much."""
    limits = results.study.constraints
    rows = [contender_row(contender, limits) for contender in results.contenders]
    return [
        f"{row.name} kept its limits in {row.feasible} fresh seeds; in its worst: {row.broke}"
        for row in rows
        if row.broke
    ]


def _strategies(results: TuneResults, width: int) -> Table:
    rows = [contender_row(contender) for contender in results.contenders]
    longest = max(cell_len(clean(row.name)) for row in rows)
    room = max(min(longest, width - PLAIN), 10)
    spare = width - room
    table = plain_table("ASR left by strategy")
    table.add_column(Text("strategy"), no_wrap=True)
    before = ("search", "select") if results.study.searched else ()
    for head in (*before, "report", "unseen", "installed\nin seeds"):
        table.add_column(Text(head), justify="right", no_wrap=True)
    for row in rows:
        cells = [name_lines(row.name, room)]
        early = row.optimistic[: len(before)]
        cells += [Text(_text(value, full=spare >= ALL), "dim") for value in early]
        cells += [Text(_text(value, full=spare >= RESULTS), "bold") for value in row.counts]
        table.add_row(*cells, Text(row.installed.replace(" of ", "/")))
    return table


def _text(value: Shown, *, full: bool) -> str:
    return value.full if full else value.text


def _differences(results: TuneResults) -> Table:
    table = plain_table("Tuned minus the other strategy, paired by seed")
    table.add_column(Text("against"), no_wrap=True)
    table.add_column(Text("defender"), no_wrap=True)
    table.add_column(Text("difference"), justify="right", no_wrap=True)
    table.add_column(Text("verdict"), overflow="fold")
    for compared in comparisons(results):
        against = name_lines(strategy_name(compared.against) or NONE, 14)
        defender = short_name(words(compared.defender), 8)
        difference = Text(Shown.of(compared.difference).full)
        table.add_row(against, defender, difference, _outcome(compared))
    return table


def _outcome(compared: StrategyComparison) -> Text:
    look = comparison_badge(compared)
    text = Text(f"{look.glyph} {look.label}", style=ink(look.colour))
    if compared.why:
        text.append(f" ({compared.why})", "dim")
    if compared.left_out:
        text.append(f"\n{clean(excluded(compared))}", "dim")
    return text
