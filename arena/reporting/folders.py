"""Operations on folders of finished runs: rebuild a report, compare two runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena import plugins
from arena.arguments import a_path
from arena.errors import InputError
from arena.printable import printable
from arena.progress.observer import Note, silent

if TYPE_CHECKING:
    from rich.console import RenderableType

    from arena.results.reader import Results

WIDTH = 100  # columns


def report(folder: str | Path, *, note: Note = silent) -> Path:
    """Rebuild the report of a finished run from its `results.json`, and return the page's path.

    Example:
        >>> arena.report("runs/quickstart")
        PosixPath('runs/quickstart/report.html')

    Args:
        folder: of a run, a stress run, a tuned attacker or a duel. note: receives lines about what
            is being done.

    Raises:
        InputError: it holds no results, or they cannot be read.
    """
    from arena.reporting.build import write_report

    path = a_path(folder, "folder")
    _load_plugins(path)
    return write_report(path, note)


def compare(
    first: str | Path, second: str | Path, *, width: int = WIDTH, note: Note = silent
) -> RenderableType:
    """Return the differences between two runs, or two stress runs: of their scenarios and results.

    Example:
        >>> rich.print(arena.compare("runs/quickstart", "runs/quickstart-2"))

    Args:
        first, second: the runs' folders. width: of the layout, in columns. note: as in `report`.

    Raises:
        InputError: one holds no results of a run or stress run, or only one is a stress run.
    """
    from arena.reporting.compare import side_by_side

    folders = a_path(first, "first"), a_path(second, "second")
    for folder in folders:
        _load_plugins(folder)
    one, other = (_read(folder, note) for folder in folders)
    note("comparing")
    return side_by_side(one, other, names_of(*folders), width)


def _read(folder: Path, note: Note) -> Results:
    from arena.results.reader import read_results

    note(f"reading {folder}")
    return read_results(folder)


def names_of(first: Path, second: Path) -> tuple[str, str]:
    """Return as much of two folders' paths, from their ends, as distinguishes them."""
    one, other = first.resolve(), second.resolve()
    for depth in range(1, max(len(one.parts), len(other.parts)) + 1):
        names = "/".join(one.parts[-depth:]), "/".join(other.parts[-depth:])
        if names[0] != names[1]:
            return names
    return str(first), str(second)


def _load_plugins(folder: Path) -> None:
    """Load the plug-ins that a run's scenario names, since their measures make their own sections.
    A missing one is only warned about."""
    for each in _plugins_of(folder):
        try:
            plugins.load(each)
        except InputError as error:
            text = f"warning: plug-in {each} is not loaded: {error}"
            print(printable(text), file=sys.stderr, flush=True)


def _plugins_of(folder: Path) -> tuple[str, ...]:
    try:
        results: Any = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        listed = results["scenario"]["plugins"]
    except (OSError, ValueError, RecursionError, LookupError, TypeError):
        return ()  # the reader of results reports what is wrong with them
    return tuple(each for each in listed or () if isinstance(each, str) and each)
