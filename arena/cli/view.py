"""`arena view`: runs in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arena.cli.failures import guarded
from arena.cli.options import Debug, PluginFiles, load_plugins, writing
from arena.cli.streams import say
from arena.errors import ArenaError, InputError

if TYPE_CHECKING:
    from arena.view.files import Written
    from arena.view.place import Place
    from arena.view.site import Site

RUNS, PORT = Path("runs"), 7575


def view(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN", help="Run folders, or folders of runs; by default runs/."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = PORT,
    static: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the pages as files into DIR and serve nothing."),
    ] = None,
    plugin: PluginFiles = None,
    debug: Debug = False,
) -> None:
    """Read runs in the browser: a list, each pair, model and sample, and runs side by side.

    It serves on this machine only and changes nothing. Pages of running runs refresh themselves.

    Example: arena view runs --static pages
    """
    with guarded(debug):
        load_plugins(plugin)
        from arena.view.files import write_site
        from arena.view.server import LOOPBACK, refuse_taken, serve
        from arena.view.site import Site

        site = Site(tuple(runs or [RUNS]), live=static is None)
        places = _runs(site)
        if static is not None:
            with writing("--static", static):
                written = write_site(site, static)
            say(f"{written.files} files; open {static / 'index.html'}")
            _refuse_gaps(written)
            return
        refuse_taken(port)
        say(f"{len(places)} run{'s' if len(places) != 1 else ''} at http://{LOOPBACK}:{port}/ "
            "(Ctrl-C stops it)")  # fmt: skip
        serve(site, port)


def _refuse_gaps(written: Written) -> None:
    """Fail with the pages that could not be made; all others are written."""
    if written.failed:
        told = [f"{path}: {why}" for path, why in written.failed.items()]
        raise ArenaError("\n".join(("could not be made:", *told)))


def _runs(site: Site) -> list[Place]:
    """The runs of a site. Without one, the error says how to make one."""
    try:
        return site.places()
    except InputError as error:
        error.add_note("`arena run quickstart` makes a run in runs/")
        raise
