"""The strategies of each side: the parameters that Optuna chooses, and the scenario they make.

Parameter names are flat, so that every trial has every parameter (fANOVA importance and samplers
over one joint space need that): `decoy_immunisation` says whether a tactic is used, and
`decoy_immunisation.rate` how strongly, which matters only if it is used.

With `at_once` there are slots instead (`tactic_1`), each with the name of a tactic or `none`, and a
trial has the parameters of the tactics in its slots only. A tactic in two slots is used once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import JsonValue

from arena import registry
from arena.api.ranges import Choice, Range, Value, middle_of
from arena.scenario.search import Attack, DefenceOptions, SearchedTactic
from arena.scenario.tactic_space import NO_TACTIC, dimensions_of, optional, slots_of, space_of
from arena.search.study_identity import flat

Parameters = Mapping[str, Value]
OPTION = "option"


class StrategySpace(Protocol):
    """All strategies of one side."""

    def dimensions(self) -> dict[str, Range]:
        """Return the range of every parameter."""

    @property
    def varies(self) -> bool:
        """Return whether strategies differ in which parameters they have."""

    def has(self, name: str, params: Parameters) -> bool:
        """Return whether a strategy that begins with these parameters has this one too."""

    def start(self, given: Parameters) -> Parameters:
        """Return a known strategy as the scenario names it, by the parameters of the space."""

    def middle(self) -> Parameters:
        """Return the parameters of a strategy from the middle of the space, with as many tactics as
        a strategy may use."""

    def changes(self, params: Parameters) -> dict[str, Any]:
        """Return the scenario's keys that these parameters set, with their values."""

    def describe(self, params: Parameters) -> str:
        """Return the strategy in words."""

    def identity(self) -> dict[str, JsonValue]:
        """Return what determines the space, as plain JSON."""

    def parts(self) -> list[type]:
        """Return the registered classes that a strategy may add to the scenario."""


@dataclass(frozen=True)
class TacticSpace:
    """The attacker's: tactics of one actor and their parameters."""

    attack: Attack

    @property
    def optional(self) -> tuple[str, ...]:
        """Return the names of the tactics that a strategy may leave out."""
        return optional(self.attack.tactics)

    @property
    def slots(self) -> dict[str, Range]:
        """Return the ranges of the slots; empty if every tactic has a switch."""
        at_once = self.attack.at_once
        return {} if at_once is None else slots_of(self.attack.tactics, at_once)

    @property
    def varies(self) -> bool:
        return bool(self.slots)

    def dimensions(self) -> dict[str, Range]:
        ranges = dimensions_of(self.attack.tactics)
        if not self.slots:
            return ranges
        rest = {name: each for name, each in ranges.items() if name not in self.optional}
        return {**self.slots, **rest}  # the slots first: they decide which others a trial has

    def has(self, name: str, params: Parameters) -> bool:
        tactic = name.partition(".")[0]
        return not self.slots or tactic not in self.optional or self.switches(params)[tactic]

    def switches(self, params: Parameters) -> dict[str, bool]:
        """Return whether each tactic that a strategy may leave out is used."""
        if not self.slots:
            return {name: bool(params[name]) for name in self.optional}
        used = {params[slot] for slot in self.slots}
        return {name: name in used for name in self.optional}

    def start(self, given: Parameters) -> Parameters:
        """Return a known strategy, given by switches, in which the tactics that it does not name
        are not used."""
        switches = {name: bool(given.get(name, False)) for name in self.optional}
        if not self.slots:
            return {**given, **switches}
        used = iter([name for name, on in switches.items() if on])
        rest = {name: value for name, value in given.items() if name not in switches}
        return {**{slot: next(used, NO_TACTIC) for slot in self.slots}, **rest}

    def middle(self) -> Parameters:
        known = {name: middle_of(values) for name, values in self.dimensions().items()}
        step = len(self.optional) / (len(self.slots) + 1)  # slots hold tactics evenly spread
        spread = {s: self.optional[int(step * (n + 1))] for n, s in enumerate(self.slots)}
        return {**known, **spread}

    def tactics(self, params: Parameters) -> list[dict[str, Value]]:
        """Return the strategy as the actor's `tactics`."""
        used = self.switches(params)
        return [
            {"method": each.method, **each.set, **_chosen(each, params)}
            for each in self.attack.tactics
            if each.always or used[each.method]
        ]

    def used(self, params: Parameters) -> tuple[str, ...]:
        """Return the names of the tactics in a strategy that it could leave out."""
        return tuple(name for name, on in self.switches(params).items() if on)

    def without(self, params: Parameters, tactic: str) -> Parameters:
        """Return the strategy without one of its tactics, and otherwise as it is."""
        if not self.slots:
            return {**params, tactic: False}
        return {k: NO_TACTIC if k in self.slots and v == tactic else v for k, v in params.items()}

    def changes(self, params: Parameters) -> dict[str, Any]:
        return {f"actors.{self.attack.actor}.tactics": self.tactics(params)}

    def describe(self, params: Parameters) -> str:
        return "; ".join(_words(tactic) for tactic in self.tactics(params)) or "no tactic"

    def identity(self) -> dict[str, JsonValue]:
        tactics: list[JsonValue] = [each.model_dump(mode="json") for each in self.attack.tactics]
        at_once = self.attack.at_once
        return {"tactics": tactics, **({} if at_once is None else {"at_once": at_once})}

    def parts(self) -> list[type]:
        return [registry.get("tactic", each.method) for each in self.attack.tactics]


