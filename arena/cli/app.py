"""The commands. Each reads its options, calls one function and prints the result.

Torch, Ray and matplotlib are imported inside the commands that need them, so that
`validate` and `list` start quickly.
"""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from arena.cli import (
    cache,
    calibrate,
    compare,
    export,
    init,
    listing,
    merging,
    models,
    power,
    samples,
    search,
    streams,
    view,
)
from arena.cli.data_check import look_at_data
from arena.cli.failures import guarded
from arena.cli.help import App, colour_help
from arena.cli.looks import look_at_checkpoint
from arena.cli.options import (
    Address,
    Data,
    Debug,
    Fresh,
    Out,
    Overrides,
    PartOption,
    PlanOption,
    PluginFiles,
    QuietOption,
    ScenarioName,
    SeedsOption,
    data_root,
    load_plugins,
    read_part,
    reading,
)
from arena.cli.order import InOrder
from arena.cli.output import show_results
from arena.cli.power import show_plan
from arena.cli.streams import say
from arena.errors import ArenaError
from arena.execution.devices import refuse_absent
from arena.grid.cells import cells_of
from arena.progress.display import display
from arena.progress.startup import clear
from arena.results.run_state import set_command
from arena.scenario import bundled
from arena.scenario.grid import Grid
from arena.stopping import catch_signals
from arena.terminal import Terminal


def _tell(asked: bool) -> None:
    """Print the version, if it was asked for."""
    if asked:
        say(f"arena {metadata.version('backdoor-arena')}")
        raise typer.Exit


app = App(
    name="arena",
    cls=InOrder,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(cache.app, name="cache")
app.add_typer(models.app, name="models")
app.command()(merging.merge)
app.command()(compare.compare)
app.command()(samples.samples)
app.command()(export.export)
app.command()(view.view)
app.command()(power.power)
app.command()(init.init)
app.command()(calibrate.calibrate)
app.command()(search.tune)
app.command()(search.duel)


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_tell, is_eager=True),
    ] = False,
) -> None:
    """Backdoor Arena: does unlearning one backdoor suppress unknown others?"""


def main() -> None:
    """The console entry point."""
    streams.speak_utf_8()
    streams.prepare()
    catch_signals()
    colour_help()
    set_command(sys.argv[1:])
    clear()
    try:
        app()
    except SystemExit as ended:
        raise SystemExit(streams.finish(ended.code)) from None


