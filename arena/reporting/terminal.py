"""The results in a terminal: models against actors, the claim, transfer by pair.

It fits the given width: first intervals are dropped, then models' names take several lines, then
actors are spread over several tables. Nothing depends on colour alone, and names from a scenario
are never parsed as mark-up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.cast import installed_share
from arena.reporting.claim_card import clean_line, dose_lines, judged
from arena.reporting.console import (
    chunks,
    claim_text,
    dose_text,
    findings_table,
    ink,
    name_lines,
    plain_table,
    pointer,
    sham_text,
    short_name,
)
from arena.reporting.diagnosis import diagnose
from arena.reporting.league_terminal import equal_table, league_table
from arena.reporting.planted import balance, is_crossed
from arena.reporting.rows import (
    Utility,
    grouped,
    has_checkable,
    is_disclosed,
    label_of,
    scalar_columns,
    utility,
)
from arena.reporting.shams import conditional_names, sham_lines, signed
from arena.reporting.text import clean
from arena.reporting.wording import words
from arena.results.numbers import NONE, Shown
from arena.results.pairs import Pair
from arena.results.run import RunResults
from arena.results.summary import SummaryRow

LABEL, NARROW, RATE, BAND, NUMBER, CHANGE = 20, 14, 5, 7, 9, 11
NAME = 16  # columns of an actor's name, at most
GAP = 2  # columns between two columns
PAIR = 14  # columns of T, raw suppression and a verdict's glyph
UNLEARNED, WHOLE = "unlearned", "whole model"


def results_table(results: RunResults, width: int, report: Path | None = None) -> RenderableType:
    """Return what a finished run shows in the terminal.

    Args:
        results: of the run.
        width: columns of the terminal; 80 is enough for four actors.
        report: where the HTML report is, named in the last line.
    """
    blocks: list[RenderableType] = [*_models(results, width)]
    blocks += [Padding(table, (1, 0, 0, 0)) for table in _benign(results, width)]
    blocks += [Padding(table, (1, 0, 0, 0)) for table in _scalars(results, width)]
    share = installed_share(results)
    if share:
        most = f" in most of {len(results.seeds)} seeds" if len(results.seeds) > 1 else ""
        blocks.append(Padding(Text(f"actors installed: {share}{most}", style="dim"), (0, 0, 0, 1)))
    if is_crossed(results):
        blocks.append(Padding(Text(clean(balance(results)), style="dim"), (0, 0, 0, 1)))
    claim = judged(results)
    if claim is not None:
        blocks.append(Padding(claim_text(claim), (1, 0, 0, 1)))
        blocks += [Padding(dose_text(line), (0, 0, 0, 1)) for line in dose_lines(results)]
        said = clean_line(results.clean_text)
        blocks += [Padding(Text(said, style="dim"), (0, 0, 0, 1))] if said else []
        shams = sham_lines(claim, results.rows)
        blocks += [Padding(sham_text(line), (0, 0, 0, 1)) for line in shams]
    if results.transfer:
        blocks += [Padding(table, (1, 0, 0, 0)) for table in _matrices(results, width)]
        blocks.append(Padding(_legend(results), (0, 0, 0, 1)))
    for league in (league_table(results, width), equal_table(results)):
        blocks += [] if league is None else [Padding(league, (1, 0, 0, 0))]
    findings = diagnose(results)
    if findings:
        blocks.append(Padding(findings_table(findings), (1, 0, 0, 0)))
    if report is not None:
        blocks.append(pointer(report))
    return Group(*blocks)


@dataclass(frozen=True)
class _Layout:
    """Columns for the row label and for each actor, whether intervals are shown, and the columns of
    utility."""

    label: int
    names: tuple[Text, ...]
    widths: tuple[int, ...]
    bands: bool
    utility: Utility
    checkable: bool


def _layout(results: RunResults, actors: Sequence[str], width: int) -> _Layout:
    rows = results.summary
    longest = max((cell_len(clean(row.label)) for row in rows), default=LABEL)
    taken = _utility_width(rows)
    label = min(longest, LABEL if width < 100 else 32)
    room = max((width - label - taken) // len(actors) - GAP, RATE)
    rates = (Shown.of(row.asr.get(actor)) for row in rows for actor in actors)
    bands = room >= RATE + BAND and any(rate.has_interval for rate in rates)
    names = tuple(short_name(actor, room if bands else NAME) for actor in actors)
    least = RATE + BAND if bands else RATE
    widths = tuple(max(name.cell_len, least) for name in names)
    if not bands:
        label = min(longest, width - taken - sum(widths) - GAP * len(actors))
    return _Layout(label, names, widths, bands, utility(rows), has_checkable(rows))


def _utility_width(rows: Sequence[SummaryRow]) -> int:
    """Characters of the columns of utility: each takes five, and two of space."""
    return 7 * (2 if has_checkable(rows) else 1)


def _models(results: RunResults, width: int) -> list[RenderableType]:
    room = width - NARROW - _utility_width(results.summary)
    groups = chunks(results.actors, _most(results.actors, room))
    return [_model_table(results, actors, width) for actors in groups]


def _name_width(actors: Sequence[str]) -> int:
    """Columns of the longest name, as far as names are shown whole."""
    return max(RATE, min(NAME, max((cell_len(clean(actor)) for actor in actors), default=0)))


def _most(actors: Sequence[str], room: int) -> int:
    """How many actors may share a table: all if they fit, else so many that any of them do."""
    if sum(_name_width([actor]) + GAP for actor in actors) <= room:
        return len(actors)
    return room // (_name_width(actors) + GAP)


def _model_table(results: RunResults, actors: Sequence[str], width: int) -> Table:
    layout = _layout(results, actors, width)
    table = plain_table("ASR of each trigger in each model (* disclosed)")
    table.add_column(Text("model"), no_wrap=True, max_width=layout.label)
    for name, wide in zip(layout.names, layout.widths, strict=True):
        # Not justified by rich, which would strip the space reserved for a star.
        table.add_column(Text(" " * (wide - name.cell_len)) + name, no_wrap=True)
    head = "clean" if layout.utility == "clean_accuracy" else "token"
    table.add_column(Text(head), justify="right", no_wrap=True)
    if layout.checkable:
        table.add_column(Text("check"), justify="right", no_wrap=True)
    for block in grouped(results.summary):
        for row in block:
            table.add_row(*_cells(row, actors, layout))
        table.add_section()
    return table


def _cells(row: SummaryRow, actors: Sequence[str], layout: _Layout) -> list[Text]:
    rates = [
        _rate(
            Shown.of(row.asr.get(actor)),
            wide,
            bands=layout.bands,
            disclosed=is_disclosed(row, actor),
        )
        for actor, wide in zip(actors, layout.widths, strict=True)
    ]
    accuracy = [getattr(row, layout.utility)]
    accuracy += [row.checkable_accuracy] if layout.checkable else []
    costs = [Text(Shown.of(cost).text, style="dim") for cost in accuracy]
    return [_name(row, layout.label), *rates, *costs]


def _name(row: SummaryRow, room: int) -> Text:
    name = name_lines(label_of(row), room)
    name.stylize("bold" if row.kind in ("unlearned", "defended") else "dim")
    return name


def _rate(shown: Shown, wide: int, *, bands: bool, disclosed: bool) -> Text:
    """The rate on its colour, a star if it is the disclosed trigger's, then its interval."""
    fill = palette.asr_colour(shown.value)
    style = f"{palette.readable_on(fill)} on {fill}" if shown.value is not None else "dim"
    number = f"{shown.text}{'*' if disclosed else ' '}"
    text = Text(number.rjust(wide - BAND if bands else wide), style=style)
    return text.append(shown.brief.rjust(BAND), "dim") if bands else text


