"""`arena compare`: two finished runs, or two stress runs, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from arena.cli.failures import guarded
from arena.cli.options import Debug, PluginFiles, QuietOption, load_plugins
from arena.progress.display import display
from arena.terminal import Terminal

Run = typer.Argument(metavar="RUN", help="A run's folder.")


def compare(
    first: Annotated[Path, Run],
    second: Annotated[Path, Run],
    plugin: PluginFiles = None,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Put two runs side by side: how their scenarios differ, and how their results do.

    Example: arena compare runs/quickstart runs/quickstart-2
    """
    with guarded(debug):
        console = Terminal()
        with display(f"compare {first} {second}", quiet) as shown:
            shown.phase("loading")
            load_plugins(plugin)
            from arena.reporting.folders import compare as compared

            differences = compared(first, second, width=console.width, note=shown.phase)
        console.print(differences)
