"""The runs of a folder, one line each, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.errors import InputError, no_folder
from arena.reporting.console import plain_table
from arena.reporting.run_line import BROKEN, PART, SCENARIO, UNFINISHED, RunLine, line_of
from arena.reporting.stress_terminal import verdict_text
from arena.reporting.text import clean
from arena.results.brief import counted
from arena.results.claim import Judgement
from arena.results.numbers import Shown
from arena.results.reader import FILE

WIDE = 120  # columns from which the runs are a table
HINTS = {
    UNFINISHED: "unfinished: the same command with --out FOLDER continues it",
    PART: "part: `arena merge` combines all parts into one run",
}


def runs_in(folder: Path) -> list[RunLine]:
    """Return the runs directly in a folder, the latest last.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(no_folder(folder), found=str(folder))
    return sorted(_lines(folder), key=lambda line: line.changed)


def _lines(folder: Path) -> Iterator[RunLine]:
    for place in folder.iterdir():
        if _mark(place) is not None:
            yield line_of(place)


def _mark(place: Path) -> Path | None:
    """The file by which a folder is a run's, if it is one."""
    return next((place / n for n in (FILE, SCENARIO) if (place / n).is_file()), None)


def listed(lines: list[RunLine], width: int) -> RenderableType:
    """Return the list for a terminal: a table, or in a narrow one two lines for each run; and what
    its words mean."""
    hints = [hint for state, hint in HINTS.items() if any(line.state == state for line in lines)]
    resumes = [
        Text.assemble((f"{clean(line.folder.name)}: to continue: ", "dim"), clean(line.resume))
        for line in lines
        if line.resume
    ]
    shown = [_table(lines)] if width >= WIDE else [_entry(line) for line in lines]
    return Group(*shown, *(Text(hint, style="dim") for hint in hints), *resumes)


def _table(lines: list[RunLine]) -> Table:
    table = plain_table("Runs")
    for head in ("folder", "changed", "kind", "seeds", "verdict", "T (least)", "T (most)"):
        table.add_column(
            Text(head), overflow="fold", justify="right" if head == "seeds" else "left"
        )
    for line in lines:
        least, most = line.claims
        judged = Text(_state(line), style="dim") if line.state else _verdict(line)
        table.add_row(
            Text(clean(line.folder.name)),
            Text(f"{line.changed:%Y-%m-%d %H:%M}"),
            Text(line.kind),
            Text("" if line.seeds is None else str(line.seeds)),
            judged,
            Text(_transfer(least)),
            Text(_transfer(most)),
        )
    return table


def _entry(line: RunLine) -> Group:
    """A run in two lines: its folder, and below it what the table has in columns."""
    least, most = line.claims
    seeds = "" if line.seeds is None else counted(line.seeds, "seed")
    judged = _state(line) if line.state else _verdict(line).plain
    doses = [
        f"T {_transfer(claim)}{dose}"
        for claim, dose in ((least, " (least)" if most else ""), (most, " (most)"))
        if claim is not None
    ]
    parts = [f"{line.changed:%Y-%m-%d %H:%M}", line.kind, seeds, judged, *doses]
    below = Text(" · ".join(filter(None, parts)), style="dim")
    name = Text(clean(line.folder.name), style="bold", overflow="fold")
    return Group(name, Padding(below, (0, 0, 0, 2)))


def _state(line: RunLine) -> str:
    """The state of a run, and of broken results what is wrong with them."""
    return clean(f"{line.state}: {line.why}" if line.state == BROKEN else line.state)


def _verdict(line: RunLine) -> Text:
    claim = line.claims[0]
    return Text(line.verdict) if claim is None else verdict_text(claim.verdict)


def _transfer(claim: Judgement | None) -> str:
    return "" if claim is None else Shown.of(claim.transfer).full
