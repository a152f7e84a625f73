"""Which display a command gets."""

from __future__ import annotations

from rich.console import Console

from arena.progress.lines import LogLines
from arena.progress.live import LiveBoard
from arena.progress.notebook import NotebookBar, in_notebook
from arena.progress.observer import Observer, Silent
from arena.terminal import Terminal


def display(title: str, quiet: bool = False, console: Console | None = None) -> Observer:
    """Return what shows the progress of a command on standard error: nothing if quiet, one bar in a
    notebook, a live view in a terminal, else plain lines.

    Args:
        title: what runs, e.g. the scenario's name.
    """
    if quiet:
        return Silent()
    if in_notebook():
        return NotebookBar(title)
    console = console if console is not None else Terminal(stderr=True)
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveBoard(console, title)
    return LogLines(console.file)
