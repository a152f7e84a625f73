"""`arena cache`: list, prune and verify the artifact store."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from arena.cli.failures import FAILED, guarded
from arena.cli.help import App, Group
from arena.cli.options import Debug, QuietOption
from arena.cli.streams import say
from arena.errors import InputError
from arena.progress.display import display
from arena.store.sizes import DECIMAL, EXAMPLES, bytes_of
from arena.terminal import Terminal

if TYPE_CHECKING:
    from arena.store.maintenance import Entry, Pruned
    from arena.store.store import Store

HOURS = {"h": 1, "d": 24, "w": 24 * 7}
SHORT = 16  # of an address's 64 characters: enough to distinguish them
STORE_FOLDERS = ("aside", "locks", "profiles", "checkpoints", "models")

StoreFolder = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="DIR",
        envvar="ARENA_STORE",
        help="The artifact store; by default the one in your cache folder.",
    ),
]

app = App(cls=Group, rich_markup_mode="markdown")


@app.callback(invoke_without_command=True)
def cache(context: typer.Context, store: StoreFolder = None, debug: Debug = False) -> None:
    """Show, prune and verify stored artifacts; without a command, `arena cache show`.

    Example: arena cache
    """
    with guarded(debug):
        if context.invoked_subcommand is None:
            _show(_open(store))
        else:
            _refuse_options(context, context.invoked_subcommand)


@app.command()
def show(store: StoreFolder = None, debug: Debug = False) -> None:
    """Show the number of stored artifacts of each kind, their size, and the time that they save.

    Example: arena cache show --store /shared/arena
    """
    with guarded(debug):
        _show(_open(store))


@app.command()
def prune(
    store: StoreFolder = None,
    older_than: Annotated[
        str | None,
        typer.Option(metavar="AGE", help="Remove artifacts unused for this long: 12h, 30d, 2w."),
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Then remove the least recently used until the rest is this small: 500MB, 1.5GiB.",
        ),
    ] = None,
    outdated: Annotated[
        bool,
        typer.Option(
            "--outdated", help="Remove artifacts of other versions of the code, and broken ones."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be removed.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Remove artifacts by age, size or version; a run that needs one computes it again.

    Example: arena cache prune --older-than 30d --max-size 5GB --dry-run
    """
    with guarded(debug):
        age, size = read_age(older_than, "--older-than"), read_size(max_size, "--max-size")
        if age is None and size is None and not outdated:
            ways = ("--older-than 30d", "--max-size 5GB", "--outdated")
            raise InputError(
                "needs an option that says which artifacts to remove",
                "arena cache prune",
                allowed=ways,
            )
        from arena.stages.kinds import codes
        from arena.store import maintenance as caches

        where = _open(store)
        done = caches.prune(
            where, codes(), older_than=age, max_bytes=size, outdated=outdated, dry_run=dry_run
        )
        _print_pruned(done, dry_run)


@app.command()
def verify(store: StoreFolder = None, quiet: QuietOption = False, debug: Debug = False) -> None:
    """Check every artifact against its manifest and address; exit status 1 if any is broken.

    Example: arena cache verify
    """
    with guarded(debug):
        from arena.stages.kinds import codes
        from arena.store import maintenance as caches

        where = _open(store)
        with display("cache verify", quiet) as shown:
            shown.phase(f"reading every artifact in {where.root}")
            problems = caches.verify(where, codes())
        for problem in problems:
            say(f"{problem.state}  {problem.address}  {problem.what}")
        broken = {problem.address for problem in problems if problem.state == "broken"}
        outdated = {problem.address for problem in problems if problem.state == "outdated"}
        say(f"{len(broken)} broken, {len(outdated)} outdated in {where.root}")
        if broken:
            say("remove the folders of broken artifacts; the next run computes them again")
            raise typer.Exit(FAILED)


