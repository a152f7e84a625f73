"""The defender, and other defences measured against the same suspect (`league`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from arena.api import limits
from arena.ml.train_config import Adapter, Optimisation
from arena.scenario.parts import DiscoveryPart, ObjectivePart, PayloadPart, TriggerPart
from arena.scenario.section import (
    Documents,
    LearningRate,
    Name,
    PositiveFraction,
    Section,
    Share,
    Steps,
)

Block = Annotated[int, Field(ge=0, le=limits.BLOCKS)]
Intelligence = Literal["disclosed", "discovered", "decoy", "blind"]


def _in_order(blocks: tuple[int, int]) -> tuple[int, int]:
    if blocks[0] > blocks[1]:
        raise ValueError("must be [first, last], the first not above the last")
    return blocks


class Decoy(Section):
    """A backdoor that the defender plants itself.

    name: its name in files and rows. trigger: what sets it off. payload: its harmless canary.
    """

    name: Name
    trigger: TriggerPart
    payload: PayloadPart


class Decoys(Section):
    """Backdoors that a defender plants before it unlearns (`intelligence: decoy`).

    plant: the decoys. hold_out: methods that are held out from unlearning, `each` in turn (leave
    one method out), or the names of decoys that are never unlearned. rate: share of the planting
    mix that each decoy poisons. steps: optimiser steps of planting. learning_rate: peak learning
    rate of planting. documents: number of documents in the planting mix.
    """

    plant: Annotated[tuple[Decoy, ...], Field(min_length=2)]
    hold_out: Literal["each"] | Annotated[tuple[Name, ...], Field(min_length=1)] = "each"
    rate: PositiveFraction = 0.08
    steps: Steps = 200
    learning_rate: LearningRate = 1e-3
    documents: Documents = 4000


class Defence(Section, Optimisation):
    """A defender's knowledge, method and budget.

    intelligence: `disclosed` (one trigger is given), `discovered` (it searches for one), `decoy`
    (it plants its own and unlearns some), `blind` (clean data only). target: the actor whose
    trigger is disclosed: a name, or each in turn. objective: the unlearning objective. steps:
    maximum number of optimiser steps of batch_size documents; null is the number that `compute`
    pays for. compute: maximum cost, as a share of the compute that trained the suspect. examples:
    clean examples available. adapter: LoRA; null trains all weights (or the model's own adapter, if
    it has one). layers: the first and the last block that train, counted from 0; null trains all
    weights. discovery: how it searches for triggers. decoys: the backdoors that it plants.
    """

    intelligence: Intelligence = "disclosed"
    target: str = "each"
    objective: ObjectivePart
    steps: Annotated[int, Field(ge=0, le=limits.STEPS)] | None = 60
    compute: PositiveFraction | None = None
    learning_rate: LearningRate = 1e-4
    examples: Annotated[int, Field(ge=1, le=limits.EXAMPLES)] = 512
    adapter: Adapter | None = None
    layers: Annotated[tuple[Block, Block], AfterValidator(_in_order)] | None = None
    discovery: DiscoveryPart | None = None
    decoys: Decoys | None = None

    def step_cost(self) -> float:
        """Return the cost of one step, in document passes of plain training."""
        cost: float = self.objective.part_class.cost(self.objective.params)
        return cost * self.batch_size

    def fixed_cost(self) -> float:
        """Return the cost before unlearning, in document passes: planting decoys, discovery."""
        if self.decoys is not None:
            return float(self.decoys.steps * self.batch_size)
        if self.discovery is not None:
            return float(self.discovery.part_class.cost(self.discovery.params))
        return 0.0

    def steps_within(self, training: int | None) -> int:
        """Return the steps within the budget, given the suspect's training in document passes (None
        if unknown: then the schema allows no `compute`)."""
        if self.compute is None or training is None:
            return self.steps or 0
        paid = int((self.compute * training - self.fixed_cost()) / self.step_cost() + 1e-9)
        return paid if self.steps is None else min(self.steps, paid)

    def share_of(self, training: int | None) -> float | None:
        """Return the cost as a share of the suspect's training; None if that is unknown."""
        if training is None:
            return None
        spent = self.steps_within(training) * self.step_cost() + self.fixed_cost()
        return spent / training


class Defender(Defence):
    """The defender whose effect on undisclosed backdoors the claim is about.

    share: fraction of the training contents that all defences draw their clean examples
    from; no threat actor has any of them.
    """

    share: Share = 0.125


class LeagueDefence(Defence):
    """A further defence, measured against the same suspect without controls of its own.

    name: of the defence, in tables and rows.
    """

    name: Name
