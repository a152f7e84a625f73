"""`--set key.path=value`: replace values of a scenario before it is validated."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from arena.errors import InputError, short
from arena.scenario import keys
from arena.scenario.tree import Place, Tree, parse


def apply(tree: Tree, overrides: Sequence[str]) -> None:
    """Replace values in the tree, in order; later overrides see earlier ones.

    A list entry is chosen by index (`actors[0].poison.rate=0.1`) or by its name
    (`actors.lexical.poison.rate=0.1`). Missing sections are created.

    Raises:
        InputError: an override is wrong; the place is the `--set` text.
    """
    for override in overrides:
        _apply_one(tree, override)


def _apply_one(tree: Tree, override: str) -> None:
    shown = f"--set {short(override)}"
    key, equals, text = override.partition("=")
    if not equals:
        raise InputError("must be KEY=VALUE, such as defender.steps=80", shown)
    try:
        value = parse(text, shown).data
        put(tree, keys.parse(key.strip()), value, Place(shown))
    except InputError as error:
        value_text = error.found or None
        raise InputError(error.message, shown, None, error.key, value_text, error.allowed) from None


def put(tree: Tree, wanted: keys.KeyPath, value: Any, place: Place) -> None:
    """Set the value at a path, with `place` for everything below it.

    Raises:
        InputError: a step of the path is no section, or a list has no such entry.
    """
    at: Any = tree.data
    path: keys.KeyPath = ()
    for step, following in itertools.pairwise(wanted):
        step = _entry(at, path, step)
        if isinstance(at, dict) and at.get(step) is None:
            at[step] = [] if isinstance(following, int) else {}
            tree.places.setdefault((*path, step), place)
        at, path = at[step], (*path, step)
    last = _entry(at, path, wanted[-1])
    at[last] = value
    path = (*path, last)
    below = [known for known in tree.places if known[: len(path)] == path]
    for known in below:
        del tree.places[known]
    tree.places[path] = place


def _entry(at: Any, path: keys.KeyPath, step: str | int) -> str | int:
    """The key or index that a step selects in `at`."""
    here = keys.text(path) or "the scenario"
    if isinstance(at, dict):
        if isinstance(step, str):
            return step
        raise InputError(f"{here} is a section: use one of its keys", found=f"[{step}]")
    if not isinstance(at, list):
        raise InputError(f"{here} is a single value without keys", found=str(step))
    if isinstance(step, int):
        if step < len(at):
            return step
        rule = f"{here} has only {len(at)} entries, counted from 0" if at else f"{here} is empty"
        raise InputError(f"{rule}: to add entries, give the whole list", found=f"[{step}]")
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in at]
    if step not in names:
        known = tuple(str(name) for name in names if name is not None)
        raise InputError(f"{here} has no entry of this name", found=step, allowed=known)
    return names.index(step)
