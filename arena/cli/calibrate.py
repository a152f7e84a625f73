"""`arena calibrate`: exposures at which every backdoor installs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arena.cli.failures import guarded
from arena.cli.options import (
    Address,
    Data,
    Debug,
    Overrides,
    PluginFiles,
    QuietOption,
    ScenarioName,
    data_root,
    reading,
)
from arena.cli.streams import say
from arena.errors import ArenaError, InputError
from arena.scenario import bundled
from arena.scenario.load import Loaded, read
from arena.terminal import Terminal

if TYPE_CHECKING:
    from arena.search.calibration.calibrate import Calibration

MOST_SEEDS, MOST_TRIES = 32, 100
ERASED = "in some seeds no dose `most` may exist; verdicts at `least` are not affected"
LOST = "planting costs accuracy, which could give it away; with few seeds it may be chance"

SeedCount = Annotated[
    int,
    typer.Option(
        "--seeds",
        metavar="N",
        min=1,
        max=MOST_SEEDS,
        help="Number of validation seeds to use; they differ from all seeds of the scenario.",
    ),
]
Budget = Annotated[
    int, typer.Option(metavar="N", min=1, max=MOST_TRIES, help="Maximum number of tries.")
]
Hours = Annotated[
    float | None, typer.Option(metavar="H", min=0, help="Start no new try after this many hours.")
]
Copy = Annotated[
    Path | None,
    typer.Option(help="Where to write the scenario with the exposures found; must be a new file."),
]


def calibrate(
    scenario: ScenarioName,
    seeds: SeedCount = 4,
    budget: Budget = 12,
    hours: Hours = None,
    out: Copy = None,
    overrides: Overrides = None,
    plugin: PluginFiles = None,
    data: Data = None,
    address: Address = None,
    quiet: QuietOption = False,
    debug: Debug = False,
) -> None:
    """Find the fewest steps and least poison at which every backdoor installs, on validation
    prompts and without looking at any removal, and write them into a copy of the scenario.

    If no try keeps every limit, the copy has the exposures that install every backdoor and fall
    short of the other limits the least; these are named. After an interruption the same command
    continues. Exit status 1 if no try installs every backdoor in every seed.

    Example: arena calibrate my_scenario.yaml --seeds 4 --budget 12
    """
    with guarded(debug):
        loaded = reading(scenario, overrides, plugin, quiet=quiet)
        target = out or _beside(loaded)
        if target.exists():
            raise InputError("exists already; choose another --out", found=str(target))
        from arena.search.calibration.calibrate import calibrate as search
        from arena.search.calibration.table import calibration_table

        with loaded.placing():
            done = search(
                loaded.scenario,
                seeds=seeds,
                budget=budget,
                hours=hours,
                root=data_root(data, loaded),
                address=address,
                quiet=quiet,
            )
        console = Terminal()
        console.print(calibration_table(done))
        say(f"{len(done.tries)} tries in {done.seconds:.0f} s; {done.ended}")
        _conclude(done, loaded, overrides or [], target)


def _conclude(done: Calibration, loaded: Loaded, overrides: list[str], target: Path) -> None:
    """Write the copy, and print its lines."""
    from arena.search.calibration.calibrate import in_words
    from arena.search.calibration.table import found, settings

    chosen = done.best or done.nearest
    if chosen is None:
        closest = min(done.tries, key=lambda each: len(each.short.low))
        for line in settings(found(done, closest)):
            say(f"  {line}")
        rule = f"none of {len(done.tries)} tries installs every backdoor in every seed"
        raise ArenaError(f"{rule}; the closest is try {closest.number}, with the values above")
    if done.best is None:
        say(f"no try keeps every limit; try {chosen.number} installs every backdoor, but:")
        say(f"  {in_words(chosen)} ({ERASED if chosen.short.erased else LOST})")
    values = found(done, chosen)
    if not values:
        say("these are the scenario's own exposures: nothing to change")
    for line in settings(values):
        say(f"  {line}")
    if write_copy(loaded, overrides, values, target):
        say(f"scenario: {target}")
    else:
        say("the file could not be edited automatically: set these values in it yourself")


def _beside(loaded: Loaded) -> Path:
    """A file beside the scenario's, since data paths are relative to it; for a bundled one here."""
    folder = Path() if loaded.path.parent == bundled.folder() else loaded.path.parent
    return folder / f"{loaded.path.stem}_calibrated.yaml"


def write_copy(
    loaded: Loaded, overrides: list[str], values: dict[str, float], target: Path
) -> bool:
    """Write the scenario's text with the overrides and the values found, comments kept; return
    False, and leave no file, if it would not load as that scenario."""
    from arena.scenario.edits import edited
    from arena.scenario.load import varied
    from arena.scenario.tree import parse

    given: dict[str, Any] = {}
    for override in overrides:
        key, _, text = override.partition("=")
        given[key.strip()] = parse(text, "--set").data
    try:
        text = edited(loaded.path.read_text(encoding="utf-8"), {**given, **values})
        target.write_text(text, encoding="utf-8")
        if read(target).scenario == varied(loaded.scenario, values, "the copy"):
            return True
    except InputError:
        pass
    target.unlink(missing_ok=True)
    return False
