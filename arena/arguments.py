"""Arguments of the Python API, checked and brought into one form: a single path is accepted where
several are meant, and what cannot be used is refused by the argument's name."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import SupportsFloat, SupportsIndex

import numpy as np

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


def optional_text(value: object, argument: str) -> str | None:
    """Return a text, or None.

    Raises:
        InputError: it is neither.
    """
    if value is None or isinstance(value, str):
        return value
    raise InputError("must be a text", key=argument, found=repr(value))


def optional_number(value: object, argument: str) -> float | None:
    """Return a finite number of 0 or more, or None.

    Raises:
        InputError: it is neither.
    """
    if value is None:
        return None
    if not isinstance(value, SupportsFloat) or not 0 <= float(value) < math.inf:
        raise InputError("must be a number of 0 or more", key=argument, found=repr(value))
    return float(value)


def optional_truth(value: object, argument: str) -> bool | None:
    """Return True, False or None.

    Raises:
        InputError: it is none of them, such as the text `"no"`.
    """
    if value is None or isinstance(value, (bool, np.bool_)):
        return None if value is None else bool(value)
    raise InputError("must be True, False or None", key=argument, found=repr(value))


def a_whole(value: object, argument: str) -> int:
    """Return a whole number.

    Raises:
        InputError: it is none.
    """
    return _whole(value, argument, "must be a whole number")


def a_part(value: object) -> tuple[int, int]:
    """Return the number of a part and the number of all parts.

    Raises:
        InputError: it is no pair of whole numbers. (`"3/8"` is read on the command line only.)
    """
    rule = "must be two whole numbers, such as (3, 8) for the third of eight parts"
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)) or len(value) != 2:
        raise InputError(rule, key="part", found=repr(value))
    return _whole(value[0], "part", rule), _whole(value[1], "part", rule)


def _whole(value: object, argument: str, rule: str) -> int:
    if not isinstance(value, SupportsIndex):  # numpy's whole numbers are
        raise InputError(rule, key=argument, found=repr(value))
    return operator.index(value)


def _text(value: object, argument: str) -> str:
    if not isinstance(value, str):
        raise InputError("must be a text or a list of texts", key=argument, found=repr(value))
    return value


def _several(value: object) -> list[object]:
    single = (str, bytes, os.PathLike, Mapping)
    if isinstance(value, Iterable) and not isinstance(value, single):
        return list(value)
    return [value]
