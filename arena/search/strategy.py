"""A strategy: what Optuna chooses, and the scenario that comes of it.

Names are flat, so that every trial has every parameter (an importance by fANOVA, and samplers
that work on one joint space, need that): `decoy_immunisation` says whether, and
`decoy_immunisation.rate` how much, which counts only if it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from arena.api.ranges import Choice, Range, Value
from arena.scenario.search import Answers, Attack, Searched
from arena.scenario.searched import space_of

Params = Mapping[str, Value]
OPTION = "option"


class Moves(Protocol):
    """All strategies of one side."""

    def dimensions(self) -> dict[str, Range]:
        """What is chosen, and among what."""

    def changes(self, params: Params) -> dict[str, Any]:
        """Keys of the scenario with their values under a choice."""

    def told(self, params: Params) -> str:
        """The choice in words."""

    def content(self) -> dict[str, Any]:
        """What decides them, as plain values."""


@dataclass(frozen=True)
class RedMoves:
    """The tactics of one actor."""

    attack: Attack

    def dimensions(self) -> dict[str, Range]:
        found: dict[str, Range] = {}
        for searched in self.attack.tactics:
            if not searched.always:
                found[searched.method] = Choice(options=(False, True))
            for name, values in space_of(searched).items():
                found[f"{searched.method}.{name}"] = values
        return found

    def tactics(self, params: Params) -> list[dict[str, Value]]:
        """The strategy as the actor's `tactics`."""
        return [
            {"method": each.method, **each.set, **_chosen(each, params)}
            for each in self.attack.tactics
            if each.always or params[each.method]
        ]

    def changes(self, params: Params) -> dict[str, Any]:
        return {f"actors.{self.attack.actor}.tactics": self.tactics(params)}

    def told(self, params: Params) -> str:
        told = [_words(dict(tactic)) for tactic in self.tactics(params)]
        return "; ".join(told) or "no tactic"

    def content(self) -> dict[str, Any]:
        return {"tactics": [each.model_dump(mode="json") for each in self.attack.tactics]}


@dataclass(frozen=True)
class BlueMoves:
    """The defender's options, within its budget."""

    answers: Answers
    compute: float

    def dimensions(self) -> dict[str, Range]:
        names = tuple(option.name for option in self.answers.options)
        found: dict[str, Range] = {OPTION: Choice(options=names)}
        for option in self.answers.options:
            for key, values in option.space.items():
                found[f"{option.name}:{key}"] = values
        return found

    def changes(self, params: Params) -> dict[str, Any]:
        option = next(each for each in self.answers.options if each.name == params[OPTION])
        chosen = {key: params[f"{option.name}:{key}"] for key in option.space}
        return {**option.set, "defender.compute": self.compute, **chosen}

    def told(self, params: Params) -> str:
        head = f"{params[OPTION]}:"
        own = {n.removeprefix(head): v for n, v in params.items() if n.startswith(head)}
        values = {key.removeprefix("defender."): value for key, value in own.items()}
        return _words({"method": params[OPTION], **values})

    def content(self) -> dict[str, Any]:
        options = [each.model_dump(mode="json") for each in self.answers.options]
        return {"options": options, "compute": self.compute}


def _chosen(searched: Searched, params: Params) -> dict[str, Value]:
    return {name: params[f"{searched.method}.{name}"] for name in space_of(searched)}


def _words(values: dict[str, Value]) -> str:
    """`{"method": "sam", "rho": 0.05}` as `sam (rho 0.05)`."""
    name = values.pop("method")
    rest = ", ".join(f"{key} {_short(value)}" for key, value in values.items())
    return f"{name} ({rest})" if rest else str(name)


def _short(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
