"""Every command with its options, from the help: `python -m website.commands docs/commands.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer.main

from arena.cli.app import app

HEAD = """# Every command

This page lists every command of `arena` with its arguments and options, as `arena COMMAND --help`
shows them. Examples of all of them, and what they show while they work: [running.md](running.md).
The same from Python: [api.md](api.md).

Written by `python -m website.commands docs/commands.md` from the code of the commands. Exit status:
0 done, 1 the run failed, 2 the input was wrong.
"""
KINDS = {Path: "path", int: "whole number", float: "number", str: "text"}


def document() -> str:
    """Return the document, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    arena = typer.main.get_group(app)
    yield HEAD
    for name in arena.list_commands(None):  # type: ignore[arg-type]  # the order needs no context
        yield from _command(f"arena {name}", arena.commands[name])


def _command(called: str, command: Any) -> Iterator[str]:
    nested = getattr(command, "commands", {})
    yield f"## `{called}`\n"
    examples = []
    for paragraph in (command.help or "").split("\n\n"):
        text = " ".join(paragraph.split())
        if text.startswith("Example: "):
            examples.append(text.removeprefix("Example: "))
        else:
            yield f"{text}\n"
    if examples:
        yield from ("```console", *examples, "```\n")
    yield from _table(command.params)
    for name, each in nested.items():
        yield from _command(f"{called} {name}", each)


def _table(parameters: list[Any]) -> Iterator[str]:
    shown = [each for each in parameters if not each.hidden and each.name != "help"]
    if not shown:
        return
    yield "| argument or option | value | default | meaning |"
    yield "|---|---|---|---|"
    for each in shown:
        cells = (_name(each), _value(each), _default(each), _meaning(each))
        yield f"| {' | '.join(cells)} |"
    yield ""


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    return ", ".join(f"`{each}`" for each in (*parameter.opts, *parameter.secondary_opts))


def _value(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    annotation = parameter.type_descriptor.annotation
    (kind,) = (KINDS[each] for each in get_args(annotation) or (annotation,))
    if parameter.param_type_name == "argument" or not parameter.metavar:
        return f"{kind}s" if parameter.nargs == -1 else kind
    return f"`{parameter.metavar}`"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    return f"`{parameter.default}`" if parameter.default else ""


def _meaning(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split()).replace("|", "\\|")
    return f"{text} Also set by `{parameter.envvar}`." if parameter.envvar else text


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
