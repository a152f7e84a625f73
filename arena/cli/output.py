"""What a command shows when it is done: a table, and where the folder is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.console import Console


def show_results(results: dict[str, Any], folder: Path) -> None:
    """The table of a finished run of any kind, and where its folder is."""
    from arena.reporting.duel_terminal import duel_table
    from arena.reporting.stress_terminal import stress_table
    from arena.reporting.terminal import results_table
    from arena.reporting.tune_terminal import tune_table

    console = Console()
    kinds = {"stress": stress_table, "tune": tune_table, "duel": duel_table}
    shown = kinds.get(str(results.get("kind")), results_table)
    console.print(shown(results, console.width, folder / "report.html"))
    typer.echo(f"run folder: {folder}")
