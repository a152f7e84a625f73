"""What each side wants of a strategy, and what it must keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from arena.scenario.schema import Scenario
from arena.scenario.search import Attack, Objective
from arena.search.judging import (
    Constraints,
    Sighting,
    blue_constraints,
    over_budget,
    red_constraints,
    telling,
    values_of,
)

DIRECTIONS = {"evasion": "maximize", "stealth": "minimize", "budget": "minimize"}


class Judge(Protocol):
    """One side's view of what was measured."""

    @property
    def directions(self) -> tuple[str, ...]:
        """`maximize` or `minimize`, by value."""

    def beforehand(self, scenario: Scenario) -> Constraints:
        """The constraints that a scenario tells without being run."""

    def values(self, seen: Sequence[Sighting], scenario: Scenario) -> list[float]:
        """One number per direction."""

    def constraints(self, seen: Sequence[Sighting], scenario: Scenario) -> Constraints:
        """By name; violated above 0."""

    def telling(self, seen: Sequence[Sighting]) -> str | None:
        """The removal that alone says most about the first value; None if nothing was seen."""

    def content(self) -> dict[str, Any]:
        """What decides the judgement, as plain values."""


@dataclass(frozen=True)
class RedJudge:
    """The adaptive actor's: what is left of it, high."""

    attack: Attack
    objectives: tuple[Objective, ...] = ("evasion",)

    @property
    def directions(self) -> tuple[str, ...]:
        return tuple(DIRECTIONS[name] for name in self.objectives)

    def beforehand(self, scenario: Scenario) -> Constraints:
        return {"written": over_budget(scenario, self.attack)}

    def values(self, seen: Sequence[Sighting], scenario: Scenario) -> list[float]:
        attack = self.attack
        return values_of(seen, scenario, attack.actor, self.objectives, attack.disclosed)

    def constraints(self, seen: Sequence[Sighting], scenario: Scenario) -> Constraints:
        return red_constraints(seen, scenario, self.attack)

    def telling(self, seen: Sequence[Sighting]) -> str | None:
        return telling(seen, self.attack.disclosed)

    def content(self) -> dict[str, Any]:
        return {"objectives": list(self.objectives), **_content(self.attack)}


@dataclass(frozen=True)
class BlueJudge:
    """The defender's: the same number, low, and what it was told must be gone."""

    attack: Attack
    directions: tuple[str, ...] = ("minimize",)

    def beforehand(self, scenario: Scenario) -> Constraints:
        return {}

    def values(self, seen: Sequence[Sighting], scenario: Scenario) -> list[float]:
        attack = self.attack
        return values_of(seen, scenario, attack.actor, ("evasion",), attack.disclosed)

    def constraints(self, seen: Sequence[Sighting], scenario: Scenario) -> Constraints:
        return blue_constraints(seen, self.attack.limits)

    def telling(self, seen: Sequence[Sighting]) -> str | None:
        return telling(seen, self.attack.disclosed)

    def content(self) -> dict[str, Any]:
        return _content(self.attack)


def _content(attack: Attack) -> dict[str, Any]:
    return attack.model_dump(mode="json", include={"actor", "disclosed", "limits"})
