"""The arena's exceptions: wrong input (exit status 2) and a failed run (exit status 1)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class ArenaError(Exception):
    """A run that failed. The command line prints it without a traceback and exits with 1."""

    exit_status = 1


@dataclass
class InputError(ArenaError):
    """Wrong input, with its place, the rule, the value found and the values allowed; exit status 2.

    Attributes:
        message: the violated rule, without the place ("must be in (0, 1]").
        file, line: the place, if known (lines count from 1).
        key: the dotted path inside the file, e.g. `actors[1].poison.rate`.
        found: the offending value as text.
        allowed: valid values or names; the nearest to `found` is suggested.
    """

    message: str
    file: str | None = None
    line: int | None = None
    key: str | None = None
    found: str | None = None
    allowed: tuple[str, ...] = ()

    exit_status = 2

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        head = "  ".join(part for part in (place, self.key) if part)
        lines = [f"{head}: {self.message}" if head else self.message]
        if self.found is not None:
            lines.append(f"  found:   {self.found}")
        if self.allowed:
            lines.append(f"  allowed: {', '.join(self.allowed)}")
        near = nearest(self.found, self.allowed)
        if near is not None:
            lines.append(f"  did you mean {near!r}?")
        return "\n".join(lines)


def nearest(found: str | None, allowed: Iterable[str]) -> str | None:
    """Return the allowed name closest to the one found, or None if none is close."""
    if not found:
        return None
    matches = difflib.get_close_matches(found.strip("'\""), list(allowed), n=1, cutoff=0.5)
    return matches[0] if matches else None
