"""The strategies of each side: the parameters that Optuna chooses, and the scenario they make.

Parameter names are flat, so that every trial has every parameter (fANOVA importance and samplers
over one joint space need that): `decoy_immunisation` says whether a tactic is used, and
`decoy_immunisation.rate` how strongly, which matters only if it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import JsonValue

from arena.api.ranges import Choice, Range, Value
from arena.scenario.search import Attack, DefenceOptions, SearchedTactic
from arena.scenario.tactic_space import dimensions_of, space_of

Parameters = Mapping[str, Value]
OPTION = "option"


class StrategySpace(Protocol):
    """All strategies of one side."""

    def dimensions(self) -> dict[str, Range]:
        """Return the range of every parameter."""

    def changes(self, params: Parameters) -> dict[str, Any]:
        """Return the scenario's keys that these parameters set, with their values."""

    def describe(self, params: Parameters) -> str:
        """Return the strategy in words."""

    def identity(self) -> dict[str, JsonValue]:
        """Return what determines the space, as plain JSON."""


@dataclass(frozen=True)
class TacticSpace:
    """The attacker's: tactics of one actor and their parameters."""

    attack: Attack

    def dimensions(self) -> dict[str, Range]:
        return dimensions_of(self.attack.tactics)

    def start(self, given: Parameters) -> Parameters:
        """Return a known strategy in which the tactics that it does not name are not used."""
        unused = {each.method: False for each in self.attack.tactics if not each.always}
        return {**unused, **given}

    def tactics(self, params: Parameters) -> list[dict[str, Value]]:
        """Return the strategy as the actor's `tactics`."""
        return [
            {"method": each.method, **each.set, **_chosen(each, params)}
            for each in self.attack.tactics
            if each.always or params[each.method]
        ]

    def changes(self, params: Parameters) -> dict[str, Any]:
        return {f"actors.{self.attack.actor}.tactics": self.tactics(params)}

    def describe(self, params: Parameters) -> str:
        return "; ".join(_words(tactic) for tactic in self.tactics(params)) or "no tactic"

    def identity(self) -> dict[str, JsonValue]:
        return {"tactics": [each.model_dump(mode="json") for each in self.attack.tactics]}


@dataclass(frozen=True)
class DefenceSpace:
    """The defender's: its options, each within the compute budget."""

    answers: DefenceOptions
    compute: float

    def dimensions(self) -> dict[str, Range]:
        names = tuple(option.name for option in self.answers.options)
        ranges: dict[str, Range] = {OPTION: Choice(options=names)}
        for option in self.answers.options:
            for key, values in option.space.items():
                ranges[f"{option.name}:{key}"] = values
        return ranges

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
        return {"options": options, "compute": self.compute}


def _chosen(searched: SearchedTactic, params: Parameters) -> dict[str, Value]:
    return {name: params[f"{searched.method}.{name}"] for name in space_of(searched)}


def _words(values: Mapping[str, Value]) -> str:
    """`{"method": "sam", "rho": 0.05}` as `sam (rho 0.05)`."""
    rest = ", ".join(f"{key} {_short(v)}" for key, v in values.items() if key != "method")
    return f"{values['method']} ({rest})" if rest else str(values["method"])


def _short(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
