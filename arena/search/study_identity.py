"""What determines a study's trials, and whether a stored study has the same: by a digest, or value
by value where one of the two versions of the arena has settings that the other does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from arena.store.identity import digest

SHOWN = 3  # differences that an error names
ABSENT = "nothing"


@dataclass(frozen=True)
class StudyIdentity:
    """What determines a study's trials.

    Attributes:
        content: as plain JSON.
        given: its values, by dotted key, that are no defaults of the schema. A value that a study
            of an earlier version does not have is the same there only if it is a default here.
    """

    content: Mapping[str, JsonValue]
    given: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of the content."""
        return digest(dict(self.content))

    def differences(self, stored: Mapping[str, JsonValue]) -> list[str]:
        """Return in words where a stored study's content differs."""
        there, here = dict(flat(stored)), dict(flat(json.loads(json.dumps(self.content))))
        keys = [*here, *(key for key in there if key not in here)]
        return [
            f"{key} is {there.get(key, ABSENT)} there, {here.get(key, ABSENT)} here"
            for key in keys
            if (key in there or key in self.given) and there.get(key) != here.get(key)
        ]


def flat(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Yield the plain values below a value by dotted key, those of lists by number."""
    if isinstance(value, Mapping):
        inner = list(value.items())
    elif isinstance(value, list | tuple):
        inner = [(str(number), each) for number, each in enumerate(value)]
    else:
        yield key, value
        return
    for name, each in inner:
        yield from flat(each, f"{key}.{name}" if key else name)


def shown(differences: list[str]) -> str:
    """Return the first differences and the number of the others, in words."""
    more = len(differences) - SHOWN
    return "; ".join(differences[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
