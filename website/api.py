"""The Python interface, from its docstrings: `python -m website.api docs/api.md`."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import arena
import arena.api

HEAD = """# Python

This page lists what `import arena` offers, and what a plug-in imports from `arena.api`. Everything
else is internal. A notebook that runs a scenario and draws a figure:
[notebook.ipynb](notebook.ipynb).

```python
import arena

done = arena.run(arena.load_scenario("quickstart", seeds=[0, 1]), quiet=True)
print(done.results.claim.verdict, done.folder)
```

Written by `python -m website.api docs/api.md` from the docstrings.

## Functions
"""
ERRORS = """## Errors
"""
PLUGINS = """## Base classes of plug-ins

From `arena.api`. How to write, run, test and package a plug-in: [plugins.md](plugins.md). A method
marked *required* has no default.
"""
VALUES = """## Values that plug-ins exchange

| name | what it is | fields |
|---|---|---|"""
ROLES = (
    "Trigger", "Payload", "Setting", "Texts", "Arrival", "Shaping", "Objective", "Discoverer",
    "Corpus", "HotForm", "Measure", "NumberMeasure", "ScalarMeasure", "Tracker",
)  # fmt: skip
SECTION = re.compile(r"^(Example|Args|Attributes|Raises):\n((?: .*\n?|\n(?= ))+)", re.MULTILINE)
TITLES = {"Args": "Arguments"}


def document() -> str:
    """Return the document, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEAD
    for name in arena.__all__:
        if not inspect.isclass(getattr(arena, name)):
            yield from _function(name, getattr(arena, name))
    yield ERRORS
    yield from (f"- `arena.{name}`: {_first(getattr(arena, name))}" for name in _errors())
    yield ""
    yield PLUGINS
    for name in ROLES:
        yield from _role(name, getattr(arena.api, name))
    yield VALUES
    for name in arena.api.__all__:
        value = getattr(arena.api, name)
        if name not in ROLES and (inspect.isclass(value) or inspect.isroutine(value)):
            yield f"| `{name}` | {_first(value)} | {_fields(value)} |"


def _fields(value: Any) -> str:
    """The names of a dataclass's fields; empty for anything else."""
    if not dataclasses.is_dataclass(value):
        return ""
    return ", ".join(f"`{each.name}`" for each in dataclasses.fields(value))


def _errors() -> list[str]:
    return [name for name in arena.__all__ if inspect.isclass(getattr(arena, name))]


def _function(name: str, function: Any) -> Iterator[str]:
    yield f"### `arena.{name}`\n"
    yield f"```python\n{_signature(name, function)}\n```\n"
    yield from _docstring(inspect.getdoc(function) or "")


def _signature(name: str, function: Any) -> str:
    lines = [f"arena.{name}("]
    keywords = False
    for each in inspect.signature(function).parameters.values():
        if each.kind is each.KEYWORD_ONLY and not keywords:
            keywords = True
            lines.append("    *,")
        lines.append(f"    {each.name}: {each.annotation}{_default(each.default)},")
    return "\n".join([*lines, f") -> {inspect.signature(function).return_annotation}"])


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return ""
    return " = ..." if callable(value) else f" = {value!r}"


def _docstring(text: str) -> Iterator[str]:
    """Yield the paragraphs of a docstring, its example as code, its arguments as a list."""
    at = 0
    for found in SECTION.finditer(text):
        yield from _paragraphs(text[at : found.start()])
        yield from _section(found[1], textwrap.dedent(found[2]).strip("\n"))
        at = found.end()
    yield from _paragraphs(text[at:])


def _section(title: str, block: str) -> Iterator[str]:
    if title == "Example":
        yield f"```{'pycon' if block.startswith('>>>') else 'python'}\n{block}\n```\n"
        return
    yield f"{TITLES.get(title, title)}:\n"
    yield from (f"- {item}" for item in _items(block))
    yield ""


def _paragraphs(text: str) -> Iterator[str]:
    if text.strip():
        yield f"{_prose(text)}\n"


def _prose(text: str) -> str:
    paragraphs = (" ".join(each.split()) for each in text.strip().split("\n\n"))
    return "\n\n".join(paragraphs)


def _items(block: str) -> Iterator[str]:
    """Yield the entries of a section, their wrapped lines joined and their names as code."""
    for item in re.split(r"\n(?! )", block):
        joined = " ".join(item.split())
        yield re.sub(r"(^|(?<=[.;] ))(\w+(?:, \w+)*): ", _named, joined)


def _named(found: re.Match[str]) -> str:
    return ", ".join(f"`{name}`" for name in found[2].split(", ")) + ": "


def _role(name: str, role: Any) -> Iterator[str]:
    yield f"### `{name}`\n"
    yield from _docstring(inspect.getdoc(role) or "")
    rows = [row for each in vars(role) if (row := _member(role, each))]
    if rows:
        yield from ("| member | what it does |", "|---|---|", *rows, "")


def _member(role: Any, name: str) -> str | None:
    """Return the row of a documented public method or property."""
    held = inspect.getattr_static(role, name)
    function = held.fget if isinstance(held, property) else getattr(held, "__func__", held)
    if name.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
        return None
    given = [each for each in inspect.signature(function).parameters if each not in ("self", "cls")]
    called = name if isinstance(held, property) else f"{name}({', '.join(given)})"
    required = "*required.* " if name in getattr(role, "__abstractmethods__", ()) else ""
    return f"| `{called}` | {required}{_first(function)} |"


def _head(value: Any) -> str:
    return re.split(r"^\w+:\n ", inspect.getdoc(value) or "", maxsplit=1, flags=re.MULTILINE)[0]


def _first(value: Any) -> str:
    """Return the first paragraph of a docstring, for a cell of a table."""
    return _prose(_head(value)).split("\n\n")[0].replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
