"""Arguments of the Python API, checked and brought into one form: a single path is accepted where
several are meant, and what cannot be used is refused by the argument's name."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable
from pathlib import Path
from typing import SupportsIndex

from arena.errors import InputError, no_folder


def a_folder(value: object, argument: str) -> Path:
    """Return the absolute path of an existing folder; other machines may have another working
    folder.

    Raises:
        InputError: the value is no path, or there is no such folder.
    """
    path = a_path(value, argument).expanduser().resolve()
    if not path.is_dir():
        raise InputError(no_folder(path), key=argument, found=str(value))
    return path


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


def seeds(value: object) -> list[int]:
    """Return seeds; a single number is accepted.

    Raises:
        InputError: an entry is no whole number. (`"0-3"` is read on the command line only.)
    """
    rule = "must be a whole number or a list of them, such as range(4)"
    return [_whole(each, "seeds", rule) for each in _several(value)]


def a_count(value: object, argument: str) -> int:
    """Return a whole number of 1 or more.

    Raises:
        InputError: it is none.
    """
    count = _whole(value, argument, "must be a whole number of 1 or more")
    if count < 1:
        raise InputError("must be 1 or more", key=argument, found=repr(value))
    return count


def _whole(value: object, argument: str, rule: str) -> int:
    if not isinstance(value, SupportsIndex):  # numpy's whole numbers are
        raise InputError(rule, key=argument, found=repr(value))
    return operator.index(value)


def _text(value: object, argument: str) -> str:
    if not isinstance(value, str):
        raise InputError("must be a text or a list of texts", key=argument, found=repr(value))
    return value


def _several(value: object) -> list[object]:
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, os.PathLike)):
        return list(value)
    return [value]
