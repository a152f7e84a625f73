"""The league in a terminal: a line per defence, lowest worst ASR first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.console import ink, name_lines, plain_table, short_name
from arena.reporting.league import equal, is_baseline, meets, samples, standings
from arena.reporting.text import clean
from arena.reporting.wording import words
from arena.results.estimate import Estimate
from arena.results.league import Standing
from arena.results.numbers import NONE, Shown, decimals, duration, percent
from arena.results.run import RunResults

# Columns of the numbers except the time, of the shortest name, of the optional columns; two more
# between columns.
FIXED, LEAST, KNEW, BACK = 40, 10, 12, 13


@dataclass(frozen=True)
class _Layout:
    """Columns for the names, and whether the two optional columns have room."""

    name: int
    knew: bool
    back: bool


def league_table(results: RunResults, width: int) -> Table | None:
    """Return the league in `width` columns; None if there is none. What a defence knew, and the
    samples until backdoors are back, are shown if there is room."""
    rows = standings(results)
    if not rows:
        return None
    layout = _layout(rows, width)
    table = plain_table("Defences by the worst ASR they left (✓ meets the mark)")
    table.add_column(Text("defence"), no_wrap=True)
    if layout.knew:
        table.add_column(Text("knew"), no_wrap=True)
    heads = ("worst", "others", "target", "accuracy", "time")
    for head in (*heads, "back after") if layout.back else heads:
        table.add_column(Text(head), justify="right", no_wrap=True)
    table.add_column(Text(""), no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row, layout))
    return table


def equal_table(results: RunResults) -> Table | None:
    """Return the defences at equal compute; None if they were not scored along their runs."""
    rows = equal(results)
    if not rows:
        return None
    share = percent(results.league.compute if results.league else None)
    table = plain_table(f"Equal compute: {share} of the training")
    table.add_column(Text("defence"), no_wrap=True)
    for head in ("others", "target", "accuracy"):
        table.add_column(Text(head), justify="right", no_wrap=True)
    for row in rows:
        point = row.equal
        assert point is not None  # `equal` returns no others
        change = Text(decimals(point.change.value, 3))
        left = [_rate(each) for each in (point.others, point.disclosed)]
        table.add_row(name_lines(row.name, 2 * LEAST), *left, change)
    return table


def _layout(rows: Sequence[Standing], width: int) -> _Layout:
    longest = max(cell_len(clean(row.name)) for row in rows)
    spare = width - FIXED - max(len(_time(row)) for row in rows)
    knew = spare >= KNEW + min(longest, 2 * LEAST)
    spare -= KNEW * knew
    back = spare >= BACK + longest and any(samples(row)[0] != NONE for row in rows)
    spare -= BACK * back
    return _Layout(min(longest, max(spare, LEAST)), knew, back)


def _cells(row: Standing, layout: _Layout) -> list[Text]:
    name = name_lines(row.name, layout.name)
    name.stylize("dim" if is_baseline(row) else "bold")
    cells = [name]
    if layout.knew:
        knew = "" if is_baseline(row) else words(row.intelligence)
        cells.append(short_name(knew, KNEW - 2))
    cells += [_rate(left) for left in (row.worst, row.others, row.disclosed)]
    change = row.change.value
    cells.append(Text(decimals(change, 3) if change is None or change <= 0 else f"+{change:.3f}"))
    cells.append(Text(_time(row), style="dim"))
    if layout.back:
        cells.append(Text(samples(row)[0], style="dim"))
    glyph = meets(row)[0]
    cells.append(Text(glyph, ink(palette.COOL if glyph == "✓" else palette.MUTED)))
    return cells


def _time(row: Standing) -> str:
    return duration(row.seconds.value)


def _rate(left: Estimate) -> Text:
    fill = palette.asr_colour(left.value)
    style = f"{palette.readable_on(fill)} on {fill}" if left.value is not None else "dim"
    return Text(Shown.of(left).text, style=style)
