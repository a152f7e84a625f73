"""Two runs side by side in a terminal: what was asked differently, and what came out.

A mark tells where two intervals do not overlap. That is no test of the difference: runs that
share seeds are paired, and intervals that overlap may still differ.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.errors import InputError
from arena.reporting.build import STRESS
from arena.reporting.console import chunks, plain_table, short_name
from arena.reporting.differences import differences
from arena.reporting.installation import BASELINE
from arena.reporting.numbers import MINUS, NONE, Estimate, decimals
from arena.reporting.parts import Results, listed, names, part
from arena.reporting.rows import grouped, model_name
from arena.reporting.stress_terminal import verdict_text
from arena.reporting.text import clean

APART = "≠"
MARK = (
    "their intervals do not overlap. No test of the difference: runs that share seeds are "
    "paired, and intervals that overlap may still differ."
)
CLAIM = (
    ("transfer", "T"),
    ("odd", "odd"),
    ("specific", "specific"),
    ("raw_suppression", "raw suppression"),
)
LABEL, CELL = 20, 18  # columns of a model's name; of two rates, their difference and the mark

Entry = Mapping[str, Any]


def comparison(
    first: Results, second: Results, named: tuple[str, str], width: int
) -> RenderableType:
    """Everything that two runs, or two stress runs, can be compared by.

    Args:
        first, second: the parsed results.json of each.
        named: what to call them.
        width: columns of the terminal.

    Raises:
        InputError: one of them is no run's results, or only one is a stress run.
    """
    for results, name in zip((first, second), named, strict=True):
        if not part(results, "scenario") and not part(results, "claim"):
            raise InputError("not a run's results: no scenario and no claim in it", found=name)
    if (first.get("kind") == STRESS) != (second.get("kind") == STRESS):
        rule = "a stress run and a run do not compare; give one of its cells, cells/NAME"
        raise InputError(rule, found=" and ".join(named))
    tables: list[RenderableType] = [
        _scenarios(first, second, named),
        _claims(first, second, named),
        *_models(first, second, width),
        *_by_id(first, second, named, "transfer", "Transfer T", _pair_name),
        *_by_id(first, second, named, "cells", "Cells", lambda entry: clean(entry.get("id"))),
        *_before(first, second, width),
    ]
    note = Text(f"{APART} {MARK}", style="dim")
    return Group(*(Padding(table, (0, 0, 1, 0)) for table in tables), note)


def _heads(table: Table, named: tuple[str, str], *, justify: Any = "left") -> None:
    for name in named:
        table.add_column(Text(clean(name)), overflow="fold", justify=justify)


def _scenarios(first: Results, second: Results, named: tuple[str, str]) -> RenderableType:
    found = differences(part(first, "scenario"), part(second, "scenario"))
    if not found:
        return Text("The scenarios are the same.", style="bold")
    table = plain_table("What the scenarios ask differently")
    table.add_column(Text("key"), overflow="fold")
    _heads(table, named)
    for key, one, two in found:
        table.add_row(Text(clean(key)), Text(clean(one)), Text(clean(two)))
    return table


def _claims(first: Results, second: Results, named: tuple[str, str]) -> RenderableType:
    one, two = part(first, "claim"), part(second, "claim")
    table = plain_table("The claim")
    table.add_column(Text("estimate"), no_wrap=True)
    _heads(table, named)
    table.add_column(Text("difference"), justify="right", no_wrap=True)
    table.add_row(Text("verdict"), verdict_text(one), verdict_text(two), Text(""))
    table.add_row(Text("seeds"), *(Text(_count(each.get("seeds"))) for each in (one, two)))
    for key, label in CLAIM:
        a, b = Estimate.read(one.get(key)), Estimate.read(two.get(key))
        table.add_row(Text(label), Text(a.full), Text(b.full), Text(_difference(a, b)))
    return table


def _count(thing: Any) -> str:
    return NONE if thing is None else clean(thing)


def apart(first: Estimate, second: Estimate) -> bool:
    """Whether both have an interval and the two do not overlap."""
    ends = (first.low, first.high, second.low, second.high)
    if any(end is None for end in ends):
        return False
    low1, high1, low2, high2 = (float(end) for end in ends if end is not None)
    return high1 < low2 or high2 < low1


def _difference(first: Estimate, second: Estimate) -> str:
    """Second minus first with its sign and the mark; nothing where one has no value."""
    if first.value is None or second.value is None:
        return ""
    text = decimals(second.value - first.value)
    signed = text if text.startswith(MINUS) or float(text) == 0 else f"+{text}"
    return f"{signed} {APART if apart(first, second) else ' '}"


def _models(first: Results, second: Results, width: int) -> list[RenderableType]:
    """ASR of every model that either run has, an actor's two rates beside each other."""
    one, two = _labelled(first), _labelled(second)
    labels = list(dict.fromkeys([*one, *two]))
    actors = list(dict.fromkeys([*names(first, "actors"), *names(second, "actors")]))
    groups = chunks(actors, max(1, (width - LABEL) // CELL)) if labels else []
    return [_rates("ASR", "model", one, two, labels, group) for group in groups]


def _before(first: Results, second: Results, width: int) -> list[RenderableType]:
    """ASR before unlearning, of the cells that tell it in both stress runs."""
    one, two = (
        {str(e.get("id")): e for e in listed(each, "cells") if part(e, "asr")}
        for each in (first, second)
    )
    both = [name for name in one if name in two]
    every = [actor for name in both for each in (one, two) for actor in part(each[name], "asr")]
    actors = list(dict.fromkeys(str(actor) for actor in every))
    groups = chunks(actors, max(1, (width - LABEL) // CELL)) if both else []
    title = "ASR before unlearning"
    return [_rates(title, "cell", one, two, both, group) for group in groups]


def _labelled(results: Results) -> dict[str, Entry]:
    rows = [row for block in grouped(listed(results, "summary")) for row in block]
    return {str(row.get("label") or model_name(row)): row for row in rows}


def _rates(
    title: str, head: str, one: Mapping[str, Entry], two: Mapping[str, Entry],
    labels: Sequence[str], actors: Sequence[str],
) -> Table:  # fmt: skip
    table = plain_table(f"{title}: first, second, difference")
    table.add_column(Text(head), no_wrap=True)
    for actor in actors:
        table.add_column(short_name(actor, CELL - 2), justify="right", no_wrap=True)
    for label in labels:
        rows = one.get(label, {}), two.get(label, {})
        cells = [_rate(*(Estimate.read(part(row, "asr").get(a)) for row in rows)) for a in actors]
        table.add_row(short_name(label, LABEL - 2), *cells)
    return table


def _rate(first: Estimate, second: Estimate) -> Text:
    if first.value is None and second.value is None:
        return Text(NONE, style="dim")
    difference = _difference(first, second)
    return Text.assemble(f"{first.text:>4} {second.text:>4} ", (f"{difference:>7}", "bold"))


def _pair_name(entry: Entry) -> str:
    return clean(f"{entry.get('from')} → {entry.get('to')}")


def _by_id(
    first: Results, second: Results, named: tuple[str, str], key: str, title: str, name: Any
) -> list[RenderableType]:
    """Pairs or cells: T and verdict of both, where either run has it."""
    one, two = ({name(e): e for e in listed(each, key)} for each in (first, second))
    ids: list[Hashable] = list(dict.fromkeys([*one, *two]))
    if not ids:
        return []
    table = plain_table(title)
    table.add_column(Text("cell" if key == "cells" else "unlearned → other"), overflow="fold")
    _heads(table, named)
    table.add_column(Text("difference"), justify="right", no_wrap=True)
    for each in ids:
        a, b = _judged(one.get(each)), _judged(two.get(each))
        values = [Estimate.read(entry.get("transfer")) for entry in (a, b)]
        table.add_row(Text(str(each)), _told(a), _told(b), Text(_difference(*values)))
    return [table]


def _judged(entry: Entry | None) -> Entry:
    """A pair as it is; of a cell its claim, or its status where it has none."""
    if entry is None:
        return {}
    if "status" not in entry:
        return entry
    status = BASELINE if entry["status"] == "done" else entry["status"]
    return part(entry, "claim") or {"status": status}


def _told(entry: Entry) -> Text:
    if "status" in entry:
        return Text(clean(entry["status"]).replace("_", " "), style="dim")
    if not entry:
        return Text(NONE, style="dim")
    shown = Estimate.read(entry.get("transfer"))
    return Text.assemble(f"{shown.full}\n", verdict_text(entry))
