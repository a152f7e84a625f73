"""One run of a defence on a suspect, as a stage: its brief and its job."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from arena import seeds
from arena.api.objective import Brief, Budget
from arena.api.trigger import NoTrigger, Trigger
from arena.api.values import Example
from arena.ml.train_config import TrainConfig
from arena.planning.actors import PlannedActor
from arena.planning.builder import Builder
from arena.planning.doses import Role, along
from arena.scenario.defence import Defence
from arena.scenario.dose import Dose
from arena.scenario.schema import Scenario
from arena.stages.along import Along
from arena.stages.discover import TriggerSearch
from arena.stages.unlearn import UnlearnJob
from arena.store.code import code_of


@dataclass(frozen=True)
class Order:
    """One run of a defence.

    party: who runs it. target: the actor whose payload is forgotten, for objectives that need one.
    matched: the model whose update norm a sham must reach. search: a discovery that supplies the
    trigger (the stage's address, and the reader of its outcome). dose: at which doses it is scored
    along its way, in which role; own: whose trigger it removes there; control, removal: the runs
    that determine the checkpoints to keep.
    """

    name: str
    party: str
    defence: Defence
    suspect: str
    clean: tuple[Example, ...]
    trigger: Trigger = dataclasses.field(default_factory=NoTrigger)
    target: PlannedActor | None = None
    matched: str | None = None
    search: tuple[str, TriggerSearch] | None = None
    dose: Dose | None = None
    role: Role = "removal"
    own: str | None = None
    control: str | None = None
    removal: str | None = None


def unlearn(builder: Builder, order: Order) -> str:
    """Add the stage and return the address of its model."""
    defence, part = order.defence, order.defence.objective
    steps = defence.steps_within(builder.scenario.training_passes)
    budget = Budget(steps, defence.learning_rate, defence.batch_size)
    seed = seeds.integer(builder.seed, "defender")
    target = order.target if part.part_class.needs_payload else None
    payload = target.payload if target else None
    address, search = order.search or (None, None)
    training = builder.training(
        defence,
        steps,
        adapts=True,
        adapter=defence.adapter,
        processes=builder.scenario.runtime.processes(UnlearnJob.kind),
    )
    job = UnlearnJob(
        objective=part.name,
        params=part.params,
        objective_code=code_of(part.part_class),
        brief=Brief(Path(), order.clean, order.trigger, budget, seed, payload),
        corpus=builder.ref,
        training=training,
        poisoned=True,
        layers=defence.layers,
        search=search,
        along=_along(builder, order, training.config),
    )
    parents = {
        "model": order.suspect,
        **({"matched": order.matched} if order.matched else {}),
        **({"findings": address} if address else {}),
        **({"control": order.control} if order.control else {}),
        **({"removal": order.removal} if order.removal else {}),
        **({"base": builder.clean_base()} if part.part_class.needs_base else {}),
    }
    section = section_of(builder.scenario, defence)
    return builder.add(job, order.name, order.party, parents, _saw(order, target), section)


def _along(builder: Builder, order: Order, config: TrainConfig) -> Along | None:
    dose = order.dose
    return None if dose is None else along(builder, dose, config, order.own, order.role)


def section_of(scenario: Scenario, defence: Defence) -> str:
    """Return the scenario's section of a defence; a control belongs to the defender's."""
    league = scenario.league
    return next((f"league[{i}]" for i, each in enumerate(league) if each is defence), "defender")


def _saw(order: Order, target: PlannedActor | None) -> tuple[str, ...]:
    needs = order.defence.objective.part_class
    marks = f"trigger {order.trigger.key}" if needs.needs_trigger else "no trigger"
    return (
        "the suspect model",
        f"{len(order.clean)} clean prompts",
        "what its search found" if order.search else marks,
        *((f"the payload of {target.name}",) if target else ()),
        *(("a clean base",) if needs.needs_base else ()),
    )
