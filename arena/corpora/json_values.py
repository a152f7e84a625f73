"""JSON as data files hold it: parsed without surprises, and fields that must be texts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.errors import InputError

LONGEST_INTEGER = 18  # digits; longer ones are read as floats, since Python refuses 4,300 digits
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Place:
    """Where a value stands: the file, its line if a line is a value of its own, and the key."""

    file: Path
    key: str | None = None
    line: int | None = None

    def at(self, key: str) -> Place:
        """Return the place of a key below this one."""
        joint = "" if key.startswith("[") or self.key is None else "."
        return Place(self.file, f"{self.key or ''}{joint}{key}", self.line)

    def error(
        self, message: str, found: str | None = None, allowed: tuple[str, ...] = ()
    ) -> InputError:
        """Return the error that a value at this place breaks a rule."""
        return InputError(message, str(self.file), self.line, self.key, found, allowed)


class _Repeated(dict[str, Any]):
    """A JSON object with duplicate keys; `keys_twice` names them."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.keys_twice = {name for name in names if names.count(name) > 1}


def parse(text: str) -> Any:
    """Parse JSON; numbers of any length are taken, and duplicate keys are kept in mind.

    Raises:
        json.JSONDecodeError: it is not JSON.
        RecursionError: lists and objects are nested too deeply.
    """
    return json.loads(text, object_pairs_hook=_object, parse_int=_integer)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else _Repeated(pairs)


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


def object_at(value: Any, place: Place) -> dict[str, Any]:
    """Return a value that must be an object.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, dict):
        raise place.error("must be an object", kind(value))
    return value


def value_of(row: dict[str, Any], name: str, place: Place) -> Any:
    """Return the value of a key, None if the object at `place` lacks it.

    Raises:
        InputError: the key stands twice.
    """
    if isinstance(row, _Repeated) and name in row.keys_twice:
        raise place.at(name).error("this key occurs twice in the object")
    return row.get(name)


def text_of(row: dict[str, Any], name: str, place: Place, default: str | None = None) -> str:
    """Return the text of a key of the object at `place`, or `default` if it lacks the key.

    Raises:
        InputError: the key is missing or stands twice, or its value is not a text, or holds a NUL
            character or a lone surrogate.
    """
    value = value_of(row, name, place) if name in row else default
    if not isinstance(value, str):
        found = kind(value) if name in row else "nothing"
        raise place.at(name).error("must be a text", found)
    bad = _NO_TEXT.search(value)
    if bad is not None:
        raise place.at(name).error(_no_text(bad[0]), _around(value, bad))
    return value


def kind(value: object) -> str:
    """Return a value in JSON's notation; a list or an object, which can be long, only by its
    kind."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return shortened(ascii(value))


def shortened(text: str) -> str:
    """Return at most 80 characters of a text."""
    return text if len(text) <= 80 else f"{text[:77]}..."


def _no_text(character: str) -> str:
    if character == "\0":
        return "must not contain a NUL character"
    return f"holds half a character (the lone surrogate \\u{ord(character):04x})"


def _around(text: str, found: re.Match[str]) -> str:
    """The surroundings of a character in a text, with the character itself as an escape."""
    part = text[max(0, found.start() - 20) : found.end() + 20]
    return part.encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")
