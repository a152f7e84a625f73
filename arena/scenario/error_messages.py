"""Pydantic's errors as the arena's: the rule, the value and the place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from arena.errors import InputError, nearest
from arena.scenario import keys
from arena.scenario.problems import CUSTOM, InputErrors, Violation
from arena.scenario.schema_paths import Spot, locate
from arena.scenario.tree import Overrides, Tree

LONGEST = 60
WIDE = 1000  # ratio of a range's ends above which a message names only one of them

UNKNOWN_VALUE = "unknown value"
NAME_OF_KEY = "[key]"  # what pydantic adds to the location of a key that is wrong itself

PATTERNS: Mapping[str, str] = {
    r"\S": "must not be empty or white space only",
    r"\w": "must contain a letter or a digit",
}

TYPES: Mapping[str, str] = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "model_type": "must be a section with keys of its own",
    "model_attributes_type": "must be a section with keys of its own",
    "dict_type": "must be a section with keys of its own",
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def input_errors(error: ValidationError, root: type[BaseModel], tree: Tree) -> InputErrors:
    """Return every error of a validation with its place in the file, in the order of its lines."""
    items = error.errors()
    told = [_problem(item, root, tree.data) for item in items if not _echo(item, items)]
    problems = _joined(told)
    overrides = tree.overrides()
    placed = [place(problem, tree, overrides) for problem in problems]
    return InputErrors(sorted(placed, key=lambda item: item.line or 0))


def _echo(item: ErrorDetails, items: list[ErrorDetails]) -> bool:
    """Whether an error only follows from others, which are reported: a list is too short because
    its entries are wrong, or a default could not be chosen."""
    if item["type"] == "default_factory_not_called":
        return True
    loc = item["loc"]
    inside = (other["loc"] for other in items if other is not item)
    return item["type"] == "too_short" and any(path[: len(loc)] == loc for path in inside)


def _joined(problems: list[Violation]) -> list[Violation]:
    """Return the problems with one for each value that may be of a type or one of some words,
    instead of one for the type and one for the words."""
    words = {p.path: p.allowed for p in problems if p.message == UNKNOWN_VALUE}
    typed = {p.path for p in problems if p.path in words and p.message != UNKNOWN_VALUE}
    return [
        _or_words(p, words[p.path]) if p.path in typed else p
        for p in problems
        if p.path not in typed or p.message != UNKNOWN_VALUE
    ]


def _or_words(problem: Violation, words: tuple[str, ...]) -> Violation:
    shown = words if nearest(problem.found, words) else ()
    return replace(problem, message=f"{problem.message}, or {', '.join(words)}", allowed=shown)


def place(problem: Violation, tree: Tree, overrides: Overrides | None = None) -> InputError:
    """Return a problem as an InputError, with the file and line of its path."""
    where = tree.place(problem.path, overrides)
    return InputError(
        problem.message,
        where.file if where else None,
        where.line if where else None,
        keys.text(problem.path) or None,
        problem.found,
        problem.allowed,
    )


def _problem(item: ErrorDetails, root: type[BaseModel], data: object) -> Violation:
    kind, context = item["type"], item.get("ctx") or {}
    if kind == CUSTOM:
        own: Violation = context["problem"]
        path = (*item["loc"], *context.get("below", ()))
        return Violation(path, own.message, own.found, own.allowed)
    spot = locate(root, data, [step for step in item["loc"] if step != NAME_OF_KEY])
    if kind == "missing":
        return Violation(spot.path, TYPES[kind], None, spot.words)
    if kind == "extra_forbidden":
        return Violation(spot.path, TYPES[kind], str(spot.path[-1]), spot.allowed)
    if kind == "literal_error":
        allowed = tuple(re.findall(r"'([^']*)'", context.get("expected", "")))
        return Violation(spot.path, UNKNOWN_VALUE, show(item["input"]), allowed)
    value = _found(kind, item["input"])
    return Violation(spot.path, _rule(kind, item, spot), value, _keys(kind, spot))


def _rule(kind: str, item: ErrorDetails, spot: Spot) -> str:
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        too_large = kind.startswith("less_than")
        return interval(spot.metadata, too_large=too_large) or _plain(item["msg"])
    if kind == "value_error":
        return str(item["ctx"]["error"])
    if kind == "string_type":
        quotable = isinstance(item["input"], bool | int | float)
        return "must be text (put it in quotes)" if quotable else "must be text"
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(item["ctx"]["pattern"]) or _plain(item["msg"])
    if kind in ("float_type", "float_parsing"):
        return _number(str(item["input"]).strip())
    return TYPES.get(kind) or _plain(item["msg"])


def _number(found: str) -> str:
    rule = TYPES["float_type"]
    if re.fullmatch(r"[+-]?\d+,\d+", found):
        return f"{rule}, with a decimal point ({found.replace(',', '.')})"
    return rule


def _keys(kind: str, spot: Spot) -> tuple[str, ...]:
    sections = ("model_type", "model_attributes_type", "dict_type")
    return spot.inside if kind in sections else ()


def _plain(message: str) -> str:
    plain = re.sub(r"^\w+ should ", "must ", message).replace(" after validation", "")
    plain = plain.replace("greater than or equal to", "at least").replace("greater", "more")
    return plain.replace("less than or equal to", "at most")


def _found(kind: str, value: object) -> str | None:
    """The value; of a whole section, which would fill the screen, only that it is one, and only
    where something else belongs."""
    if isinstance(value, Mapping) and value:
        return "a section" if kind in TYPES or kind == "string_type" else None
    return show(value)


def show(value: object) -> str:
    """Return a value as YAML writes it, shortened to one line."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)  # whole numbers are within 64 bits (arena.scenario.plain_values)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def interval(metadata: tuple[Any, ...], *, too_large: bool = False) -> str | None:
    """Return `must be in (0, 1]` for a field's bounds; None without bounds. For a wide range only
    the exceeded end is named."""
    bounds = {
        name: getattr(item, name)
        for item in metadata
        for name in ("gt", "ge", "lt", "le")
        if getattr(item, name, None) is not None
    }
    low = bounds.get("gt", bounds.get("ge"))
    high = bounds.get("lt", bounds.get("le"))
    if low is not None and high is not None:
        if high < WIDE * max(low, 1):
            left, right = "(" if "gt" in bounds else "[", ")" if "lt" in bounds else "]"
            return f"must be in {left}{low:g}, {high:g}{right}"
        low, high = (None, high) if too_large else (low, None)
    if low is not None:
        return f"must be {'more than' if 'gt' in bounds else 'at least'} {_plain_number(low)}"
    if high is not None:
        return f"must be {'less than' if 'lt' in bounds else 'at most'} {_plain_number(high)}"
    return None


def _plain_number(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"
