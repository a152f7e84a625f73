"""The arena's exceptions: wrong input (exit status 2) and a failed run (exit status 1)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from arena.printable import on_one_line, printable

# What people call some values of a scenario, beside the names that it has for them.
SYNONYMS = {"gpu": "cuda", "fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}

LONGEST = 500  # characters of a value, a key or a file name that a message shows


class ArenaError(Exception):
    """A run that failed. The command line prints it without a traceback and exits with 1."""

    exit_status = 1


class MachineError(ArenaError):
    """The machine failed, not the experiment: a full disk, a lost Ray process or storage. No result
    is drawn from it; the same command continues the run."""


class UnexpectedError(ArenaError):
    """A stage failed with an error that the arena does not raise itself: a bug, of the arena or of
    a plug-in. Nothing can be concluded from it."""


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
        file, key = (None if part is None else short(part) for part in (self.file, self.key))
        place = ":".join(str(part) for part in (file, self.line) if part is not None)
        head = "  ".join(part for part in (place, key) if part)
        message = printable(self.message)
        lines = [f"{head}: {message}" if head else message]
        if self.found is not None:
            lines.append(f"  found:   {short(self.found)}")
        if self.allowed:
            lines.append(f"  allowed: {', '.join(map(short, self.allowed))}")
        near = nearest(self.found, self.allowed)
        if near is not None:
            lines.append(f"  did you mean {near!r}?")
        return "\n".join(lines)


def short(value: object) -> str:
    """Return a value as a message shows it: printable, on one line, truncated if very long."""
    text = value if isinstance(value, str) else repr(value)
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return on_one_line(cut)


def placed_key(key: str, section: str) -> str:
    """Return a defence's key `defender...` with the section that the defence is in, such as
    `league[0]`."""
    first, dot, inside = key.partition(".")
    return f"{section}{dot}{inside}" if first == "defender" else key


def no_folder(path: Path) -> str:
    """Return what is wrong with a path that should be a folder's."""
    return "this is a file, not a folder" if path.is_file() else "no such folder"


def nearest(found: object, allowed: Iterable[str]) -> str | None:
    """Return the allowed name that was meant: another name for the same thing, or the one closest
    to what was found; None if none is close."""
    if not isinstance(found, str) or not found or len(found) > LONGEST:
        return None
    allowed = list(allowed)
    plain = found.strip("'\"").casefold()
    meant = SYNONYMS.get(plain, plain)
    same = [name for name in allowed if name.casefold() == meant]
    if same:
        return same[0]
    matches = difflib.get_close_matches(found.strip("'\""), allowed, n=1, cutoff=0.5)
    return matches[0] if matches else None
