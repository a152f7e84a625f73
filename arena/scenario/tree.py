"""YAML with places: plain values, and the line of every key.

Scalars follow the core schema of YAML 1.2, where `no` is a text, `010` is ten, `1:30` is a
text and `2e-4` is a number; under PyYAML's default, 1.1, each has another type or value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from arena.errors import InputError
from arena.scenario import keys

MAX_NODES = 100_000  # aliases of aliases can make a few lines billions of values
TAG = "tag:yaml.org,2002:"
NULL = re.compile(r"~|null|Null|NULL|")
BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
INT = re.compile(r"[-+]?[0-9]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Place:
    """Where a value was written: a file and a line, or an override, which has no line."""

    file: str
    line: int | None = None


@dataclass
class Tree:
    """Plain values (dict, list, text, number, bool, None) and the place of every path."""

    data: Any
    places: dict[keys.KeyPath, Place] = field(default_factory=dict)

    def place(self, path: keys.KeyPath) -> Place | None:
        """Return where a path was written; an override inside it has precedence, since it may be
        the cause; without either, the place of the nearest section around it."""
        inside = [place for known, place in self.places.items() if known[: len(path)] == path]
        override = [place for place in inside if place.line is None]
        if override and self.places.get(path) not in override:
            return override[-1]
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return None


class _Loader(yaml.SafeLoader):
    """Composes nodes only, with scalar tags of YAML 1.2."""

    yaml_implicit_resolvers: dict[Any, Any] = {}


for _tag, _pattern in (("null", NULL), ("bool", BOOL), ("int", INT), ("float", FLOAT)):
    _Loader.add_implicit_resolver(TAG + _tag, re.compile(f"(?:{_pattern.pattern})$"), None)


def parse(text: str, file: str) -> Tree:
    """Parse a YAML text.

    Raises:
        InputError: it is not YAML, has a key twice, or uses tags.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            return Tree(None, {(): Place(file, 1)})
        reader = _Reader(file)
        return Tree(reader.value(node, (), ()), {(): Place(file, 1), **reader.places})
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(_wording(error), file, mark.line + 1 if mark else None) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError("YAML does not allow this character", file, line) from None
    except RecursionError:
        raise InputError("sections are nested too deeply", file) from None


def _wording(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "cannot be read"
    if "'\\t'" in problem:
        return "indent with spaces: YAML does not allow tabs here"
    return f"not valid YAML: {problem}"


class _Reader:
    """Converts composed nodes to values and records their places."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[keys.KeyPath, Place] = {}
        self.nodes = 0

    def value(self, node: yaml.Node, path: keys.KeyPath, above: tuple[yaml.Node, ...]) -> Any:
        self.nodes += 1
        if any(node is outer for outer in above) or self.nodes > MAX_NODES:
            self._refuse("an alias (*name) makes this too large or endless", node, path)
        self.places.setdefault(path, Place(self.file, node.start_mark.line + 1))
        inside = (*above, node)
        if isinstance(node, yaml.MappingNode) and node.tag == f"{TAG}map":
            return self._mapping(node, path, inside)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{TAG}seq":
            children: list[yaml.Node] = node.value
            return [self.value(child, (*path, i), inside) for i, child in enumerate(children)]
        return self._scalar(node, path)

    def _mapping(
        self, node: yaml.MappingNode, path: keys.KeyPath, inside: tuple[yaml.Node, ...]
    ) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != f"{TAG}str":
                self._refuse("a key must be text", key_node, path)
            key = str(key_node.value)
            here = (*path, key)
            if key in result:
                first = self.places[here].line
                self._refuse(f"this key is already on line {first}", key_node, here)
            self.places[here] = Place(self.file, key_node.start_mark.line + 1)
            result[key] = self.value(value_node, here, inside)
        return result

    def _scalar(self, node: yaml.Node, path: keys.KeyPath) -> Any:
        build = SCALARS.get(node.tag.removeprefix(TAG))
        if build is None or not isinstance(node, yaml.ScalarNode):
            self._refuse("YAML tags are not allowed", node, path, found=node.tag)
        try:
            return build(node.value)
        except (ValueError, OverflowError):
            kind = node.tag.removeprefix(TAG)
            self._refuse(f"not a value of type {kind}", node, path, found=node.value[:40])

    def _refuse(
        self, rule: str, node: yaml.Node, path: keys.KeyPath, found: str | None = None
    ) -> NoReturn:
        line = node.start_mark.line + 1
        raise InputError(rule, self.file, line, keys.text(path) or None, found)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _truth(text: str) -> bool:
    if not BOOL.fullmatch(text):
        raise ValueError(text)
    return text.lower() == "true"


SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda text: None,
    "bool": _truth,
    "int": int,
    "float": _number,
    "str": str,
}
