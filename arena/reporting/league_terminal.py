"""The league in a terminal: a line per defence, the least worst first."""

from __future__ import annotations

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.console import ink, plain_table, short_name
from arena.reporting.league import Standing, is_baseline, meets, samples, standings
from arena.reporting.numbers import NONE, Estimate, decimals, duration
from arena.reporting.parts import Results
from arena.reporting.text import clean
from arena.reporting.view import words

# Columns of the numbers but for the time, of the shortest name, of what stands where there is
# room; two more between columns.
FIXED, LEAST, KNEW, WAKE = 40, 10, 12, 13
RATES = ("worst", "others", "disclosed")


def league_table(results: Results, width: int) -> Table | None:
    """The league at so many columns; None where there is none. What a defence knew and how
    soon backdoors wake are shown where there is room."""
    rows = standings(results)
    if not rows:
        return None
    longest = max(cell_len(clean(row.get("name"))) for row in rows)
    spare = width - FIXED - max(len(_time(row)) for row in rows)
    knew = spare >= KNEW + min(longest, 2 * LEAST)
    spare -= KNEW * knew
    wake = spare >= WAKE + longest and any(samples(row)[0] != NONE for row in rows)
    spare -= WAKE * wake
    table = plain_table("Defences by the worst ASR they left (✓ meets the mark)")
    table.add_column(Text("defence"), no_wrap=True)
    if knew:
        table.add_column(Text("knew"), no_wrap=True)
    heads = ("worst", "others", "its own", "accuracy", "time")
    for head in (*heads, "wakes after") if wake else heads:
        table.add_column(Text(head), justify="right", no_wrap=True)
    table.add_column(Text(""), no_wrap=True)
    for row in rows:
        _add(table, row, min(longest, max(spare, LEAST)), knew=knew, wake=wake)
    return table


def _add(table: Table, row: Standing, room: int, *, knew: bool, wake: bool) -> None:
    name = short_name(row.get("name"), room)
    name.stylize("dim" if is_baseline(row) else "bold")
    cells = [name]
    if knew:
        told = "" if is_baseline(row) else words(row.get("intelligence"))
        cells.append(short_name(told, KNEW - 2))
    cells += [_rate(row.get(key)) for key in RATES]
    change = Estimate.read(row.get("change")).value
    cells.append(Text(decimals(change, 3) if change is None or change <= 0 else f"+{change:.3f}"))
    cells.append(Text(_time(row), style="dim"))
    if wake:
        cells.append(Text(samples(row)[0], style="dim"))
    glyph = meets(row)[0]
    cells.append(Text(glyph, ink(palette.COOL if glyph == "✓" else palette.MUTED)))
    table.add_row(*cells)


def _time(row: Standing) -> str:
    return duration(Estimate.read(row.get("seconds")).value)


def _rate(cell: object) -> Text:
    shown = Estimate.read(cell)
    fill = palette.asr_colour(shown.value)
    style = f"{palette.readable_on(fill)} on {fill}" if shown.value is not None else "dim"
    return Text(shown.text, style=style)