@app.command()
def run(
    scenario: ScenarioName,
    plan: PlanOption = False,
    out: Out = None,
    overrides: Overrides = None,
    plugin: PluginFiles = None,
    seeds: SeedsOption = None,
    data: Data = None,
    address: Address = None,
    fresh: Fresh = False,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Run a scenario and write its report. With --plan, only estimate its time, memory and
    disk, and what its verdicts could show.

    Example: arena run quickstart --set defender.steps=80 --seeds 0-7
    """
    with guarded(debug):
        loaded = reading(scenario, overrides, plugin, seeds, quiet=quiet)
        root = data_root(data, loaded)
        if loaded.scenario.grid != Grid():
            say(
                f"note: this runs the scenario without its grid; "
                f"`arena stress {scenario}` runs the grid",
                err=True,
            )
        if plan:
            show_plan(loaded, root, fresh, quiet)
            return
        from arena.runs.run import run as run_scenario

        with loaded.placing():
            done = run_scenario(
                loaded.scenario, root=root, out=out, address=address, fresh=fresh, quiet=quiet
            )
        show_results(done.results, done.folder)


@app.command()
def stress(
    scenario: ScenarioName,
    plan: PlanOption = False,
    part: PartOption = None,
    out: Out = None,
    overrides: Overrides = None,
    plugin: PluginFiles = None,
    seeds: SeedsOption = None,
    data: Data = None,
    address: Address = None,
    fresh: Fresh = False,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Run every cell of a scenario's grid and reach one verdict on the claim.

    Prints the plan first: cells, stages to run, stages stored, time, memory and disk. With --part,
    only one part of the work is done, for example on one of several machines; --plan then shows
    the plan of that part.

    Example: arena stress stress_small --plan

    Example: arena stress stress_small --part 3/8 --out runs/part3
    """
    with guarded(debug):
        chosen = read_part(part)
        loaded = reading(scenario, overrides, plugin, seeds, quiet=quiet)
        root = data_root(data, loaded)
        from arena.grid.preview import Outline, needs, summary, table
        from arena.grid.run import stress as run_stress

        def show(planned: Outline) -> bool:
            if not quiet or plan:
                Terminal(stderr=not plan).print(table(planned))
                which = "" if chosen is None else f"part {chosen[0]} of {chosen[1]}: "
                for line in (f"{which}{summary(planned)}", *needs(planned)):
                    say(line, err=not plan)
            return not plan

        with loaded.placing():
            if not plan:  # fail before the plan is shown, not after
                refuse_absent(loaded.scenario, address)
            done = run_stress(
                loaded.scenario,
                root=root,
                out=out,
                address=address,
                fresh=fresh,
                quiet=quiet,
                part=chosen,
                show=show,
            )
        if done is not None:
            show_results(done.results, done.folder)
            if done.failed:
                raise ArenaError(f"cells failed: {', '.join(done.failed)}")


@app.command()
def validate(
    scenario: ScenarioName,
    overrides: Overrides = None,
    plugin: PluginFiles = None,
    seeds: SeedsOption = None,
    data: Data = None,
    debug: Debug = False,
) -> None:
    """Check a scenario without running it. Data files and a checkpoint's folder are read if they
    are on this machine.

    Example: arena validate my_scenario.yaml --set stage=pretraining
    """
    with guarded(debug):
        loaded = reading(scenario, overrides, plugin, seeds)
        valid = loaded.scenario
        root = data_root(data, loaded)
        with loaded.placing():
            refuse_absent(valid)
            seen = [*look_at_checkpoint(valid, root), *look_at_data(valid, root)]
            cells = cells_of(valid)
        stages = {a.name: f" ({valid.stage_of(a)})" for a in valid.actors if not valid.suspect}
        actors = ", ".join(f"{a.name}{stages.get(a.name, '')}" for a in valid.actors)
        say(f"{valid.name} is valid")
        say(f"  actors: {actors}")
        say(f"  seeds:  {', '.join(str(seed) for seed in valid.seeds)}")
        if valid.grid != Grid():
            skipped = sum(cell.scenario is None for cell in cells)
            say(f"  grid:   {len(cells)} cells, {skipped} of them not applicable")
        for line in seen:
            say(f"  {line}")


@app.command("list")
def list_(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help=", ".join(listing.KINDS))
    ] = None,
    plugin: PluginFiles = None,
    debug: Debug = False,
) -> None:
    """List the triggers, payloads and other parts that a scenario can use, and the bundled
    scenarios.

    Example: arena list trigger
    """
    with guarded(debug):
        load_plugins(plugin)
        listing.show(kind, Terminal())


@app.command()
def show(
    scenario: Annotated[str, typer.Argument(metavar="NAME", help="A bundled scenario's name.")],
    debug: Debug = False,
) -> None:
    """Print a bundled scenario, as a starting point for your own.

    Example: arena show quickstart > my_scenario.yaml
    """
    with guarded(debug):
        say(bundled.text(scenario).removesuffix("\n"), exact=True)


@app.command()
def doctor(debug: Debug = False) -> None:
    """Check this machine for running scenarios: software, processor, memory, store, terminal. Exit
    status 1 if something needs attention.

    Example: arena doctor
    """
    with guarded(debug):
        from arena.cli.doctor import findings
        from arena.cli.doctor import table as table_of
        from arena.store.store import opened_store

        examined = list(findings(opened_store(make=False).root))
        Terminal().print(table_of(examined))
        if any(each.advice for each in examined):
            raise typer.Exit(1)


@app.command()
def schema(plugin: PluginFiles = None, debug: Debug = False) -> None:
    """Print the JSON Schema of scenarios, which lets editors complete and check keys.

    Example: arena schema > scenario.schema.json
    """
    with guarded(debug):
        load_plugins(plugin)
        from arena.scenario.json_schema import scenario_schema

        say(json.dumps(scenario_schema(), indent=1, ensure_ascii=False), exact=True)


@app.command()
def runs(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the runs are.")] = Path(
        "runs"
    ),
    plugin: PluginFiles = None,
    debug: Debug = False,
) -> None:
    """List the runs in a folder: when they were made, their state and their verdicts, with the
    command that continues an interrupted one.

    Example: arena runs
    """
    with guarded(debug):
        load_plugins(plugin)
        from arena.reporting.run_list import listed, runs_in

        console = Terminal()
        console.print(listed(runs_in(folder), console.width))


@app.command()
def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    plugin: PluginFiles = None,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Rebuild the report of a finished run from its results.json.

    Example: arena report runs/quickstart
    """
    with guarded(debug):
        with display(f"report {run_folder}", quiet) as shown:
            shown.phase("loading")
            load_plugins(plugin)
            from arena.reporting.folders import report as rebuild

            page = rebuild(run_folder, note=shown.phase)
        say(f"report: {page}")
