"""Arguments of the Python API, checked and brought into one form: a single path is accepted where
several are meant, and what cannot be used is refused by the argument's name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from arena.errors import InputError


def a_path(value: object, argument: str) -> Path:
    """Return a path.

    Raises:
        InputError: the value is no path.
    """
    if not isinstance(value, (str, os.PathLike)):
        raise InputError("must be a path", key=argument, found=repr(value))
    return Path(value)


def paths(value: object, argument: str) -> list[str | Path]:
    """Return several paths; a single one is accepted.

    Raises:
        InputError: the value, or one of its entries, is no path.
    """
    return [each if isinstance(each, str) else a_path(each, argument) for each in _several(value)]


def texts(value: object, argument: str) -> list[str]:
    """Return several texts; a single one is accepted.

    Raises:
        InputError: the value, or one of its entries, is no text.
    """
    return [_text(each, argument) for each in _several(value)]


def seeds(value: object) -> Sequence[object]:
    """Return seeds, each still to be checked; a single number is accepted.

    Raises:
        InputError: the value is a text: `"0-3"` is read on the command line only.
    """
    if isinstance(value, str):
        rule = "must be a number or a list of numbers, such as range(4)"
        raise InputError(rule, key="seeds", found=value)
    return _several(value)


def _text(value: object, argument: str) -> str:
    if not isinstance(value, str):
        raise InputError("must be a text or a list of texts", key=argument, found=repr(value))
    return value


def _several(value: object) -> list[object]:
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, os.PathLike)):
        return list(value)
    return [value]
