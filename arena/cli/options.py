"""Options that several commands share, and their parsing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from arena import plugins
from arena.api.world import DataRoot
from arena.errors import InputError, no_folder
from arena.progress.startup import announce
from arena.scenario.load import Loaded, read

MAX_SEEDS = 10_000

ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A bundled scenario's name, or a YAML file.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Replace one value, e.g. defender.steps=80; an actor's with "
        "actors.NAME.KEY=VALUE. May be given several times.",
    ),
]
SeedsOption = Annotated[
    str | None, typer.Option("--seeds", metavar="LIST", help="Replace the seeds: 0,1,2 or 0-7.")
]
Out = Annotated[
    Path | None, typer.Option(help="The folder of the run; by default a new one below runs/.")
]
Data = Annotated[
    Path | None,
    typer.Option(envvar="ARENA_DATA", help="The folder to search first for data files."),
]
Address = Annotated[
    str | None,
    typer.Option(
        help="A Ray cluster, e.g. auto or HOST:6379. Its nodes must share the artifact store; if "
        "they do not: runtime.artifacts=sent"
    ),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Run every stage again, even if it is stored.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
PlanOption = Annotated[bool, typer.Option("--plan", help="Show the plan without running it.")]
PartOption = Annotated[
    str | None,
    typer.Option(
        "--part",
        metavar="I/N",
        help="Run only the I-th of N parts of the grid's work, e.g. 3/8. They run anywhere and "
        "need no shared store; `arena merge` combines them into one run.",
    ),
]
PluginFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="A Python file or package folder with your own triggers, payloads or other parts; may "
        "be given several times.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def read_seeds(text: str | None) -> tuple[int, ...] | None:
    """Return the seeds in `0,1,2`, `0-7` or a mixture of both; None stays None.

    Raises:
        InputError: the text is no list of seeds.
    """
    if text is None:
        return None
    seeds: list[int] = []
    for item in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,18})\s*(?:-\s*(\d{1,18})\s*)?", item, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first or last - first >= MAX_SEEDS:
            rule = f"must be numbers or ranges such as 0,1,2 or 0-7, at most {MAX_SEEDS}"
            raise InputError(rule, "--seeds", found=text)
        seeds.extend(range(first, last + 1))
    return tuple(seeds)


def read_part(text: str | None) -> tuple[int, int] | None:
    """Return `3/8` as two numbers; None stays None.

    Raises:
        InputError: the text is no part.
    """
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text, re.ASCII)
    if match is None:
        raise InputError("must be I/N, such as 3/8", "--part", found=text)
    number, of = int(match[1]), int(match[2])
    if not 1 <= number <= of:
        rule = f"must be from 1/{of} to {of}/{of}" if of else "must be I/N, such as 3/8"
        raise InputError(rule, "--part", found=text)
    return number, of


def reading(
    scenario: str,
    overrides: list[str] | None,
    plugins: list[Path] | None,
    seeds: str | None = None,
    *,
    quiet: bool = False,
) -> Loaded:
    """Return the scenario that a command was given, with its overrides; a terminal shows meanwhile
    that it is being read.

    Raises:
        InputError: as for `arena.scenario.load.read`, or the text is no list of seeds.
    """
    if not quiet:
        announce(f"{scenario}: reading the scenario")
    return read(scenario, overrides=overrides or (), seeds=read_seeds(seeds), plugins=plugins or ())


def load_plugins(files: list[Path] | None) -> None:
    """Load the plug-ins given to a command that takes no scenario.

    Raises:
        InputError: one is missing or cannot be imported.
    """
    for file in files or ():
        plugins.load(file)


def existing_folder(path: Path | None, option: str) -> Path | None:
    """Return the folder given to an option.

    Raises:
        InputError: it does not exist.
    """
    if path is not None and not path.is_dir():
        raise InputError(no_folder(path), option, found=str(path))
    return path


@contextmanager
def writing(option: str, path: Path) -> Iterator[None]:
    """Turn what makes it impossible to write to the place that an option names into wrong input."""
    try:
        yield
    except (FileExistsError, NotADirectoryError, FileNotFoundError, PermissionError) as error:
        place = Path(error.filename or path)
        if not (place == path or path in place.parents or place in path.parents):
            raise
        rule = f"cannot be written there: {error.strerror}"
        raise InputError(rule, option, found=str(path)) from error


def data_root(data: Path | None, loaded: Loaded) -> DataRoot:
    """Return the folders in which a scenario's data paths are looked up: the data folder, then the
    folder of its file. Both are absolute, since a cluster's workers run in other folders.

    Raises:
        InputError: the data folder does not exist.
    """
    folder = existing_folder(data, "--data")
    return DataRoot(folder.resolve() if folder else None, loaded.path.resolve().parent)
