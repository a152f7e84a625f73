"""YAML with places: plain values, and the line of every key.

Scalars follow the core schema of YAML 1.2, in which `no` is a text, `010` is ten, `1:30` is a text
and `2e-4` is a number; under PyYAML's default, YAML 1.1, each has another type or value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

try:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]
except ImportError:  # a PyYAML without libyaml
    CParser = object  # type: ignore[misc, assignment]

from arena.api import limits
from arena.errors import InputError
from arena.scenario import keys

MAX_CHARACTERS = 2**18  # of a file: a scenario with a grid of a hundred settings has some 20,000
SECOND_LOOK = 2**16  # characters; the slower scanner reads this many in about a second
MAX_NODES = 40_000  # aliases of aliases can make a few lines billions of values
MAX_DEPTH = 50  # sections inside sections: a scenario needs about ten
LONG = 40  # characters of a scalar that a message shows
TAG = "tag:yaml.org,2002:"
NULL = re.compile(r"~|null|Null|NULL|")
BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
INT = re.compile(r"[-+]?[0-9]+")
DEEP = f"sections are nested too deeply, at most {MAX_DEPTH}"
TOO_WIDE = f"must be a whole number from {-limits.WHOLE} to {limits.WHOLE}"
MERGE = "<<"
ESCAPE = "Unicode character escape"  # escape of a surrogate, which only PyYAML reads
MANY = f"more than {MAX_NODES} values"
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")  # how JSON writes a character above U+FFFF
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Place:
    """Where a value was written: a file and a line, or an override, which has no line."""

    file: str
    line: int | None = None


Overrides = list[tuple[keys.KeyPath, Place]]


@dataclass
class Tree:
    """Plain values (dict, list, text, number, bool, None) and the place of every path."""

    data: Any
    places: dict[keys.KeyPath, Place] = field(default_factory=dict)

    def overrides(self) -> Overrides:
        """Return the paths that an override wrote, with their places."""
        return [(path, place) for path, place in self.places.items() if place.line is None]

    def place(self, path: keys.KeyPath, overrides: Overrides | None = None) -> Place | None:
        """Return where a path was written. An override inside it takes precedence, since it may be
        the cause; without either, the place of the nearest enclosing section.

        Args:
            overrides: what `overrides` returns, for a caller that asks for many places.
        """
        known = self.overrides() if overrides is None else overrides
        inside = [place for each, place in known if each[: len(path)] == path]
        if inside and self.places.get(path) not in inside:
            return inside[-1]
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return None


class _Resolver(yaml.resolver.Resolver):
    """Scalar tags of YAML 1.2."""

    yaml_implicit_resolvers: dict[Any, Any] = {}


class _Composer(yaml.composer.Composer):
    """Composes nodes; stops when they nest too deeply or are too many, before Python's recursion
    limit."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.depth, self.nodes = self.depth + 1, self.nodes + 1
        if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
            rule = DEEP if self.depth > MAX_DEPTH else MANY
            raise _Beyond(problem=rule, problem_mark=self.peek_event().start_mark)  # type: ignore[attr-defined]
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Loader(Reader, Scanner, Parser, _Composer, _Resolver):
    """PyYAML's own scanner; its errors name the character."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        for part in (Scanner, Parser, _Composer, _Resolver):
            part.__init__(self)


class _FastLoader(_Composer, CParser, _Resolver):
    """The scanner of libyaml, ten times as fast; its messages are shorter."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        _Composer.__init__(self)
        _Resolver.__init__(self)


class _Beyond(yaml.MarkedYAMLError):
    """A limit of this module is exceeded."""


for _tag, _pattern in (("null", NULL), ("bool", BOOL), ("int", INT), ("float", FLOAT)):
    _Resolver.add_implicit_resolver(TAG + _tag, re.compile(f"(?:{_pattern.pattern})$"), None)


