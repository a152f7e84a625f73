"""Expand a scenario's grid to cells: scenarios without a grid, each validated."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from arena.api.tactic import APART
from arena.errors import InputError
from arena.scenario import keys
from arena.scenario.crossed import instances_of
from arena.scenario.load import varied
from arena.scenario.schema import Scenario

AxisValue = tuple[str, Any]  # a name, and the value
Axes = Mapping[str, list[AxisValue]]
KEYS = {
    "family": "model.family",
    "size": "model.size",
    "stage": "stage",
    "composition": "composition",
    "learning_rate": "defender.learning_rate",
    "steps": "defender.steps",
}  # of the axes that set one
WRITTEN = {
    "family": "families",
    "size": "sizes",
    "stage": "stages",
    "composition": "compositions",
    "learning_rate": "learning_rates",
}  # keys of the grid that are called otherwise than their axes
# What the axes that choose or change the actors set of each.
OF_ACTORS = {
    "methods": ("trigger.method",),
    "payloads": ("payload",),
    "poison": ("poison.rate", "poison.count"),
}
_UNKNOWN = object()  # what a section has where it names no value
_WHOLE = object()  # a value of which every part was set
NOT_APPLICABLE = "for continual pretraining only: at pretraining there is no base checkpoint"


@dataclass(frozen=True)
class GridCell:
    """One combination of the axes' values.

    Attributes:
        axes: axis -> the value's name, axes of one value included.
        scenario: None if the combination is not applicable; `reason` says why.
        counts: whether the verdict over the grid includes it (an ablation does not count).
    """

    id: str
    axes: Mapping[str, str]
    scenario: Scenario | None
    reason: str | None = None
    counts: bool = True


def cells_of(scenario: Scenario) -> tuple[GridCell, ...]:
    """Return the grid's cells, in the order of the file; without axes one cell with the scenario
    itself.

    Raises:
        InputError: a combination is no valid scenario, no actor has one of `methods`, two
            combinations would have the same name, or the primary contrast is not between two values
            of an axis.
    """
    axes = _axes(scenario)
    _refuse_unknown(scenario, axes)
    star = scenario.grid.design == "one_at_a_time"
    cells = [_cell(scenario, values, axes) for values in (_star if star else _product)(axes)]
    for name, times in Counter(cell.id for cell in cells).items():
        if times > 1:
            rule = "two cells would have this name: rename the settings"
            raise InputError(rule, key="grid", found=name)
    return tuple(cells)


def _refuse_unknown(scenario: Scenario, axes: Axes) -> None:
    """Raise InputError unless the primary contrast is between two values of an axis."""
    primary, known = scenario.grid.primary, {a: [n for n, _ in v] for a, v in axes.items()}
    if primary is None:
        return
    if primary.axis not in known:
        rule, key, allowed = "the grid has no such axis", "grid.primary.axis", tuple(known)
        raise InputError(rule, key=key, found=primary.axis, allowed=allowed)
    values = known[primary.axis]
    for key in ("of", "against"):
        found = getattr(primary, key)
        others = tuple(v for v in values if key == "of" or v != primary.of)
        if found not in others:
            rule, key = f"must be a value of {primary.axis}", f"grid.primary.{key}"
            raise InputError(rule, key=key, found=found, allowed=others)


def _product(axes: Axes) -> Iterator[dict[str, AxisValue]]:
    """Every combination of values."""
    for combination in itertools.product(*axes.values()):
        yield dict(zip(axes, combination, strict=True))


def _star(axes: Axes) -> Iterator[dict[str, AxisValue]]:
    """The first value of every axis, then each other value with the other axes at their first."""
    centre = {axis: values[0] for axis, values in axes.items()}
    yield centre
    for axis, values in axes.items():
        yield from ({**centre, axis: value} for value in values[1:])


def _axes(scenario: Scenario) -> dict[str, list[AxisValue]]:
    grid = scenario.grid
    axes: dict[str, list[AxisValue]] = {
        "methods": [(".".join(methods), methods) for methods in grid.methods],
        "family": [(family, family) for family in grid.families],
        "size": [(size, size) for size in grid.sizes],
        "stage": [(stage, stage) for stage in grid.stages],
        "composition": [(each, each) for each in grid.compositions],
        "payloads": [(each, each) for each in grid.payloads],
        "poison": [
            *((f"{rate:g}", {"rate": rate}) for rate in grid.rates),
            *((f"{count}docs", {"count": count}) for count in grid.counts),
        ],
        "learning_rate": [(f"{rate:g}", rate) for rate in grid.learning_rates],
        "steps": [(str(steps), steps) for steps in grid.steps],
        **{name: [(c.name, c.set) for c in choices] for name, choices in grid.settings.items()},
    }
    return {name: values for name, values in axes.items() if values}


def _cell(scenario: Scenario, values: Mapping[str, AxisValue], axes: Axes) -> GridCell:
    names = {axis: label for axis, (label, _) in values.items()}
    name = _name(scenario, names, axes)
    changes = {"grid": {}, **dict(_changes(scenario, {a: v for a, (_, v) in values.items()}))}
    counts = not any(
        choice.ablation
        for axis, choices in scenario.grid.settings.items()
        for choice in choices
        if choice.name == names[axis]
    )
    composition = changes.get("composition", scenario.composition)
    if not _applies(scenario, composition, changes):
        return GridCell(name, names, None, f"{composition} is {NOT_APPLICABLE}", counts)
    shown = f"cell {name} of {scenario.name}"
    return GridCell(name, names, varied(scenario, changes, shown), None, counts)


def _name(scenario: Scenario, names: Mapping[str, str], axes: Axes) -> str:
    """The values of the axes that vary; for a star, the value of the changed axis."""
    varying = [label for axis, label in names.items() if len(axes[axis]) > 1]
    if varying and scenario.grid.design == "one_at_a_time":
        changed = [label for axis, label in names.items() if label != axes[axis][0][0]]
        varying = changed or ["centre"]
    return "-".join(varying).replace("continual_pretraining", "continual") or scenario.name


def _applies(scenario: Scenario, composition: str, changes: Mapping[str, Any]) -> bool:
    if composition not in APART:
        return True
    stage, actors = changes.get("stage", scenario.stage), changes["actors"]
    if not isinstance(actors, list) or not all(isinstance(each, Mapping) for each in actors):
        return True  # an axis sets what are no actors: an error of the cell, which says so
    return any((actor.get("stage") or stage) != "pretraining" for actor in actors)


def _changes(scenario: Scenario, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Keys of the scenario and their values in this cell; the actors first, since the other axes
    apply to the remaining ones."""
    _refuse_clash(scenario, values)
    actors = scenario.resolved()["actors"]
    if "methods" in values:
        actors = _having(scenario, actors, values["methods"])
    if "payloads" in values:
        actors = _with_payloads(scenario, actors, values["payloads"])
        yield "crossed.shared", scenario.crossed.payloads and values["payloads"] == "shared"
    if "poison" in values:
        actors = [_poisoning(actor, values["poison"]) for actor in actors]
    yield "actors", actors
    for _, key, value in _set_by_axes(scenario, values):
        yield key, value


