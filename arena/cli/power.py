"""`arena power`: what a number of seeds could show, before anything is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arena.api.world import DataRoot
from arena.cli.failures import guarded
from arena.cli.options import (
    Debug,
    Overrides,
    PluginFiles,
    ScenarioName,
    existing_folder,
    reading,
)
from arena.cli.streams import say
from arena.errors import InputError
from arena.progress.display import display
from arena.progress.startup import clear
from arena.scenario.load import Loaded
from arena.terminal import Terminal

if TYPE_CHECKING:
    from arena.runs.outlook import Outlook

MOST = 100  # seeds
COLUMNS = 6  # numbers of seeds at once

Counts = Annotated[
    str | None,
    typer.Option(
        "--seeds",
        metavar="N",
        help="Number of seeds: 8, or several numbers, 8,12,16; by default as many as the scenario "
        "has.",
    ),
]
LikeRuns = Annotated[
    list[Path] | None,
    typer.Option(
        "--like",
        metavar="RUN",
        help="A finished run's folder to take the spread over seeds from; may be given several "
        "times. By default runs like this one below runs/.",
    ),
]


def power(
    scenario: ScenarioName,
    seeds: Counts = None,
    like: LikeRuns = None,
    overrides: Overrides = None,
    plugin: PluginFiles = None,
    debug: Debug = False,
) -> None:
    """Show which true T could be judged fails or generalizes with a given number of seeds.

    Example: arena power quickstart --seeds 8,12,16
    """
    with guarded(debug):
        counts = read_counts(seeds)
        loaded = reading(scenario, overrides, plugin)
        given = [existing_folder(folder, "--like") or folder for folder in like or ()]
        from arena.runs.outlook import outlook

        own = (len(loaded.scenario.seeds),)
        show_outlook(outlook(loaded.scenario, counts or own, given), Terminal())


def show_plan(loaded: Loaded, root: DataRoot, fresh: bool, quiet: bool) -> None:
    """Print a run's plan: its stages, those stored, the time, and what its verdicts could show."""
    from arena.grid.preview import needs, outline_of_run, run_summary, table
    from arena.runs.outlook import outlook
    from arena.store.store import opened_store

    scenario, console = loaded.scenario, Terminal()
    with loaded.placing(), display(scenario.name, quiet) as shown:
        shown.phase("planning")
        planned = outline_of_run(scenario, opened_store(None), root, fresh, shown.phase)
    console.print(table(planned, "run"))
    for line in (run_summary(planned), *needs(planned)):
        say(line)
    try:
        ahead = outlook(scenario, (len(scenario.seeds),))
    except InputError as none:
        say(f"no verdict on transfer: {none.message}")
        return
    show_outlook(ahead, console)


def show_outlook(planned: Outlook, console: Terminal) -> None:
    """Print what these numbers of seeds could show."""
    from arena.runs.outlook import notes, table

    clear()
    if planned.lines:
        console.print(table(planned, console.width))
    for note in notes(planned):
        say(note)


def read_counts(text: str | None) -> tuple[int, ...] | None:
    """Return `8` or `8,12,16` as numbers; None stays None.

    Raises:
        InputError: the text is no list of numbers of seeds.
    """
    if text is None:
        return None
    items = [item.strip() for item in text.split(",")]
    numbers = [int(item) for item in items if re.fullmatch(r"[0-9]{1,4}", item)]
    if len(numbers) != len(items) or not all(1 <= n <= MOST for n in numbers):
        rule = "must be a number of seeds, or several such as 8,12,16"
        raise InputError(rule, "--seeds", found=text, allowed=(f"1 to {MOST}",))
    if len(numbers) > COLUMNS:
        rule = "too many numbers of seeds"
        raise InputError(rule, "--seeds", found=text, allowed=(f"at most {COLUMNS}",))
    return tuple(sorted(set(numbers)))
