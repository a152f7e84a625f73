"""`arena list`: the parts that a scenario can use, one line each."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from arena import registry
from arena.errors import InputError
from arena.scenario import bundled

SCENARIO = "scenario"
KINDS: tuple[str, ...] = (*registry.KINDS, SCENARIO)


def show(kind: str | None, console: Console) -> None:
    """Print a table of one kind, or one of every kind.

    Raises:
        InputError: there is no such kind.
    """
    if kind is not None and kind not in KINDS:
        raise InputError("unknown kind", "arena list", found=kind, allowed=KINDS)
    for chosen in KINDS if kind is None else (kind,):
        console.print(_table(chosen))


def _table(kind: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column(kind, no_wrap=True)
    table.add_column("what it is")
    for name, summary in _rows(kind):
        table.add_row(Text(name), Text(summary))
    return table


def _rows(kind: str) -> list[tuple[str, str]]:
    if kind == SCENARIO:
        return [(name, bundled.summary(name)) for name in bundled.names()]
    known = next(item for item in registry.KINDS if item == kind)
    return [(name, registry.summary(known, name)) for name in registry.names(known)]
