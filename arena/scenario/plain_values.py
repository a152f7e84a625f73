"""Values that are refused anywhere in a scenario: lone surrogates, and numbers out of range.

Checked on the plain values before the schema sees them, so that it holds for a file, for `--set`,
for a dict, and for the parameters of a plug-in alike.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from arena.api import limits
from arena.errors import InputError
from arena.scenario import keys
from arena.scenario.problems import InputErrors
from arena.scenario.tree import DEEP, MAX_DEPTH, TOO_WIDE, Tree

SURROGATE = re.compile("[\ud800-\udfff]")
HALF = "is no text: it holds half of a character (a lone surrogate)"
SHOWN = 40  # characters of a found value
SHOWN_DIGITS = 20


def refuse_unusable(tree: Tree) -> None:
    """Refuse texts with lone surrogates, and numbers that are infinite or beyond 64 bits.

    Raises:
        InputError: there are such values; with the place of each.
    """
    overrides = tree.overrides()
    errors = []
    for path, rule, found in _flaws(tree.data):
        place = tree.place(path, overrides)
        file, line = (place.file, place.line) if place else (None, None)
        errors.append(InputError(rule, file, line, keys.text(path) or None, found))
    if errors:
        raise InputErrors(errors)


def _flaws(data: object) -> Iterator[tuple[keys.KeyPath, str, str]]:
    """The path, the broken rule and the value of each, in the order of the file."""
    waiting: list[tuple[keys.KeyPath, object]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > MAX_DEPTH:
            yield path[:2], DEEP, f"{len(path)} and more"
            continue
        if isinstance(value, dict):
            yield from (((*path, key), HALF, key) for key in value if SURROGATE.search(str(key)))
            waiting += [((*path, key), inside) for key, inside in reversed(value.items())]
        elif isinstance(value, list):
            inside = list(enumerate(value))
            waiting += [((*path, at), each) for at, each in reversed(inside)]
        else:
            flaw = _flaw(value)
            if flaw is not None:
                yield path, *flaw


def _flaw(value: object) -> tuple[str, str] | None:
    if isinstance(value, str) and SURROGATE.search(value):
        return HALF, _around(value)
    if isinstance(value, int) and abs(value) > limits.WHOLE:
        digits = str(value)
        return TOO_WIDE, f"{digits[:SHOWN_DIGITS]}... ({len(digits.lstrip('-'))} digits)"
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number", str(value)
    return None


def _around(text: str) -> str:
    """The part of a text that shows its first lone surrogate."""
    found = SURROGATE.search(text)
    start = max(0, found.start() - SHOWN // 2) if found else 0
    return repr(text[start : start + SHOWN])
