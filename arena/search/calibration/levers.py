"""What a calibration may change: the steps and learning rate of the poisoned training, and how much
each actor poisons."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from arena.api.tactic import APART
from arena.errors import InputError
from arena.scenario.actor import Actor
from arena.scenario.recipes import Recipe
from arena.scenario.schema import Scenario

Values = Mapping[str, float]  # of the scenario's keys

MOST_POISON = 0.25  # share of a mix that one actor may write; more would be no small poisoning
MORE_STEPS, FASTER = 8, 4  # factors within which steps and learning rate stay


@dataclass(frozen=True)
class Lever:
    """One key, and the range in which it may be set."""

    key: str
    low: float
    high: float
    whole: bool = False

    def scaled(self, value: float, factor: float) -> float:
        """Return the value times a factor, within the range: a whole number, or three digits."""
        moved = min(max(value * factor, self.low), self.high)
        return round(moved) if self.whole else float(f"{moved:.3g}")


@dataclass(frozen=True)
class Levers:
    """All levers of a scenario, and their values in it. poison: by name of who plants."""

    steps: tuple[Lever, ...]
    learning_rate: tuple[Lever, ...]
    poison: Mapping[str, Lever]
    start: Values

    def more_steps(self, values: Values, factor: float) -> Values:
        """Return the values with every number of steps times a factor."""
        return _scaled(values, self.steps, factor)

    def faster(self, values: Values, factor: float) -> Values:
        """Return the values with every learning rate times a factor."""
        return _scaled(values, self.learning_rate, factor)

    def more_poison(self, values: Values, who: Collection[str], factor: float) -> Values:
        """Return the values with the poison of these actors times a factor."""
        return _scaled(values, [self.poison[name] for name in who], factor)


def _scaled(values: Values, levers: Collection[Lever], factor: float) -> Values:
    moved = {lever.key: lever.scaled(values[lever.key], factor) for lever in levers}
    return {**values, **moved}


def levers_of(scenario: Scenario) -> Levers:
    """Return the levers of a scenario.

    Raises:
        InputError: nothing is planted in it.
    """
    if scenario.suspect is not None:
        rule = (
            "the model is a suspect that somebody else made: nothing is planted, so there are no "
        )
        raise InputError(f"{rule}exposures to calibrate", key="model.suspect")
    start: dict[str, float] = {}
    steps, speeds = [], []
    for key, recipe in _trainings(scenario).items():
        steps.append(Lever(f"{key}.steps", 1, MORE_STEPS * recipe.steps, whole=True))
        low, high = recipe.learning_rate / FASTER, min(1.0, recipe.learning_rate * FASTER)
        speeds.append(Lever(f"{key}.learning_rate", low, high))
        start |= {f"{key}.steps": recipe.steps, f"{key}.learning_rate": recipe.learning_rate}
    poison = {actor.name: _poison(scenario, actor, start) for actor in scenario.actors}
    return Levers(tuple(steps), tuple(speeds), poison, start)


def _trainings(scenario: Scenario) -> dict[str, Recipe]:
    """The sections of the trainings that actors poison, with their recipes."""
    stages = {scenario.stage_of(actor) for actor in scenario.actors}
    apart = scenario.composition in APART and "continual_pretraining" in stages
    recipes: dict[str, Recipe] = {
        f"training.{stage}": scenario.recipe_of(stage)
        for stage in sorted(stages)
        if stage == "pretraining" or not apart
    }
    if apart:
        recipe: Recipe = getattr(scenario.training, scenario.composition)
        recipes[f"training.{scenario.composition}"] = recipe
    return recipes


def _poison(scenario: Scenario, actor: Actor, start: dict[str, float]) -> Lever:
    """The lever of an actor's poison: the rate or count that the scenario sets."""
    rate, documents = scenario.poison_rate_of(actor), scenario.recipe_for(actor).documents
    key = f"actors.{actor.name}.poison.rate"
    if rate is None:
        key = f"actors.{actor.name}.poison.count"
        start[key] = actor.poison.count or 1
        return Lever(key, 1, max(start[key], MOST_POISON * documents), whole=True)
    if rate != actor.poison.rate:
        key = f"actors.{actor.name}.training.{scenario.composition}.poison_rate"
    start[key] = rate
    return Lever(key, 1 / documents, max(rate, MOST_POISON))
