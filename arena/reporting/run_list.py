"""The runs of a folder, one line each: when, what, how far, and what was judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.errors import InputError, no_folder
from arena.reporting.console import plain_table
from arena.reporting.numbers import Shown
from arena.reporting.stress_terminal import verdict_text
from arena.reporting.text import clean
from arena.results.brief import counted
from arena.results.claim import Judgement
from arena.results.reader import FILE, read_results
from arena.results.run import RunResults
from arena.results.run_state import read_state
from arena.results.stress import StressResults

SCENARIO = "scenario.yaml"
UNFINISHED, PART = "unfinished", "part"
WIDE = 120  # columns from which the runs are a table
HINTS = {
    UNFINISHED: "unfinished: the same command with --out FOLDER continues it",
    PART: "part: `arena merge` combines all parts into one run",
}


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as listed.

    Attributes:
        changed: when its folder was last written to, local time.
        state: empty for a finished run. resume: what continues one that was interrupted or failed.
        kind: run, stress, tune or duel; empty if it is not finished.
        claims: at `least` (or the only dose) and at `most`; None where nothing was judged.
    """

    folder: Path
    changed: datetime
    state: str = ""
    kind: str = ""
    seeds: int | None = None
    claims: tuple[Judgement | None, Judgement | None] = (None, None)
    resume: str = ""


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


def line_of(place: Path) -> RunLine:
    """Return the line of a run's folder."""
    changed = datetime.fromtimestamp((_mark(place) or place).stat().st_mtime)
    if not (place / FILE).is_file():
        return _unfinished(place, changed)
    try:
        results = read_results(place)
    except InputError as error:
        return RunLine(place, changed, error.message)
    if not isinstance(results, RunResults | StressResults):
        return RunLine(place, changed, kind=results.kind)
    part = any(note.startswith("part ") for note in results.notes)
    most = results.most.claim if isinstance(results, RunResults) and results.most else None
    claims = results.claim, results.most if isinstance(results, StressResults) else most
    state = PART if part else ""
    return RunLine(place, changed, state, results.kind, len(results.seeds), claims)


def _unfinished(place: Path, changed: datetime) -> RunLine:
    known = read_state(place)
    if known is None:
        return RunLine(place, changed, UNFINISHED)
    resume = "" if known.now == "running" else known.resume
    return RunLine(place, changed, known.now, resume=resume)


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
        judged = Text(clean(line.state), style="dim") if line.state else _verdict(least)
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
    judged = clean(line.state) if line.state else _verdict(least).plain
    doses = [
        f"T {_transfer(claim)}{dose}"
        for claim, dose in ((least, " (least)" if most else ""), (most, " (most)"))
        if claim is not None
    ]
    parts = [f"{line.changed:%Y-%m-%d %H:%M}", line.kind, seeds, judged, *doses]
    below = Text(" · ".join(filter(None, parts)), style="dim")
    name = Text(clean(line.folder.name), style="bold", overflow="fold")
    return Group(name, Padding(below, (0, 0, 0, 2)))


def _verdict(claim: Judgement | None) -> Text:
    return Text("") if claim is None else verdict_text(claim.verdict)


def _transfer(claim: Judgement | None) -> str:
    return "" if claim is None else Shown.of(claim.transfer).full
