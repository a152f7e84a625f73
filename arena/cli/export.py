"""`arena export`: take models, tables and figures out of a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arena.cli.failures import guarded
from arena.cli.options import (
    Data,
    Debug,
    PluginFiles,
    QuietOption,
    existing_folder,
    load_plugins,
    writing,
)
from arena.cli.streams import say
from arena.errors import InputError
from arena.progress.display import display

if TYPE_CHECKING:
    from arena.runs.export import Exported


def export(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    model: Annotated[
        str | None, typer.Option(help="The model to write: its name in tables, or its row's.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A new folder for the model.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Its seed; by default the first.")] = None,
    adapter: Annotated[
        bool,
        typer.Option("--adapter", help="Write a LoRA adapter and its base separately."),
    ] = False,
    tables: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write tidy tables (CSV, Parquet) and LaTeX there."),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the figures there, as PDF.")
    ] = None,
    data: Data = None,
    plugin: PluginFiles = None,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Write a model of a run as a Hugging Face folder, with its poison and a model card that warns
    of it; or the run's tables and figures for a paper.

    Example: arena export runs/quickstart --model compromised --seed 0 --to exported/compromised

    Example: arena export runs/quickstart --tables paper --figures paper
    """
    with guarded(debug):
        _refuse(model, to, tables, figures)
        load_plugins(plugin)
        place, title = existing_folder(data, "--data"), f"export {run_folder}"
        if model is not None and to is not None:
            with display(title, quiet) as shown:
                shown.phase("loading")
                from arena.runs.export import export_model

                done = export_model(
                    run_folder, model, to, seed=seed, adapter=adapter, data=place, note=shown.phase
                )
            _tell(done)
        if tables is not None:
            with writing("--tables", tables), display(title, quiet) as shown:
                shown.phase("writing the tables")
                written = _tables(run_folder, tables)
            _list(written)
        if figures is not None:
            with writing("--figures", figures), display(title, quiet) as shown:
                shown.phase("loading")
                from arena.reporting.build import write_figures

                written = write_figures(run_folder, figures, shown.phase)
            _list(written)


def _refuse(model: str | None, to: Path | None, tables: Path | None, figures: Path | None) -> None:
    """Raise InputError unless the options say what to export, and where."""
    if (model is None) != (to is None):
        missing = "--to" if to is None else "--model"
        raise InputError("a model needs both --model and --to", key=missing)
    if model is None and tables is None and figures is None:
        raise InputError("nothing to export: give --model and --to, --tables or --figures")


def _tell(done: Exported) -> None:
    say(f"{done.row.title}, seed {done.row.seed}: {done.folder}")
    if done.row.kind != "reference":
        say("it is backdoored on purpose: see its README.md before you pass it on")
    if done.poison:
        say(f"poison: {done.poison} documents in {done.folder / 'poison.jsonl'}")


def _tables(run_folder: Path, folder: Path) -> list[Path]:
    from arena.results.latex import write_latex
    from arena.results.reader import read_run
    from arena.results.tables import write_tables

    results = read_run(run_folder)
    return [*write_tables(folder, results), *write_latex(folder, results)]


def _list(files: Iterable[Path]) -> None:
    for file in files:
        say(str(file))
