"""What each side optimises, and under which constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from pydantic import JsonValue

from arena.scenario.schema import Scenario
from arena.scenario.search import Attack, SearchObjective
from arena.search.constraints import (
    Constraints,
    attack_constraints,
    beforehand,
    defence_constraints,
    measured,
)
from arena.search.observations import MAIN, Observation, defence_of, target_of

DIRECTIONS: Mapping[SearchObjective, str] = {
    "evasion": "maximize",
    "stealth": "minimize",
    "budget": "minimize",
    "flagged": "minimize",
    "discovered": "minimize",
}


class Criteria(Protocol):
    """One side's objectives and constraints."""

    @property
    def directions(self) -> tuple[str, ...]:
        """`maximize` or `minimize`, one per objective."""

    @property
    def faces_defender(self) -> bool:
        """Whether the values depend on the scenario's defender."""

    @property
    def worsens(self) -> bool:
        """Whether the first objective of a seed can only get worse with every further removal."""

    def beforehand(self, scenario: Scenario) -> Constraints:
        """Return the constraints that are known without running the scenario."""

    def values(self, observations: Sequence[Observation], scenario: Scenario) -> list[float]:
        """Return one number per objective."""

    def value(self, observation: Observation) -> float:
        """Return the first objective of one seed."""

    def constraints(self, observations: Sequence[Observation], scenario: Scenario) -> Constraints:
        """Return the constraints by name; violated above 0. The scenario has all seeds on which the
        strategy is judged in the end."""

    def decisive_removal(self, observations: Sequence[Observation]) -> str | None:
        """Return the removal that alone predicts the first objective best; None without any."""

    def identity(self) -> dict[str, JsonValue]:
        """Return what determines the values and constraints, as plain JSON."""


def sign_of(criteria: Criteria) -> int:
    """Return 1 if a larger first objective is better, else -1."""
    return 1 if criteria.directions[0] == "maximize" else -1


@dataclass(frozen=True)
class AttackCriteria:
    """The adaptive actor's: a high remaining ASR."""

    attack: Attack
    objectives: tuple[SearchObjective, ...] = ("evasion",)

    @property
    def directions(self) -> tuple[str, ...]:
        return tuple(DIRECTIONS[name] for name in self.objectives)

    @property
    def faces_defender(self) -> bool:
        return self.attack.faces_defender

    @property
    def worsens(self) -> bool:
        return self.attack.disclosed == "worst"

    def beforehand(self, scenario: Scenario) -> Constraints:
        return beforehand(scenario, self.attack)

    def values(self, observations: Sequence[Observation], scenario: Scenario) -> list[float]:
        return objective_values(observations, scenario, self.attack, self.objectives)

    def value(self, observation: Observation) -> float:
        return observation.value(self.attack.disclosed, self.attack.against)

    def constraints(self, observations: Sequence[Observation], scenario: Scenario) -> Constraints:
        return attack_constraints(observations, scenario, self.attack, len(scenario.seeds))

    def decisive_removal(self, observations: Sequence[Observation]) -> str | None:
        return decisive_removal(observations, self.attack)

    def identity(self) -> dict[str, JsonValue]:
        return {"objectives": list(self.objectives), **_identity(self.attack)}


@dataclass(frozen=True)
class DefenceCriteria:
    """The defender's: a low remaining ASR, with the disclosed trigger removed."""

    attack: Attack
    directions: tuple[str, ...] = ("minimize",)

    @property
    def faces_defender(self) -> bool:
        return True

    @property
    def worsens(self) -> bool:
        return False  # the ASR left may fall with a further removal, which is what blue wants

    def beforehand(self, scenario: Scenario) -> Constraints:
        return {}

    def values(self, observations: Sequence[Observation], scenario: Scenario) -> list[float]:
        return objective_values(observations, scenario, self.attack, ("evasion",))

    def value(self, observation: Observation) -> float:
        return observation.value(self.attack.disclosed, self.attack.against)

    def constraints(self, observations: Sequence[Observation], scenario: Scenario) -> Constraints:
        return defence_constraints(observations, self.attack.limits, len(scenario.seeds))

    def decisive_removal(self, observations: Sequence[Observation]) -> str | None:
        return None  # options differ in what is disclosed to them

    def identity(self) -> dict[str, JsonValue]:
        return _identity(self.attack)


def objective_values(
    observations: Sequence[Observation],
    scenario: Scenario,
    attack: Attack,
    objectives: Sequence[SearchObjective],
) -> list[float]:
    """Return one number per objective, a mean over seeds: `evasion` the remaining ASR, `stealth`
    the rate of look-alike or plain prompts that fire, `budget` the share of the mix written,
    `flagged` the share of the poison that a text filter flags, `discovered` the share of the
    triggers that a discovery finds."""
    known = {
        "evasion": lambda: fmean(
            each.value(attack.disclosed, attack.against) for each in observations
        ),
        "stealth": lambda: fmean(max(e.false_fire, e.near_miss, 0.0) for e in observations),
        "budget": lambda: scenario.written_share(
            next(actor for actor in scenario.actors if actor.name == attack.actor)
        ),
        "flagged": lambda: fmean(measured(each, "flagged") for each in observations),
        "discovered": lambda: fmean(measured(each, "discovered") for each in observations),
    }
    return [known[name]() for name in objectives]


def decisive_removal(observations: Sequence[Observation], attack: Attack) -> str | None:
    """Return the actor whose removal by the scenario's defender leaves the ASR closest to the
    objective, on average over seeds (for `worst` the hardest one); None without observations."""

    def distance(name: str) -> float:
        seeds = [each for each in observations if name in each.left]
        value = (each.value(attack.disclosed, attack.against) for each in seeds)
        return fmean(abs(e.left[name] - v) for e, v in zip(seeds, value, strict=True))

    names = sorted({n for each in observations for n in each.left if defence_of(n) in MAIN})
    return target_of(min(names, key=distance)) if names else None


def _identity(attack: Attack) -> dict[str, JsonValue]:
    known = attack.model_dump(mode="json", include={"actor", "disclosed", "against"})
    return {**known, "limits": attack.limits.model_dump(mode="json", exclude_none=True)}