@dataclass(frozen=True)
class DefenceSpace:
    """The defender's: its options, each within the compute budget. varies: whether a strategy has
    only the parameters of its own option, which not every sampler can model."""

    answers: DefenceOptions
    compute: float
    varies: bool = False

    def dimensions(self) -> dict[str, Range]:
        names = tuple(option.name for option in self.answers.options)
        ranges: dict[str, Range] = {OPTION: Choice(options=names)}
        for option in self.answers.options:
            for key, values in option.space.items():
                ranges[f"{option.name}:{key}"] = values
        return ranges

    def has(self, name: str, params: Parameters) -> bool:
        return not self.varies or name == OPTION or name.startswith(f"{params[OPTION]}:")

    def start(self, given: Parameters) -> Parameters:
        """Return a known strategy, given by the name of its option and values of its ranges."""
        name = given[OPTION]
        values = {f"{name}:{key}": value for key, value in given.items() if key != OPTION}
        return {OPTION: name, **values}

    def middle(self) -> Parameters:
        return {name: middle_of(values) for name, values in self.dimensions().items()}

    def changes(self, params: Parameters) -> dict[str, Any]:
        option = next(each for each in self.answers.options if each.name == params[OPTION])
        chosen = {key: params[f"{option.name}:{key}"] for key in option.space}
        return {**option.set, "defender.compute": self.compute, **chosen}

    def describe(self, params: Parameters) -> str:
        head = f"{params[OPTION]}:"
        own = {n.removeprefix(head): v for n, v in params.items() if n.startswith(head)}
        values = {key.removeprefix("defender."): value for key, value in own.items()}
        return _words({"method": params[OPTION], **values})

    def identity(self) -> dict[str, JsonValue]:
        options: list[JsonValue] = [each.model_dump(mode="json") for each in self.answers.options]
        grouped: dict[str, JsonValue] = {"varies": True} if self.varies else {}
        return {"options": options, "compute": self.compute, **grouped}

    def parts(self) -> list[type]:
        methods = [
            str(value)
            for option in self.answers.options
            for key, value in flat(option.set)
            if key == "defender.objective.method"
        ]
        return [registry.get("objective", each) for each in methods]


def _chosen(searched: SearchedTactic, params: Parameters) -> dict[str, Value]:
    return {name: params[f"{searched.method}.{name}"] for name in space_of(searched)}


def _words(values: Mapping[str, Value]) -> str:
    """`{"method": "sam", "rho": 0.05}` as `sam (rho 0.05)`."""
    rest = ", ".join(f"{key} {_short(v)}" for key, v in values.items() if key != "method")
    return f"{values['method']} ({rest})" if rest else str(values["method"])


def _short(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