def read_age(text: str | None, option: str) -> timedelta | None:
    """Return `12h`, `30d` or `2w` as a duration; None stays None.

    Raises:
        InputError: the text is no age.
    """
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*([hdw])\s*", text, re.ASCII)
    if match is None:
        raise InputError("must be an age", option, found=text, allowed=("12h", "30d", "2w"))
    return timedelta(hours=float(match[1]) * HOURS[match[2]])


def read_size(text: str | None, option: str) -> int | None:
    """Return `500MB`, `5GB` or `1.5GiB` as bytes, in any letter case; None stays None.

    Raises:
        InputError: the text is no size.
    """
    if text is None:
        return None
    size = bytes_of(text)
    if size is None:
        raise InputError("must be a size", option, found=text, allowed=EXAMPLES)
    return size


def size_text(size: int) -> str:
    """Return bytes in the largest decimal unit of which there is at least one."""
    name = [name for name, factor in DECIMAL.items() if size >= factor or factor == 1][-1]
    return f"{size} B" if name == "B" else f"{size / DECIMAL[name]:.1f} {name}"


def _open(folder: Path | None) -> Store:
    from arena.store.store import Store, opened_store

    root = opened_store(folder, make=False).root
    strange = not any((root / name).is_dir() for name in STORE_FOLDERS)
    if root.is_dir() and strange and any(root.iterdir()):
        # prune deletes folders, so the folder must be a store
        raise InputError("is not an artifact store", "--store", found=str(root))
    return Store(root)


def _refuse_options(context: typer.Context, command: str) -> None:
    """Refuse options given before the command, such as `--store`: they would have no effect."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise InputError(f"must follow the command: arena cache {command}", f"--{name}")


def _show(store: Store) -> None:
    from arena.stages.kinds import codes
    from arena.store.maintenance import inventory

    entries = inventory(store, codes())
    if entries:
        console = Terminal()
        console.print(table(entries, console.width))
        stale = [entry for entry in entries if entry.state != "whole"]
        if stale:
            advice = "outdated, broken or left over: arena cache prune --outdated removes them"
            say(f"{len(stale)} {advice}")
    say(f"store: {store.root}" + ("" if entries else " (nothing is stored)"))


def table(entries: Sequence[Entry], width: int) -> Table:
    """Return how many artifacts of each kind there are, their size, and when they were used."""
    from arena.reporting.console import with_whole_words

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=0)
    shown.add_column("kind", no_wrap=True)
    for name in ("stored", "size", "time saved"):
        shown.add_column(name, justify="right")
    for name in ("oldest use", "newest use (UTC)"):
        shown.add_column(name)
    # a kind is read from a file, so it could contain Rich mark-up
    for kind in sorted({_label(entry) for entry in entries}):
        shown.add_row(Text(kind), *_cells([e for e in entries if _label(e) == kind]))
    shown.add_section()
    shown.add_row("total", *_cells(entries))
    return with_whole_words(shown, width)


def _label(entry: Entry) -> str:
    return entry.kind or f"({entry.state})"


def _cells(entries: Sequence[Entry]) -> tuple[str, ...]:
    days = [f"{entry.used:%Y-%m-%d %H:%M}" for entry in entries]
    spent = timedelta(seconds=round(sum(entry.seconds for entry in entries)))
    return (str(len(entries)), _size_of(entries), str(spent), min(days), max(days))


def _size_of(entries: Iterable[Entry]) -> str:
    return size_text(sum(entry.bytes for entry in entries))


def _print_pruned(done: Pruned, dry_run: bool) -> None:
    for entry in done.removed if dry_run else ():
        label = f"{_label(entry)}  {entry.name}".rstrip()
        size = size_text(entry.bytes)
        say(f"{entry.address[:SHORT]}  {entry.used:%Y-%m-%d %H:%M}  {size}  {label}")
    verb = "would remove" if dry_run else "removed"
    say(f"{verb} {len(done.removed)} ({_size_of(done.removed)})")
    say(f"{len(done.kept)} kept ({_size_of(done.kept)})")
