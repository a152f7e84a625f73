"""`arena merge`: merge parts into one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from arena.cli.failures import guarded
from arena.cli.options import Debug, Out, PluginFiles, QuietOption
from arena.cli.output import show_results

Runs = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN",
        help="Folders of finished parts, or of runs of one scenario.",
        show_default=False,
    ),
]
Partial = Annotated[
    bool,
    typer.Option(
        "--partial",
        help="Merge what is there, even if some seeds of some cells are missing; the results "
        "name them.",
    ),
]


def merge(
    runs: Runs,
    out: Out = None,
    partial: Partial = False,
    plugin: PluginFiles = None,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Merge the parts of a stress run into one, with one verdict over all of them.

    It reads the folders written by `arena stress --part`, wherever they were made, and trains
    nothing; neither the artifact store nor the data is needed. Runs of one scenario with
    different seeds can be merged as well. The results equal those of one run over everything.

    Example: arena merge runs/part1 runs/part2 runs/part3 --out runs/whole
    """
    with guarded(debug):
        from arena.grid.merge import merge as merge_runs

        done = merge_runs(runs, out=out, partial=partial, plugins=plugin or (), quiet=quiet)
        show_results(done.results, done.folder)
