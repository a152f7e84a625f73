"""Two runs side by side in a terminal: how their scenarios differ, and how their results do.

A mark shows where two intervals do not overlap. This is no test of the difference: runs that share
seeds are paired, and overlapping intervals may still differ significantly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.errors import InputError
from arena.reporting.console import chunks, name_lines, plain_table, short_name
from arena.reporting.differences import differences
from arena.reporting.installation import BASELINE
from arena.reporting.rows import grouped, model_name
from arena.reporting.split import split_by
from arena.reporting.stress_terminal import verdict_text
from arena.reporting.text import clean
from arena.results.claim import ShamEstimates, TransferEstimates
from arena.results.estimate import Estimate
from arena.results.numbers import MINUS, NONE, Shown, decimals
from arena.results.reader import Results
from arena.results.run import RunResults
from arena.results.stress import StressCell, StressResults

APART = "≠"
MARK = (
    "their intervals do not overlap. This does not test the difference: runs that share seeds "
    "are paired, and values whose intervals overlap may still differ."
)
LABEL, CELL = 20, 18  # columns of a model's name; of two rates, their difference and the mark
HEAD = 15  # columns of a run's name

Comparable = RunResults | StressResults
Rates = Mapping[str, Mapping[str, Estimate]]  # model or cell -> actor -> ASR


@dataclass(frozen=True, slots=True)
class Judged:
    """T and the verdict of a pair of actors or of a cell; for a cell without them, its status."""

    transfer: Estimate
    verdict: str | None = None
    status: str = ""


def side_by_side(
    first: Results, second: Results, named: tuple[str, str], width: int
) -> RenderableType:
    """Return the comparison of two runs, or of two stress runs.

    Args:
        first, second: the results of each.
        named: what to call them.
        width: columns of the terminal.

    Raises:
        InputError: one is neither a run nor a stress run, or only one is a stress run.
    """
    one, two = _comparable(first, named[0]), _comparable(second, named[1])
    if isinstance(one, StressResults) != isinstance(two, StressResults):
        rule = "a run cannot be compared with a stress run; give one of its cells, cells/NAME"
        raise InputError(rule, found=" and ".join(named))
    tables = [_scenarios(one, two, named), _claims(one, two, named)]
    if isinstance(one, RunResults) and isinstance(two, RunResults):
        tables += _runs(one, two, named, width)
    elif isinstance(one, StressResults) and isinstance(two, StressResults):
        tables += _grids(one, two, named, width)
    note = Text(f"{APART} {MARK}", style="dim")
    return Group(*(Padding(table, (0, 0, 1, 0)) for table in tables), note)


def _comparable(results: Results, name: str) -> Comparable:
    if not isinstance(results, RunResults | StressResults):
        rule = f"only runs and stress runs can be compared, not the results of {results.kind}"
        raise InputError(rule, found=name)
    if not results.scenario and results.claim is None:
        raise InputError("not a run's results: no scenario and no claim in it", found=name)
    return results


def _heads(table: Table, named: tuple[str, str]) -> None:
    for name in named:
        table.add_column(name_lines(name, HEAD), overflow="fold")


def _scenarios(one: Comparable, two: Comparable, named: tuple[str, str]) -> RenderableType:
    lines = differences(one.scenario.root, two.scenario.root)
    if not lines:
        return Text("The scenarios are the same.", style="bold")
    table = plain_table("Differences between the scenarios")
    table.add_column(Text("key"), overflow="fold")
    _heads(table, named)
    for line in lines:
        table.add_row(*(Text(clean(text)) for text in line))
    return table


def _claims(one: Comparable, two: Comparable, named: tuple[str, str]) -> RenderableType:
    table = plain_table("The claim")
    table.add_column(Text("estimate"), no_wrap=True)
    _heads(table, named)
    table.add_column(Text("difference"), justify="right", no_wrap=True)
    claims = one.claim, two.claim
    verdicts = [verdict_text(claim.verdict if claim else None) for claim in claims]
    table.add_row(Text("verdict"), *verdicts, Text(""))
    seeds = [claim.seeds if claim else None for claim in claims]
    table.add_row(Text("seeds"), *(Text(NONE if n is None else str(n)) for n in seeds))
    for label, (a, b) in _estimates(*(claim or TransferEstimates() for claim in claims)):
        table.add_row(Text(label), _full(a), _full(b), Text(_difference(a, b)))
    return table


def _estimates(
    one: TransferEstimates, two: TransferEstimates
) -> Iterator[tuple[str, tuple[Shown, Shown]]]:
    """T, its parts and the raw suppression of both, by name; parts by another kind of sham are
    other quantities, in lines of their own."""
    yield "T", (Shown.of(one.transfer), Shown.of(two.transfer))
    for kind in sorted({one.split_by, two.split_by}, reverse=True):
        odd, specific = zip(_parts(one, kind), _parts(two, kind), strict=True)
        by = "" if kind == "familiar" else f" ({kind} shams)"
        yield f"odd{by}", odd
        yield f"specific{by}", specific
    yield "raw suppression", (Shown.of(one.raw_suppression), Shown.of(two.raw_suppression))


def _parts(estimates: TransferEstimates, kind: str) -> tuple[Shown, Shown]:
    familiar = ShamEstimates(odd=estimates.odd, specific=estimates.specific)
    by_kind = {"familiar": familiar, **estimates.by_sham}
    return split_by(estimates, by_kind.get(kind, ShamEstimates()))


def _full(shown: Shown) -> Text:
    return Text(shown.full)


def apart(first: Shown, second: Shown) -> bool:
    """Return whether both have an interval and the two do not overlap."""
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return False
    return first.high < second.low or second.high < first.low


def _difference(first: Shown, second: Shown) -> str:
    """Second minus first, as they are shown, with its sign and the mark; empty if one has no
    value."""
    if first.value is None or second.value is None:
        return ""
    text = decimals(second.rounded_value - first.rounded_value)
    signed = text if text.startswith(MINUS) or float(text) == 0 else f"+{text}"
    return f"{signed} {APART if apart(first, second) else ' '}"


def _runs(
    one: RunResults, two: RunResults, named: tuple[str, str], width: int
) -> list[RenderableType]:
    """ASR of every model that either run has, then T of every pair of actors."""
    first, second = _models(one), _models(two)
    labels = list(dict.fromkeys([*first, *second]))
    actors = list(dict.fromkeys([*one.actors, *two.actors]))
    return [
        *_rates(("ASR", "model"), first, second, labels, actors, width),
        *_judgements(("Transfer T", "unlearned → other"), _pairs(one), _pairs(two), named),
    ]


def _models(results: RunResults) -> Rates:
    rows = [row for block in grouped(results.summary) for row in block]
    return {row.label or model_name(row): row.asr for row in rows}


def _pairs(results: RunResults) -> dict[str, Judged]:
    return {
        clean(f"{pair.source} → {pair.to}"): Judged(pair.transfer, pair.verdict)
        for pair in results.transfer
    }


def _grids(
    one: StressResults, two: StressResults, named: tuple[str, str], width: int
) -> list[RenderableType]:
    """T of every cell, then ASR before unlearning of the cells that both runs measured."""
    first, second = _rates_by_cell(one), _rates_by_cell(two)
    both = [cell for cell in first if cell in second]
    actors = [actor for cell in both for rates in (first, second) for actor in rates[cell]]
    every = list(dict.fromkeys(actors))
    return [
        *_judgements(("Cells", "cell"), _cells(one), _cells(two), named),
        *_rates(("ASR before unlearning", "cell"), first, second, both, every, width),
    ]


def _cells(results: StressResults) -> dict[str, Judged]:
    return {clean(cell.id): _judged_cell(cell) for cell in results.cells}


def _judged_cell(cell: StressCell) -> Judged:
    if cell.claim is not None:
        return Judged(cell.claim.transfer, cell.claim.verdict)
    status = BASELINE if cell.status == "done" else cell.status.replace("_", " ")
    return Judged(Estimate(), status=status)


def _rates_by_cell(results: StressResults) -> Rates:
    return {cell.id: cell.asr for cell in results.cells if cell.asr}


def _rates(
    heads: tuple[str, str], one: Rates, two: Rates, labels: Sequence[str],
    actors: Sequence[str], width: int,
) -> list[RenderableType]:  # fmt: skip
    """Each actor's two rates side by side, in as many tables as the actors need."""
    groups = chunks(actors, max(1, (width - LABEL) // CELL)) if labels else []
    return [_rate_table(heads, one, two, labels, group) for group in groups]


def _rate_table(
    heads: tuple[str, str], one: Rates, two: Rates, labels: Sequence[str], actors: Sequence[str]
) -> Table:
    title, head = heads
    table = plain_table(f"{title}: first, second, difference")
    table.add_column(Text(head), no_wrap=True)
    for actor in actors:
        table.add_column(short_name(actor, CELL - 2), justify="right", no_wrap=True)
    for label in labels:
        first, second = one.get(label, {}), two.get(label, {})
        cells = [_rate(Shown.of(first.get(a)), Shown.of(second.get(a))) for a in actors]
        table.add_row(name_lines(label, LABEL - 2), *cells)
    return table


def _rate(first: Shown, second: Shown) -> Text:
    if first.value is None and second.value is None:
        return Text(NONE, style="dim")
    difference = (f"{_difference(first, second):>7}", "bold")
    return Text.assemble(f"{first.text:>4} {second.text:>4} ", difference)


def _judgements(
    heads: tuple[str, str], one: Mapping[str, Judged], two: Mapping[str, Judged],
    named: tuple[str, str],
) -> list[RenderableType]:  # fmt: skip
    """T and verdict of both, of every pair or cell that either run has."""
    names = dict.fromkeys([*one, *two])
    if not names:
        return []
    title, head = heads
    table = plain_table(title)
    table.add_column(Text(head), overflow="fold")
    _heads(table, named)
    table.add_column(Text("difference"), justify="right", no_wrap=True)
    for name in names:
        a, b = one.get(name), two.get(name)
        change = _difference(Shown.of(a.transfer), Shown.of(b.transfer)) if a and b else ""
        table.add_row(Text(name), _judged_text(a), _judged_text(b), Text(change))
    return [table]


def _judged_text(judged: Judged | None) -> Text:
    if judged is None:
        return Text(NONE, style="dim")
    if judged.status:
        return Text(judged.status, style="dim")
    return Text.assemble(_full(Shown.of(judged.transfer)), "\n", verdict_text(judged.verdict))