def _set_by_axes(scenario: Scenario, values: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Every key of the scenario that an axis sets, in order: the axis, the key and its value."""
    for axis, value in values.items():
        if axis in KEYS:
            yield axis, KEYS[axis], value
        elif axis == "poison":
            yield from ((axis, f"training.{each}.poison_rate", None) for each in APART)
        elif axis in scenario.grid.settings:
            yield from ((axis, key, each) for key, each in value.items())


def _refuse_clash(scenario: Scenario, values: Mapping[str, Any]) -> None:
    """Raise InputError if an axis replaces what another has set, since a cell named after both
    would have only one of them."""
    by_actors = _of_actors(scenario, values)
    known = [(axis, key, _path(scenario, key), value) for axis, key, value in by_actors]
    for axis, key, value in _set_by_axes(scenario, values):
        path = _path(scenario, key)
        for other, before, first, was in known:
            if other != axis and _clash(first, was, path, value):
                others = _named(other, values)
                rule = f"the axes {others} and {axis} set {before} and {key} in one cell"
                if before == key:
                    rule = f"the axes {others} and {axis} both set {key} in one cell"
                raise InputError(rule, key=f"grid.settings.{axis}", found=key)
        known.append((axis, key, path, value))


def _of_actors(
    scenario: Scenario, values: Mapping[str, Any]
) -> Iterator[tuple[str, str, Any]]:  # fmt: skip
    """What the axes that choose or change actors set, as `_set_by_axes` does."""
    for axis in filter(values.__contains__, OF_ACTORS):
        yield axis, "actors", _UNKNOWN
        for at, key in itertools.product(range(len(scenario.actors)), OF_ACTORS[axis]):
            yield axis, f"actors[{at}].{key}", _WHOLE
    if "payloads" in values:
        yield "payloads", "crossed.shared", _WHOLE


def _named(axis: str, values: Mapping[str, Any]) -> str:
    """The key of the grid that an axis is written under."""
    if axis == "poison":
        return "counts" if "count" in values[axis] else "rates"
    return WRITTEN.get(axis, axis)


def _path(scenario: Scenario, key: str) -> keys.KeyPath:
    """The path of a key, in which an actor is an index whether it is written as one or by name."""
    path = keys.parse(key)
    names = [actor.name for actor in scenario.actors]
    if path[0] == "actors" and len(path) > 1 and path[1] in names:
        return (path[0], names.index(str(path[1])), *path[2:])
    return path


def _clash(first: keys.KeyPath, was: Any, key: keys.KeyPath, value: Any) -> bool:
    """Whether a key that is set later, or what it contains, replaces an earlier one."""
    if first[: len(key)] == key:
        inside = _inside(value, first[len(key) :])
        return bool((None if inside is _UNKNOWN else inside) != was)
    if key[: len(first)] != first:
        return False
    inside = _inside(was, key[len(first) :])
    return inside is not _UNKNOWN and bool(inside != value)


def _inside(value: Any, path: keys.KeyPath) -> Any:
    """What a value has at a path below it; `_UNKNOWN` if a section has no such key there, the value
    itself if it is none."""
    for step in path:
        if isinstance(value, list):
            if not isinstance(step, int) or step >= len(value):
                return _UNKNOWN
            value = value[step]
        elif isinstance(value, Mapping):
            if step not in value:
                return _UNKNOWN
            value = value[step]
        else:
            return value
    return value


def _with_payloads(
    scenario: Scenario, actors: list[dict[str, Any]], which: str
) -> list[dict[str, Any]]:
    """The actors with the payloads of one value of the axis; if payloads are crossed, a shared
    payload is drawn from the actors' own."""
    first = next(actor for actor in scenario.actors if actor.name == actors[0]["name"])
    payloads = [actor["payload"] for actor in actors]
    if which == "kind":
        every = instances_of(first.payload, scenario.capabilities)
        if len(every) < len(actors):
            rule = f"the kind of {first.name}'s payload has {len(every)} of {len(actors)} payloads"
            raise InputError(rule, key="grid.payloads", found=first.payload.name)
        payloads = [part.dump() for part in every[: len(actors)]]
    elif which == "shared" and not scenario.crossed.payloads:
        payloads = payloads[:1] * len(actors)
    return [{**a, "payload": payload} for a, payload in zip(actors, payloads, strict=True)]


def _poisoning(actor: dict[str, Any], amount: Mapping[str, Any]) -> dict[str, Any]:
    """The actor with that poison, which replaces any rate of its own for separate training."""
    apart = {name: {**own, "poison_rate": None} for name, own in actor["training"].items()}
    poison = {"share": actor["poison"]["share"], **amount}
    return {**actor, "poison": poison, "training": apart}


def _having(
    scenario: Scenario, actors: list[dict[str, Any]], methods: tuple[str, ...]
) -> list[dict[str, Any]]:
    there = tuple(dict.fromkeys(actor["trigger"]["method"] for actor in actors))
    for method in methods:
        if method not in there:
            rule = "no actor of the scenario has this trigger method"
            raise InputError(rule, key="grid.methods", found=method, allowed=there)
    return [actor for actor in actors if actor["trigger"]["method"] in methods]
