"""`arena compare`: two finished runs, or two stress runs, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from arena.cli.failures import guarded
from arena.cli.options import Debug

Run = typer.Argument(metavar="RUN", help="A run's folder.")


def compare(
    first: Annotated[Path, Run],
    second: Annotated[Path, Run],
    debug: Debug = False,
) -> None:
    """Put two runs side by side: how their scenarios differ, and how their results do.

    Example: arena compare runs/quickstart runs/quickstart-2
    """
    with guarded(debug):
        from arena.reporting.compare import side_by_side
        from arena.results.reader import read_results

        results = read_results(first), read_results(second)
        console = Console()
        console.print(side_by_side(*results, _names(first, second), console.width))


def _names(first: Path, second: Path) -> tuple[str, str]:
    """As much of the folders' paths, from their ends, as tells them apart."""
    one, other = first.resolve(), second.resolve()
    for depth in range(1, max(len(one.parts), len(other.parts)) + 1):
        names = "/".join(one.parts[-depth:]), "/".join(other.parts[-depth:])
        if names[0] != names[1]:
            return names
    return str(first), str(second)
