"""Dotted keys: the text `actors[1].poison.rate` and the path behind it."""

from __future__ import annotations

import re

from arena.errors import InputError

KeyPath = tuple[str | int, ...]

_STEP = re.compile(r"\.([^.\[\]\s=]+)|\[(\d+)\]")


def text(path: KeyPath) -> str:
    """Return the path `("actors", 1, "poison")` as `actors[1].poison`."""
    written = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return written.removeprefix(".")


def inside(key: str | None) -> KeyPath:
    """Return the path of a part's own key, for an error. Text that is no dotted key (`[bold]`, an
    empty name) becomes a single step; None gives an empty path."""
    try:
        return parse(key) if key else ()
    except InputError:
        return (str(key),)


def parse(key: str) -> KeyPath:
    """Return the path of a dotted key, the inverse of `text`.

    Raises:
        InputError: the text is not a dotted key.
    """
    rest = key if key.startswith("[") else f".{key}"
    steps: list[str | int] = []
    position = 0
    while step := _STEP.match(rest, position):
        steps.append(step[1] if step[1] is not None else int(step[2]))
        position = step.end()
    if not steps or position < len(rest):
        raise InputError("not a key, write it like actors[0].poison.rate", found=key)
    return tuple(steps)
