"""One run of a defence on a suspect, as a stage: its brief, its job, what decides the outcome."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena import seeds
from arena.api.objective import Brief, Budget
from arena.api.trigger import NoTrigger, Trigger
from arena.api.values import Example
from arena.planning.actors import Member, data_files
from arena.planning.builder import Builder, digest_of
from arena.planning.discovery import Search
from arena.scenario.defence import Defence
from arena.stages.jobs import UnlearnJob
from arena.store.code import code_of, codes_of


@dataclass(frozen=True)
class Order:
    """What is asked for.

    party: who does it. target: whose payload is forgotten, by objectives that need one.
    matched: the model whose update a sham's must equal. found: the search that the trigger comes
    from (its address, what it is read with), in the trigger's place.
    """

    name: str
    party: str
    defence: Defence
    suspect: str
    clean: tuple[Example, ...]
    trigger: Trigger = dataclasses.field(default_factory=NoTrigger)
    target: Member | None = None
    matched: str | None = None
    found: tuple[str, Search] | None = None


def unlearn(builder: Builder, order: Order) -> str:
    """The stage; returns the address of the model that comes out."""
    defence, trigger = order.defence, order.trigger
    part, layers = defence.objective, defence.layers
    steps = defence.steps_within(builder.scenario.training_passes)
    budget = Budget(steps, defence.learning_rate, defence.batch_size)
    seed = seeds.integer(builder.seed, "defender")
    told = order.target if part.part_class.needs_payload else None
    brief = Brief(Path(), order.clean, trigger, budget, seed, told.payload if told else None)
    values = {**dataclasses.asdict(budget), "warmup": 20}
    training = builder.training(values, adapts=True, adapter=defence.adapter)
    address, search = order.found or (None, None)
    job = UnlearnJob(part.name, part.params, brief, training, True, layers, search)
    spec = {
        "objective": part.dump(),
        "clean": digest_of(order.clean),
        "trigger": trigger.key,
        "code": [code_of(part.part_class), *codes_of(trigger)],
        "world": builder.world_spec,
        "training": dataclasses.asdict(training),
        "seed": seed,
        "numerics": builder.numerics,
        **({"layers": layers} if layers else {}),
        **({"payload": _payload_spec(builder, told)} if told else {}),
    }
    parents = {
        "model": order.suspect,
        **({"matched": order.matched} if order.matched else {}),
        **({"findings": address} if address else {}),
        **({"base": builder.clean_base()} if part.part_class.needs_base else {}),
    }
    saw = _saw(order, told)
    return builder.add("unlearn", order.name, order.party, spec, parents, job, steps, saw)


def _saw(order: Order, told: Member | None) -> tuple[str, ...]:
    needs = order.defence.objective.part_class
    marks = f"trigger {order.trigger.key}" if needs.needs_trigger else "no trigger"
    return (
        "the suspect model",
        f"{len(order.clean)} clean prompts",
        "what its search found" if order.found else marks,
        *((f"the payload of {told.name}",) if told else ()),
        *(("a clean base",) if needs.needs_base else ()),
    )


def _payload_spec(builder: Builder, member: Member) -> dict[str, Any]:
    part = member.actor.payload
    files = data_files(part.dump(), builder.root)
    return {"payload": part.dump(), "files": files, "code": code_of(part.part_class)}
