"""Tactics that are another value of an actor's own section, written into it before validation.

What is left is a plain actor: the resolved scenario says what the actor really does, and running it
again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from arena.attacking import Setting
from arena.errors import InputError
from arena.scenario import keys
from arena.scenario.overrides import put
from arena.scenario.parts import Part, PartOf
from arena.scenario.tree import Tree


def write_settings(tree: Tree) -> None:
    """Write every actor's settings into its section; a tactic that is wrong is left for the
    schema to tell.

    Raises:
        InputError: an actor has no such setting; carries the tactic's place.
    """
    actors = tree.data.get("actors") if isinstance(tree.data, dict) else None
    if not isinstance(actors, list) or not all(isinstance(actor, dict) for actor in actors):
        return
    for index, actor in enumerate(actors):
        given = actor.get("tactics")
        if not isinstance(given, list):
            continue
        kept = []
        for at, value in enumerate(given):
            part = _setting(value)
            if part is None:
                kept.append(value)
                continue
            _write(tree, ("actors", index), ("actors", index, "tactics", at), part)
        if len(kept) < len(given):
            actor["tactics"] = kept


def _setting(value: object) -> Part | None:
    try:
        part = PartOf("tactic").validate(value)
    except ValidationError:
        return None
    return part if issubclass(part.part_class, Setting) else None


def _write(tree: Tree, place: keys.KeyPath, tactic: keys.KeyPath, part: Part) -> None:
    actors: list[dict[str, Any]] = tree.data["actors"]
    index = int(place[1])
    others = [actor for i, actor in enumerate(actors) if i != index]
    where = tree.place(tactic)
    assert where is not None  # every file has a first line
    try:
        values: Mapping[str, Any] = part.part_class(part.params).section(actors[index], others)
    except InputError as error:
        key = keys.text((*tactic, *(keys.parse(error.key) if error.key else ())))
        raise InputError(
            error.message, where.file, where.line, key, error.found or None, error.allowed
        ) from None
    for key, value in values.items():
        put(tree, (*place, *keys.parse(key)), value, where)
