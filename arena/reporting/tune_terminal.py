"""A tuned attacker in a terminal: the verdict, who was compared, what was chosen."""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting.console import ink, plain_table, pointer, short_name
from arena.reporting.numbers import Estimate
from arena.reporting.outcomes import look
from arena.reporting.parts import Results, listed, part
from arena.reporting.strategies import strategy
from arena.reporting.text import clean
from arena.reporting.tune import contender, rival
from arena.reporting.tune_trials import counted
from arena.reporting.tune_verdict import comparisons, curse, headline, left_out
from arena.reporting.view import words

# Columns that the four values take with intervals: on none, on the results, on all.
PLAIN, RESULTS, ALL = 38, 58, 80
MOST = 3  # parameters told by importance


def tune_table(results: Results, width: int, page: Path | None = None) -> RenderableType:
    """What a finished search shows in the terminal.

    Args:
        results: the parsed results.json of the search.
        width: columns of the terminal; 80 is enough.
        page: where the HTML report is, told in the last line.
    """
    parts: list[RenderableType] = []
    if listed(results, "contenders"):
        parts += [_contenders(results, width), *_lines([_OPTIMISTIC, curse(results)])]
    if comparisons(results):
        parts.append(Padding(_differences(results), (1, 0, 0, 0)))
    parts.append(Padding(Text(clean(headline(results)), style="bold"), (1, 0, 0, 1)))
    parts += _lines(_about(results))
    if page is not None:
        parts.append(pointer(page))
    return Group(*parts)


_OPTIMISTIC = "search and select are optimistic; only report and unseen are results"


def _lines(lines: list[str]) -> list[RenderableType]:
    return [Padding(Text(clean(line), style="dim"), (0, 0, 0, 1)) for line in lines if line]


def _about(results: Results) -> list[str]:
    """The chosen strategy, the trials, and which parameters decided."""
    chosen = [each for each in listed(results, "contenders") if each.get("name") == "tuned"]
    weights = part(part(results, "importance"), "names")
    known = {words(name): Estimate.read(value) for name, value in weights.items()}
    first = sorted(known, key=lambda name: -(known[name].value or 0.0))[:MOST]
    trials = counted(results)
    return [
        *(f"tuned: {strategy(each)}" for each in chosen),
        f"trials: {trials}" if trials else "",
        f"decided by: {', '.join(f'{n} {known[n].text}' for n in first)}" if first else "",
    ]


def _contenders(results: Results, width: int) -> Table:
    rows = [contender(each) for each in listed(results, "contenders")]
    longest = max(cell_len(clean(row["name"])) for row in rows)
    room = max(min(longest, width - PLAIN), 10)
    spare = width - room
    table = plain_table("ASR left, contender by contender")
    table.add_column(Text("contender"), no_wrap=True)
    for head in ("search", "select", "report", "unseen", "installed"):
        table.add_column(Text(head), justify="right", no_wrap=True)
    for row in rows:
        cells = [short_name(row["name"], room)]
        cells += [Text(_shown(e, full=spare >= ALL), style="dim") for e in row["optimistic"]]
        cells += [Text(_shown(e, full=spare >= RESULTS), style="bold") for e in row["counts"]]
        table.add_row(*cells, Text(row["installed"].replace(" of ", "/")))
    return table


def _shown(value: Estimate, *, full: bool) -> str:
    return value.full if full else value.text


def _differences(results: Results) -> Table:
    table = plain_table("Tuned minus the other, paired by seed")
    table.add_column(Text("against"), no_wrap=True)
    table.add_column(Text("defender"), no_wrap=True)
    table.add_column(Text("difference"), justify="right", no_wrap=True)
    table.add_column(Text("verdict"), overflow="fold")
    for each in comparisons(results):
        badge = look(each.outcome, "tuned leaves more", "tuned leaves less")
        told = Text(f"{badge.glyph} {badge.label}", style=ink(badge.colour))
        if each.why:
            told.append(f" ({each.why})", "dim")
        if each.left_out:
            told.append(f"\n{clean(left_out(each))}", "dim")
        name, defender = short_name(rival(each.against), 14), short_name(words(each.defender), 8)
        table.add_row(name, defender, Text(each.difference.full), told)
    return table
