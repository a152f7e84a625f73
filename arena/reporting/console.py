"""Common pieces of terminal views: tables, shortened names, the claim in three lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.reporting import palette
from arena.reporting.claim_card import STATEMENT, DoseLine, ShownTransfer
from arena.reporting.diagnosis import Finding
from arena.reporting.shams import REMOVAL, ShamLine
from arena.reporting.text import clean
from arena.reporting.wording import sentence
from arena.results.claim import Judgement

ABOUT = 18  # columns of a finding's subject
PART = re.compile(r"@?[^\s_:./@-]*[\s_:./-]*")  # of a name: where it may continue on another line


def short_name(text: object, room: int) -> Text:
    """Return a name shortened in its middle: the ends distinguish `adversary1` and `adversary2`."""
    line, tail = clean(text), max(1, room // 3)
    if cell_len(line) > room:
        head = set_cell_size(line, room - 1 - cell_len(line[-tail:])).rstrip()
        line = f"{head}…{line[-tail:]}"
    return Text(line, no_wrap=True)


def name_lines(text: object, room: int) -> Text:
    """Return a name on as many lines as it needs, so that similar names stay distinct; only a part
    that is too long for a line is shortened in its middle."""
    lines = [""]
    for part in filter(None, PART.findall(clean(text))):
        if lines[-1] and cell_len((lines[-1] + part).rstrip()) > room:
            lines[-1] = lines[-1].rstrip()
            lines.append(" ")
        lines[-1] += part
    return Text("\n").join([short_name(line, room) for line in lines])


def plain_table(title: str) -> Table:
    """Return a table with a line under its head and no other."""
    return Table(
        title=title,
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        pad_edge=False,
        padding=(0, 1),
        collapse_padding=True,
        show_edge=False,
    )


def with_whole_words(table: Table, width: int, gap: int = 1) -> Table:
    """Return a table of texts with its columns' widths set so that lines break only between words,
    as far as the window is wide enough for the longest word of every column. gap: columns between
    two of its columns."""
    lines = [
        [str(text) for text in (column.header, *column.cells) for text in str(text).split("\n")]
        for column in table.columns
    ]
    whole = [max(map(cell_len, each)) for each in lines]
    words = [[word for line in each for word in line.split()] for each in lines]
    widths = [max(map(cell_len, each), default=1) for each in words]
    spare = width - sum(widths) - gap * (len(widths) - 1)
    for place in sorted(range(len(widths)), key=lambda place: whole[place] - widths[place]):
        more = max(0, min(spare, whole[place] - widths[place]))
        widths[place], spare = widths[place] + more, spare - more
    for column, room in zip(table.columns, widths, strict=True):
        column.width = room
    return table


def dose_text(line: DoseLine) -> Text:
    """Return the claim at one dose, in a line."""
    look, shown = line.verdict, line.estimates
    return Text.assemble(
        (f"at dose {line.name}", "bold"),
        (f" ({line.dose}) " if line.dose else " ", "dim"),
        (f"{look.glyph} {look.label}", ink(look.colour)),
        f"  T {shown.transfer.full}{_split(shown)}",
    )


def findings_table(findings: Sequence[Finding]) -> Table:
    """Return what fell short, one row each: whose, what was measured, what helps."""
    table = plain_table("What fell short, and what helps")
    table.show_header = False
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in findings:
        text = Text(_plain(each.measured)).append(f"\n→ {_plain(each.helps)}", "dim")
        table.add_row(short_name(each.about, ABOUT), text)
    return table


def _plain(text: str) -> str:
    """The text without the marks around keys, which a page shows as code."""
    return clean(text.replace("`", ""))


def pointer(page: Path) -> Padding:
    """Return the last line of a view: where the HTML report is."""
    last = Text.assemble(("report  ", "dim"), (clean(page), "bold"), overflow="fold")
    return Padding(last, (1, 0, 0, 1))


def chunks(actors: Sequence[str], most: int) -> list[Sequence[str]]:
    """Return the actors of each table, evenly distributed, if one table would be too wide."""
    size = -(-len(actors) // max(1, -(-len(actors) // max(most, 1))))
    return [actors[i : i + size] for i in range(0, len(actors), max(size, 1))]


def claim_text(claim: Judgement) -> Text:
    """Return the claim: its statement, its verdict, T and its parts."""
    look, estimates, seeds = palette.verdict(claim.verdict), ShownTransfer.of(claim), claim.seeds
    usable = f" · {seeds} seed{'' if seeds == 1 else 's'}, mean over pairs" if seeds else ""
    return Text.assemble(
        (clean(sentence(claim.statement or STATEMENT)), "bold"),
        "\n",
        (f"{look.glyph} {look.label}", f"bold {ink(look.colour)}"),
        (usable, "dim"),
        "\n",
        (f"T {estimates.transfer.full}", "bold"),
        _split(estimates),
        (f" · raw suppression {estimates.raw_suppression.text}", "dim"),
    )


def _split(shown: ShownTransfer) -> str:
    """The parts of T, if it could be split, as a sum where they make up T; and by which shams, if
    not by familiar ones."""
    if shown.odd.value is None and shown.specific.value is None:
        return ""
    by = "" if shown.split_by == "familiar" else f" ({shown.split_by} shams)"
    if not shown.adds_up:
        return f" · pairs with shams: {shown.odd.text} odd, {shown.specific.text} specific{by}"
    return f" = {shown.odd.text} odd + {shown.specific.text} specific{by}"


def bullets(lines: Sequence[str]) -> Table:
    """Return lines with a mark in front of each, their continuations indented."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=1)
    table.add_column(overflow="fold", style="dim")
    for line in lines:
        table.add_row("·", Text(clean(line)))
    return table


def sham_text(line: ShamLine) -> Text:
    """Return the shams of a kind in a line: T's two parts by them, and their starting loss."""
    parts = f"  {line.odd.text} odd + {line.specific.text} specific" if line.name != REMOVAL else ""
    loss = f"  training loss {line.start_loss.rounded(3)[0]} at its start"
    return Text.assemble(
        (f"{line.name} shams" if parts else "removals", "bold"),
        parts,
        (loss if line.start_loss.value is not None else "", "dim"),
    )


def ink(colour: str) -> str:
    """Return a verdict's colour for the terminal."""
    return palette.legible(colour)
