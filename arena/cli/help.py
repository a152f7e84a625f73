"""How help looks: no type beside a flag, and colours that a light background shows as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

from arena.progress.live import INK

STYLES = {
    "STYLE_OPTION": f"bold {INK}",
    "STYLE_SWITCH": f"bold {INK}",
    "STYLE_NEGATIVE_OPTION": f"bold {INK}",
    "STYLE_NEGATIVE_SWITCH": f"bold {INK}",
    "STYLE_COMMANDS_TABLE_FIRST_COLUMN": f"bold {INK}",
    "STYLE_TYPES": "bold",
    "STYLE_USAGE": "bold",
    "STYLE_OPTION_ENVVAR": "dim",
}


class Command(TyperCommand):
    """A command whose help shows no `<bool>` beside a flag, which takes no value."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, flags with an empty type."""
        return _flags_bare(super().get_params(ctx))


class Group(TyperGroup):
    """A group of commands whose help shows no `<bool>` beside a flag either."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, flags with an empty type."""
        return _flags_bare(super().get_params(ctx))


class App(typer.Typer):
    """A Typer application that makes such commands."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Return the decorator that adds a command."""
        return super().command(name, **{"cls": Command, **settings})


def _flags_bare(parameters: list[Any]) -> list[Any]:
    for each in parameters:
        if getattr(each, "is_flag", False):
            each.metavar = ""
    return parameters


def colour_help() -> None:
    """Replace Typer's yellow, cyan and green, which a light background swallows."""
    for name, style in STYLES.items():
        setattr(rich_utils, name, style)
