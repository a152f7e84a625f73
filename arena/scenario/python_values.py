"""Values that only Python knows (numpy's, ranges, paths), as the plain ones that YAML has."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from arena.errors import InputError
from arena.scenario import keys
from arena.scenario.tree import DEEP, MAX_DEPTH

PLACE = "the scenario"  # stands for the file in errors
KINDS = "texts, numbers, lists and dicts"


def plain(value: object, path: keys.KeyPath = ()) -> Any:
    """Return the value with numpy's numbers and arrays, ranges, tuples and paths as plain values,
    all the way down.

    Raises:
        InputError: something else is among them, or it is nested too deep; with its key.
    """
    if len(path) > MAX_DEPTH:
        raise InputError(DEEP, PLACE, key=keys.text(path[:2]))
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return dict(_pairs(value, path))
    if isinstance(value, (list, tuple, range)):
        return [plain(each, (*path, at)) for at, each in enumerate(value)]
    raise _not_yaml(f"must hold only what YAML can: {KINDS}", path, value)


def _pairs(value: Mapping[Any, object], path: keys.KeyPath) -> Iterator[tuple[str, Any]]:
    for key, each in value.items():
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            raise _not_yaml("a key must be text", path, key)
        yield str(key), plain(each, (*path, str(key)))


def _not_yaml(rule: str, path: keys.KeyPath, found: object) -> InputError:
    shown = f"{found!r:.80} ({type(found).__name__})"
    return InputError(rule, PLACE, key=keys.text(path) or None, found=shown)
