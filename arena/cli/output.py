"""What a command shows when it is done: a table, and where the folder is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from arena.cli.streams import lost_output, say
from arena.results.reader import notes_of
from arena.terminal import Terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

    from arena.results.reader import Results


def show_results(results: Results, folder: Path) -> None:
    """Show the table of finished results of any kind, and where their folder is."""
    console = Terminal()
    console.print(_table(results, console.width, folder / "report.html"))
    for note in notes_of(results):
        say(f"note: {note}")
    say(f"run folder: {folder}")
    lost = lost_output()
    if lost is not None:  # not a failure: everything is in the run folder
        say(f"standard output cannot be written ({lost.strerror}); run folder: {folder}", err=True)


def _table(results: Results, width: int, page: Path) -> RenderableType:
    from arena.reporting.duel_terminal import duel_table
    from arena.reporting.stress_terminal import stress_table
    from arena.reporting.terminal import results_table
    from arena.reporting.tune_terminal import tune_table
    from arena.results.duel import DuelResults
    from arena.results.stress import StressResults
    from arena.results.tune import TuneResults

    if isinstance(results, TuneResults):
        return tune_table(results, width, page)
    if isinstance(results, DuelResults):
        return duel_table(results, width, page)
    if isinstance(results, StressResults):
        return stress_table(results, width, page)
    return results_table(results, width, page)
