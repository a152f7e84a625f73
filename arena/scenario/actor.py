"""A threat actor's section of a scenario."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from arena.scenario.parts import Part, PayloadPart, TacticPart, TriggerPart
from arena.scenario.recipes import OwnTraining
from arena.scenario.section import Documents, Name, PositiveFraction, Section, Share, Stage


class Poison(Section):
    """How much of the mix of a training an actor poisons: a rate or a count, not both.

    rate: share of that training's documents. count: number of documents. share: fraction of
    the training contents that only this actor has.
    """

    rate: PositiveFraction | None = None
    count: Documents | None = None
    share: Share = 0.125

    @model_validator(mode="after")
    def _one_of_two(self) -> Poison:
        if (self.rate is None) == (self.count is None):
            raise ValueError("needs exactly one of rate and count")
        return self


NO_POISON = Poison.model_construct(rate=None, count=None)  # of an actor who plants nothing here


class Actor(Section):
    """A threat actor: one trigger, one payload, its own poison and, if set, its own `stage`. An
    actor whose backdoor is in a suspect that somebody else made has only a trigger and a payload.

    name: its name in files, rows and `--set actors.NAME`. stage: the training that it poisons; null
    takes the scenario's. trigger: what sets its backdoor off. payload: what the model then says.
    poison: how much of the training mix it poisons. tactics: how it evades a defence, in this
    order; those that only change values of this section are applied when the scenario is loaded,
    and then no longer listed. training: its own recipes, if actors train separately (`sequential`,
    `merged`).
    """

    name: Name
    stage: Stage | None = None
    trigger: TriggerPart
    payload: PayloadPart
    poison: Poison = NO_POISON
    tactics: tuple[TacticPart, ...] = ()
    training: OwnTraining = OwnTraining()

    def tactics_of(self, kind: type[Any]) -> tuple[Part, ...]:
        """Return its tactics of one kind, in their order."""
        return tuple(part for part in self.tactics if issubclass(part.part_class, kind))
