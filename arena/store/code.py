"""The code of a part, as part of an address: an edited attack is another attack.

Only the part's own file (its folder, for a part that has one) and those of its bases are
seen. A part that calls helpers elsewhere raises its `version` when they change what it makes.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from pathlib import Path
from typing import Any

from arena.api.trigger import Trigger
from arena.registry import HOMES

OURS = ("builtins", "abc", "arena.api", "arena.api.tactic")


def code_of(part: type[Any]) -> str:
    """SHA-256 (hex) of the source behind a class, with its `version` if it has one."""
    files = {file for base in part.__mro__ for file in _files(base)}
    return _digest(str(getattr(part, "version", 1)), tuple(sorted(files)))


def codes_of(trigger: Trigger) -> list[str]:
    """Digests of the code that marks: of a compound trigger, of all that it is made of."""
    inner = (code for each in trigger.triggers for code in codes_of(each))
    return [code_of(type(trigger)), *inner]


@functools.cache
def _digest(version: str, files: tuple[Path, ...]) -> str:
    found = hashlib.sha256(version.encode())
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()


def _files(base: type) -> list[Path]:
    """The file of a class outside the arena's own roles; all of its folder's, where the part
    is a package inside one of the homes."""
    if base.__module__ in OURS:
        return []
    try:
        file = Path(inspect.getfile(base))
    except (OSError, TypeError):
        return []
    package = base.__module__.rpartition(".")[0]
    inside = any(package.startswith(f"{home}.") for home in HOMES)
    return sorted(file.parent.glob("*.py")) if inside else [file]
