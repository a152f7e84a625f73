"""The parameters of a tactic that a search varies: the tactic's own space, narrowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from arena import registry
from arena.api.ranges import Choice, Range, Value, corners, narrowed
from arena.errors import InputError
from arena.scenario.error_messages import input_errors
from arena.scenario.parts import strictly
from arena.scenario.search import SearchedTactic
from arena.scenario.tree import Tree

NO_TACTIC = "none"  # in a slot


def dimensions_of(tactics: Sequence[SearchedTactic]) -> dict[str, Range]:
    """Return the range of every parameter of an attacker's strategies: whether each tactic is used,
    by its name, and how, as `tactic.parameter`.

    Raises:
        InputError: as `space_of`.
    """
    ranges: dict[str, Range] = {}
    for searched in tactics:
        if not searched.always:
            ranges[searched.method] = Choice(options=(False, True))
        for name, values in space_of(searched).items():
            ranges[f"{searched.method}.{name}"] = values
    return ranges


def slots_of(tactics: Sequence[SearchedTactic], at_once: int) -> dict[str, Range]:
    """Return the ranges of `at_once` slots by name, which say in place of a switch for each tactic
    which ones a strategy uses: a slot holds one of the tactics that are not `always` used, or
    none."""
    slot = Choice(options=(NO_TACTIC, *optional(tactics)))
    return {f"tactic_{number + 1}": slot for number in range(at_once)}


def optional(tactics: Sequence[SearchedTactic]) -> tuple[str, ...]:
    """Return the names of the tactics that a strategy may leave out."""
    return tuple(each.method for each in tactics if not each.always)


def space_of(searched: SearchedTactic) -> dict[str, Range]:
    """Return the ranges of a tactic's searched parameters, narrowed by the scenario.

    Raises:
        InputError: the tactic has no such parameter, or a range is invalid; the key is relative
            to the tactic's entry.
    """
    tactic: Any = registry.get("tactic", searched.method)
    known = _known(tactic, searched)
    for where, keys in (("set", searched.set), ("space", searched.space)):
        allowed = tuple(tactic.Params.model_fields)
        if where == "space":
            allowed = (*tactic.space(), *tactic.instead())
        for key in keys:
            if key not in allowed:
                rule = f"{searched.method} has no such parameter" + (
                    "" if where == "set" else " to search"
                )
                raise InputError(rule, key=f"{where}.{key}", found=key, allowed=allowed)
    for name in searched.space:
        if name in searched.set:
            raise InputError("is already fixed by `set`", key=f"space.{name}", found=name)
    ranges = {
        name: _narrowed(declared, searched.space.get(name, {}), name)
        for name, declared in known.items()
        if name not in searched.set
    }
    for name, value in searched.set.items():
        _check(tactic.Params, name, value, f"set.{name}")
    for name, values in ranges.items():
        for value in corners(values):
            _check(tactic.Params, name, value, f"space.{name}")
    return ranges


def _known(tactic: Any, searched: SearchedTactic) -> dict[str, Range]:
    """The tactic's own space; a parameter that the scenario names may replace another one."""
    known: dict[str, Range] = dict(tactic.space())
    for name, (other, values) in tactic.instead().items():
        where = "space" if name in searched.space else "set"
        if getattr(searched, where).get(name) is None:
            continue
        if other in searched.space or other in searched.set:
            rule = f"replaces {other}: give one of the two"
            raise InputError(rule, key=f"{where}.{name}", found=name)
        known.pop(other)
        if where == "space":
            known[name] = values
    return known


def _narrowed(declared: Range, given: Mapping[str, Any], name: str) -> Range:
    try:
        return narrowed(declared, given)
    except ValidationError as error:
        whole = {**declared.model_dump(), **given}
        first = input_errors(error, type(declared), Tree(whole, {})).errors[0]
        key = ".".join(("space", name, *([first.key] if first.key else [])))
        raise InputError(first.message, key=key, found=first.found, allowed=first.allowed) from None


def _check(params: type[BaseModel], name: str, value: Value, key: str) -> None:
    """Raise InputError if the parameter itself does not accept this value."""
    try:
        strictly(params, {name: value})
    except ValidationError as error:
        for each in input_errors(error, params, Tree({name: value}, {})).errors:
            if each.key == name:
                raise InputError(
                    each.message, key=key, found=each.found, allowed=each.allowed
                ) from None
