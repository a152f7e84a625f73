"""`arena tune` and `arena duel`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from arena.api.world import DataRoot
from arena.cli.failures import guarded
from arena.cli.options import (
    Address,
    Data,
    Debug,
    Out,
    Overrides,
    PlanOption,
    PluginFiles,
    QuietOption,
    ScenarioName,
    data_root,
    reading,
)
from arena.cli.output import show_results
from arena.cli.streams import say
from arena.errors import InputError
from arena.progress.display import display
from arena.scenario.load import Loaded
from arena.terminal import Terminal

Storage = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="The study's storage: sqlite:///FILE, journal://FILE, postgresql://..., mysql://... "
        "or @FILE for a file that holds the URL; by default that of the environment variable "
        "ARENA_STORAGE, else SQLite beside the artifacts.",
    ),
]
StudyName = Annotated[
    str | None,
    typer.Option(
        help="The study's name, by default the scenario's; an existing study is continued."
    ),
]


def tune(
    scenario: ScenarioName,
    plan: PlanOption = False,
    storage: Storage = None,
    study: StudyName = None,
    out: Out = None,
    overrides: Overrides = None,
    plugin: PluginFiles = None,
    data: Data = None,
    address: Address = None,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Search for a strategy by which one actor evades unlearning, and report it on fresh seeds.

    After an interruption, the same command continues: no finished trial is lost or run twice.

    Example: arena tune tune_evasion --set tune.trials=20
    """
    with guarded(debug):
        loaded = reading(scenario, overrides, plugin, quiet=quiet)
        if plan:
            _show_plan(loaded, "tune", data_root(data, loaded), quiet)
            return
        from arena.search.tune import tune as run_tune

        _run(run_tune, loaded, data, address, out=out, storage=storage, study=study, quiet=quiet)


def duel(
    scenario: ScenarioName,
    plan: PlanOption = False,
    storage: Storage = None,
    study: StudyName = None,
    out: Out = None,
    overrides: Overrides = None,
    plugin: PluginFiles = None,
    data: Data = None,
    address: Address = None,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Let an adaptive attacker and a defender search in turn until neither gains enough, or a
    maximum of rounds.

    Then every attack is measured against every defence on fresh seeds. After an interruption, the
    same command continues the duel.

    Example: arena duel duel --set duel.compute=0.05
    """
    with guarded(debug):
        loaded = reading(scenario, overrides, plugin, quiet=quiet)
        if plan:
            _show_plan(loaded, "duel", data_root(data, loaded), quiet)
            return
        from arena.search.duel import duel as run_duel

        _run(run_duel, loaded, data, address, out=out, storage=storage, study=study, quiet=quiet)


def _show_plan(loaded: Loaded, section: str, root: DataRoot, quiet: bool) -> None:
    """Print the phases of a search, their experiments and their time."""
    from arena.search.preview import needs, outline, summary, table
    from arena.store.store import opened_store

    with loaded.placing():
        if getattr(loaded.scenario, section) is None:
            raise InputError("the scenario has no such section: nothing to plan", key=section)
        with display(loaded.scenario.name, quiet) as shown:
            shown.phase("planning")
            planned = outline(loaded.scenario, opened_store(None), root, shown.phase)
    Terminal().print(table(planned))
    for line in (summary(planned), *needs(planned)):
        say(line)


def _run(
    search: Callable[..., Any], loaded: Loaded, data: Data, address: Address, **options: Any
) -> None:
    """Run a search and show its results. options: as `arena.tune` and `arena.duel` take them."""
    root = data_root(data, loaded)
    with loaded.placing():
        done = search(loaded.scenario, root=root, address=address, **options)
    show_results(done.results, done.folder)
