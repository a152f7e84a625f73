"""The commands. Each is a thin shell: it reads options, calls one function, prints.

Torch, Ray and matplotlib are imported inside the commands that need them, so that
`validate` and `list` answer at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from arena.cli import cache, listing
from arena.cli.guard import guarded
from arena.cli.options import (
    Debug,
    Overrides,
    ScenarioName,
    Seeds,
    existing_folder,
    read_seeds,
)
from arena.roles import DataRoot
from arena.scenario.load import read

app = typer.Typer(
    name="arena",
    help="Backdoor Arena: does unlearning one backdoor suppress unknown others?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(cache.app, name="cache")


def main() -> None:
    """The console entry point."""
    app()


@app.command()
def run(
    scenario: ScenarioName,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; by default a new one below runs/.")
    ] = None,
    overrides: Overrides = None,
    seeds: Seeds = None,
    data: Annotated[
        Path | None,
        typer.Option(envvar="ARENA_DATA", help="Where data files are looked up first."),
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="A Ray cluster, e.g. auto or ray://HOST:10001.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ignore stored artifacts.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
    debug: Debug = False,
) -> None:
    """Run a scenario and write its report.

    Example: arena run quickstart --set defender.steps=80 --seeds 0-7
    """
    with guarded(debug):
        loaded = read(scenario, overrides=overrides or (), seeds=read_seeds(seeds))
        found = existing_folder(data, "--data")
        # absolute: a cluster's workers stand in other folders
        root = DataRoot(found.resolve() if found else None, loaded.path.resolve().parent)
        from arena.engine.run import run as run_scenario

        done = run_scenario(
            loaded.scenario, root=root, out=out, address=address, fresh=fresh, quiet=quiet
        )
        show_results(done.results, done.folder)


def show_results(results: dict[str, Any], folder: Path) -> None:
    """The table of a finished run, and where its folder is."""
    from arena.report.terminal import results_table

    console = Console()
    console.print(results_table(results, console.width, folder / "report.html"))
    typer.echo(f"run folder: {folder}")


@app.command()
def validate(
    scenario: ScenarioName,
    overrides: Overrides = None,
    seeds: Seeds = None,
    debug: Debug = False,
) -> None:
    """Check a scenario without running it; reads no data and no model.

    Example: arena validate my_scenario.yaml --set stage=pretraining
    """
    with guarded(debug):
        loaded = read(scenario, overrides=overrides or (), seeds=read_seeds(seeds))
        found = loaded.scenario
        actors = ", ".join(f"{actor.name} ({found.stage_of(actor)})" for actor in found.actors)
        typer.echo(f"{found.name} is valid")
        typer.echo(f"  actors: {actors}")
        typer.echo(f"  seeds:  {', '.join(str(seed) for seed in found.seeds)}")


@app.command("list")
def list_(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help=", ".join(listing.KINDS))
    ] = None,
    debug: Debug = False,
) -> None:
    """List what a scenario can name: parts by kind, and the bundled scenarios.

    Example: arena list trigger
    """
    with guarded(debug):
        listing.show(kind, Console())


@app.command()
def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    debug: Debug = False,
) -> None:
    """Rebuild the report of a finished run from its results.

    Example: arena report runs/quickstart
    """
    with guarded(debug):
        from arena.report.build import write_report

        typer.echo(f"report: {write_report(run_folder)}")