def parse(text: str, file: str) -> Tree:
    """Return a YAML text as a tree of values with their places.

    Raises:
        InputError: it is not YAML, has a duplicate key, uses tags, or is too large.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"too large: {len(text)} characters, at most {MAX_CHARACTERS}", file)
    node = _composed(text, file)
    if node is None:
        return Tree(None, {(): Place(file, 1)})
    reader = _Reader(file)
    return Tree(reader.value(node, (), ()), {(): Place(file, 1), **reader.places})


def _composed(text: str, file: str) -> yaml.Node | None:
    if yaml.__with_libyaml__:
        try:
            return _node(_FastLoader(text))
        except (yaml.YAMLError, ValueError) as error:
            if isinstance(error, yaml.MarkedYAMLError) and not _worth_a_second_look(error, text):
                raise _refused(error, file) from None
    return _slowly_composed(text, file)


def composed(text: str, file: str) -> yaml.Node | None:
    """Return a YAML text as nodes that know where in the text they start and end.

    Raises:
        InputError: it is not YAML.
    """
    return _slowly_composed(text, file)  # the marks of libyaml do not count characters


def _worth_a_second_look(error: yaml.MarkedYAMLError, text: str) -> bool:
    if isinstance(error, _Beyond):
        return False
    return len(text) <= SECOND_LOOK or ESCAPE in str(error.problem)


def _slowly_composed(text: str, file: str) -> yaml.Node | None:
    loader = None
    try:
        loader = _Loader(text)
        return _node(loader)
    except yaml.MarkedYAMLError as error:
        raise _refused(error, file) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        rule = "YAML does not allow this character"
        raise InputError(rule, file, line, found=f"U+{_code(error):04X}") from None
    except (ValueError, OverflowError):  # raised by PyYAML at an escape such as "\\UFFFFFFFF"
        at = loader.get_mark().line + 1 if loader else None
        raise InputError("not valid YAML: an escape names no character", file, at) from None


def _node(loader: Any) -> yaml.Node | None:
    node: yaml.Node | None = loader.get_single_node()
    return node


def _refused(error: yaml.MarkedYAMLError, file: str) -> InputError:
    mark = error.problem_mark or error.context_mark
    return InputError(_wording(error), file, mark.line + 1 if mark else None)


def _code(error: yaml.reader.ReaderError) -> int:
    return error.character if isinstance(error.character, int) else ord(error.character)


def _wording(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "cannot be read"
    if isinstance(error, _Beyond):
        return problem
    if problem == "but found another document":
        return "not valid YAML: a second document (---); a scenario is a single one"
    if "'\\t'" in problem:
        return "indent with spaces: YAML does not allow tabs here"
    if problem == "mapping values are not allowed here":
        return "not valid YAML: a text with a colon and a space in it must be in quotes"
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
        if len(path) > MAX_DEPTH:
            self._refuse(DEEP, node, path[:2])
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
            key = self._key(key_node, path)
            here = (*path, key)
            if key in result:
                first = self.places[here].line
                self._refuse(f"this key is already on line {first}", key_node, here)
            self.places[here] = Place(self.file, key_node.start_mark.line + 1)
            result[key] = self.value(value_node, here, inside)
        return result

    def _key(self, node: yaml.Node, path: keys.KeyPath) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._refuse("a key must be text", node, path)
        if node.tag != f"{TAG}str":
            hint = " (put it in quotes)" if node.tag.startswith(TAG) else ""
            self._refuse(f"a key must be text{hint}", node, path, found=_short(node.value))
        key = _text(node.value)
        if key == MERGE and not node.style:  # written plainly, without quotes
            rule = "unknown key: merge keys (<<) are not supported, write the keys out"
            self._refuse(rule, node, (*path, key))
        return key

    def _scalar(self, node: yaml.Node, path: keys.KeyPath) -> Any:
        build = SCALARS.get(node.tag.removeprefix(TAG))
        if build is None or not isinstance(node, yaml.ScalarNode):
            self._refuse("YAML tags are not allowed", node, path, found=node.tag)
        try:
            return build(node.value)
        except (ValueError, OverflowError):
            kind = node.tag.removeprefix(TAG)
            wide = kind == "int" and INT.fullmatch(node.value)
            large = kind == "float" and FLOAT.fullmatch(node.value)
            rule = TOO_WIDE if wide else f"not a value of type {kind}"
            rule = "too large for a number" if large else rule
            self._refuse(rule, node, path, found=_short(node.value))

    def _refuse(
        self, rule: str, node: yaml.Node, path: keys.KeyPath, found: str | None = None
    ) -> NoReturn:
        line = node.start_mark.line + 1
        raise InputError(rule, self.file, line, keys.text(path) or None, found)


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}... ({len(text)} characters)"


def _text(text: str) -> str:
    """The text with each surrogate pair replaced by its character."""
    return PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


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
    "str": _text,
}
