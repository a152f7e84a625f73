"""Change single values in the text of a scenario, and leave every other character as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from arena.errors import InputError
from arena.scenario import keys
from arena.scenario.tree import composed


def edited(text: str, changes: Mapping[str, Any], file: str = "scenario.yaml") -> str:
    """Return a scenario's text with other values of some keys (`defender.steps`), comments and
    layout kept. A key that the text does not have is added to its section.

    Raises:
        InputError: the text is no mapping, or a list has no entry of that name.
    """
    for key, value in changes.items():
        text = _put(text, keys.parse(key), value, file)
    return text


def _put(text: str, path: keys.KeyPath, value: Any, file: str) -> str:
    node = composed(text, file)
    if node is None:
        raise InputError("is empty, so nothing can be changed", file)
    for depth, step in enumerate(path):
        inner = _child(node, step)
        if inner is None:
            return _added(text, node, path[depth:], value)
        node = inner
    return _replaced(text, node, _flow(value))


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    """The value below a key, or the entry of a list by its number or name; None if there is no such
    key."""
    if isinstance(node, yaml.MappingNode):
        return next((inner for key, inner in node.value if key.value == step), None)
    entries: list[yaml.Node] = node.value if isinstance(node, yaml.SequenceNode) else []
    for number, entry in enumerate(entries):
        name = _child(entry, "name") if isinstance(step, str) else None
        if number == step or (name is not None and name.value == step):
            return entry
    if entries:
        raise InputError("no entry of this name", found=str(step))
    return None


def _added(text: str, node: yaml.Node, path: keys.KeyPath, value: Any) -> str:
    """Add a key, with the sections that it needs, to the section in which it is missing."""
    first, *rest = path
    for step in reversed(rest):
        value = {step: value}
    if not isinstance(node, yaml.MappingNode):  # `training:` without anything
        return _replaced(text, node, _flow({first: value}))
    if node.flow_style:
        end = node.end_mark.index - 1
        comma = ", " if node.value else ""
        return f"{text[:end]}{comma}{first}: {_flow(value)}{text[end:]}"
    indent = " " * node.start_mark.column
    return _with_line(text, _last_line(node) + 1, f"{indent}{first}: {_flow(value)}")


def _replaced(text: str, node: yaml.Node, value: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    gap = " " if start == end and text[start - 1 : start] not in (" ", "") else ""
    return f"{text[:start]}{gap}{value}{text[end:]}"


def _last_line(node: yaml.Node) -> int:
    """The line of a node's last character; the end of a block is the start of what follows it."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    mark = node.end_mark
    return mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line


def _with_line(text: str, number: int, line: str) -> str:
    lines = text.split("\n")
    return "\n".join([*lines[:number], line, *lines[number:]])


def _flow(value: Any) -> str:
    """The value on one line."""
    dumped: str = yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)
    return dumped.removesuffix("...\n").strip()