def _benign(results: RunResults, width: int) -> Iterator[RenderableType]:
    """ASR of the benign conditionals in every model, and its change from the clean fine-tune."""
    names = conditional_names(results.summary)
    wide = max(CHANGE, _name_width(names))
    for group in chunks(names, (width - LABEL) // (wide + GAP)):
        table = plain_table("benign conditionals: ASR, and change from the clean fine-tune")
        table.add_column(Text("model"), no_wrap=True, max_width=LABEL)
        for name in group:
            table.add_column(short_name(name, NAME), justify="right", no_wrap=True)
        for block in grouped(results.summary):
            for row in block:
                table.add_row(_name(row, LABEL), *(_conditional(row, name) for name in group))
            table.add_section()
        yield table


def _conditional(row: SummaryRow, name: str) -> Text:
    change = signed(Shown.of(row.benign_change.get(name)))
    rate = Shown.of(row.benign.get(name)).text
    return Text(rate).append(change.rjust(CHANGE - RATE), "dim")


def _scalars(results: RunResults, width: int) -> Iterator[RenderableType]:
    """The numbers of measures for each model, one table per measure."""
    by_measure: dict[str, list[str]] = {}
    for measure, actor in scalar_columns(results.summary):
        by_measure.setdefault(measure, []).append(actor)
    for measure, actors in by_measure.items():
        wide = max(NUMBER, _name_width([actor or WHOLE for actor in actors]))
        for group in chunks(actors, (width - LABEL) // (wide + GAP)):
            yield _scalar_table(results.summary, measure, group)


def _scalar_table(summary: Sequence[SummaryRow], measure: str, actors: Sequence[str]) -> Table:
    table = plain_table(clean(words(measure)))
    table.add_column(Text("model"), no_wrap=True, max_width=LABEL)
    for actor in actors:
        table.add_column(short_name(actor or WHOLE, NAME), justify="right", no_wrap=True)
    for block in grouped(summary):
        for row in block:
            numbers = row.measures.get(measure)
            if numbers is not None:
                texts = [Text(Shown.of(numbers.get(actor)).text) for actor in actors]
                table.add_row(_name(row, LABEL), *texts)
        table.add_section()
    return table


def _matrices(results: RunResults, width: int) -> list[RenderableType]:
    actors = results.actors
    label = max(len(UNLEARNED), min(NAME, max((cell_len(clean(a)) for a in actors), default=0)))
    name = _name_width(actors)
    wide = width >= label + len(actors) * (max(name, PAIR) + GAP)
    column = max(name, PAIR if wide else PAIR // 2) + GAP
    groups = chunks(actors, (width - label) // column)
    return [_matrix(results, targets, label, wide=wide) for targets in groups]


def _matrix(results: RunResults, targets: Sequence[str], label: int, *, wide: bool) -> Table:
    table = plain_table("Transfer T / raw suppression" if wide else "Transfer T")
    table.add_column(Text(UNLEARNED), no_wrap=True)
    for target in targets:
        table.add_column(short_name(target, NAME), justify="right", no_wrap=True)
    for source in results.actors:
        pairs = [results.pair(source, target) for target in targets]
        if any(pair is not None for pair in pairs):  # else it was not unlearned
            cells = [_pair(pair, wide=wide) for pair in pairs]
            table.add_row(name_lines(source, label), *cells)
    return table


def _pair(pair: Pair | None, *, wide: bool) -> Text:
    if pair is None:
        return Text("")
    look, shown = palette.verdict(pair.verdict), Shown.of(pair.transfer)
    raw = Shown.of(pair.raw_suppression)
    text = Text()
    if pair.verdict in ("not_installed", "explained_by_control"):
        text.append(NONE, "dim")
        if wide and pair.verdict == "explained_by_control":
            text.append(f" / {raw.text}", "dim")
    else:
        fill = palette.transfer_colour(shown.value)
        text.append(shown.text, f"{palette.readable_on(fill)} on {fill}")
        if wide:
            text.append(f" / {raw.text}", "dim")
    text.append(f" {look.glyph}", ink(look.colour))
    return text


def _legend(results: RunResults) -> Text:
    """Which verdict each glyph is, and how many of the pairs have it."""
    counts = Counter(pair.verdict for pair in results.transfer)
    looks = {name: palette.verdict(name) for name in palette.VERDICTS if counts[name]}
    parts = (f"{counts[name]} {look.glyph} {look.label}" for name, look in looks.items())
    return Text(f"pairs judged:  {'  '.join(parts)}" if looks else "", style="dim")
