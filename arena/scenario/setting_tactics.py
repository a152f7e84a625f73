"""Tactics that only change values of the actor's own section: applied before validation.

The resolved scenario then lists the values that the actor really uses, and loading it again changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from arena.api.tactic import Setting
from arena.errors import InputError
from arena.scenario import keys
from arena.scenario.overrides import put
from arena.scenario.parts import Part, PartOf
from arena.scenario.tree import Tree


def write_settings(tree: Tree) -> None:
    """Write every actor's settings into its section. An actor with an invalid tactic is left
    unchanged; the schema reports it.

    Raises:
        InputError: an actor has no such setting, or it has no effect; at the tactic's place.
    """
    actors = tree.data.get("actors") if isinstance(tree.data, dict) else None
    if not isinstance(actors, list) or not all(isinstance(actor, dict) for actor in actors):
        return
    for index, actor in enumerate(actors):
        given = actor.get("tactics")
        if isinstance(given, list):
            parts = [_part(value) for value in given]
            if None not in parts:
                _settle(tree, index, [part for part in parts if part is not None])


def _settle(tree: Tree, index: int, parts: Sequence[Part]) -> None:
    """Write one actor's settings, and keep the other tactics in their list."""
    here = ("actors", index, "tactics")
    settings = [at for at, part in enumerate(parts) if issubclass(part.part_class, Setting)]
    for at in settings:
        if any(parts[at].name == parts[before].name for before in range(at)):
            rule, where = "the actor already has this tactic", tree.place((*here, at, "method"))
            assert where is not None
            key = keys.text((*here, at, "method"))
            raise InputError(rule, where.file, where.line, key, parts[at].name)
        _write(tree, ("actors", index), (*here, at), parts[at])
    if settings:
        _keep(tree, here, [at for at in range(len(parts)) if at not in settings])


def _keep(tree: Tree, here: keys.KeyPath, kept: Sequence[int]) -> None:
    """Keep only these entries of the list, each with its lines in the file."""
    actor = tree.data["actors"][here[1]]
    inside = [path for path in tree.places if path[:3] == here and len(path) > 3]
    old = {path: tree.places.pop(path) for path in inside}
    for path, place in old.items():
        if path[3] in kept:
            tree.places[(*here, kept.index(int(path[3])), *path[4:])] = place
    actor["tactics"] = [actor["tactics"][at] for at in kept]


def _part(value: object) -> Part | None:
    try:
        return PartOf("tactic").validate(value)
    except ValidationError:
        return None


def _write(tree: Tree, place: keys.KeyPath, tactic: keys.KeyPath, part: Part) -> None:
    actors: list[dict[str, Any]] = tree.data["actors"]
    index = int(place[1])
    others = [actor for i, actor in enumerate(actors) if i != index]
    where = tree.place(tactic)
    assert where is not None  # every file has a first line
    made = part.part_class(part.params)
    try:
        made.fits(actors[index], tree.data)
        values: Mapping[str, Any] = made.section(actors[index], others)
        for key, value in values.items():
            put(tree, (*place, *keys.parse(key)), value, where)
    except InputError as error:
        key = keys.text((*tactic, *keys.inside(error.key)))
        raise InputError(
            error.message, where.file, where.line, key, error.found or None, error.allowed
        ) from None
