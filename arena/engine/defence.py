"""What the defender does to the suspect, and the controls beside it."""

from __future__ import annotations

import dataclasses
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from arena import seeds
from arena.engine.builder import Builder
from arena.engine.cast import Member, data_files
from arena.engine.code import code_of
from arena.engine.jobs import UnlearnJob
from arena.engine.store import digest
from arena.errors import ArenaError
from arena.roles import Brief, Budget, NoTrigger, Trigger
from arena.values import Example


def defend(builder: Builder, suspect: str) -> None:
    """Unlearn every target in turn, with its clean fine-tune and its shams."""
    wanted = builder.scenario.defender.target
    for member in builder.cast.members:
        if wanted in ("each", member.name):
            _defend(builder, member, suspect)


def _defend(builder: Builder, target: Member, suspect: str) -> None:
    clean = _examples(builder, target)
    controls = builder.scenario.controls
    if controls.clean_finetune:
        shared = _same_for_all(builder)
        name = "control" if shared else f"control:{target.name}"
        label = "clean fine-tune" + ("" if shared else f" for {target.name}")
        model = _unlearn(builder, label, "arena", clean, NoTrigger(), suspect)
        if not any(row.name == name for row in builder.rows):
            builder.row("control", name, None if shared else target.name, model)
    name = f"unlearn:{target.name}"
    unlearned = _unlearn(builder, name, "defender", clean, target.trigger, suspect, target)
    matched = unlearned if controls.sham_matched else None
    for k, sham in enumerate(_shams(builder, target)):
        label = f"sham:{target.name}:{k}"
        model = _unlearn(builder, label, "arena", clean, sham, suspect, target, matched)
        builder.row("sham", label, target.name, model, {"trigger": sham.key})
    builder.row("unlearned", name, target.name, unlearned, {"trigger": target.trigger.key})


def _shams(builder: Builder, target: Member) -> tuple[Trigger, ...]:
    rng = seeds.rng(builder.seed, "shams", target.name)
    wanted = builder.scenario.controls.shams
    return target.trigger.lookalikes(wanted, "sham", rng, builder.cast.keys)


def _same_for_all(builder: Builder) -> bool:
    """Whether every target's trigger marks all of the defender's examples: then one
    clean fine-tune is the control of all."""
    share = builder.cast.defender_share
    return all(m.trigger.can_mark(e) for m in builder.cast.members for e in share)


def _examples(builder: Builder, target: Member) -> tuple[Example, ...]:
    """The defender's clean prompts that the disclosed trigger can mark; none carries any
    planted trigger, so that only generalization can reach the others."""
    able = [e for e in builder.cast.defender_share if target.trigger.can_mark(e)]
    if not able:
        raise ArenaError(f"none of the defender's examples can be marked by {target.name!r}")
    rng = seeds.rng(builder.seed, "defender examples")
    planted = [member.trigger for member in builder.cast.members]
    n = builder.scenario.defender.examples
    drawn = builder.corpus.natural(able, 2 * n, rng)
    kept = [e for e in drawn if not any(trigger.present(e) for trigger in planted)]
    if not kept:
        raise ArenaError("each of the defender's prompts carries a planted trigger by nature")
    return tuple(islice(cycle(kept), n))


def _unlearn(
    builder: Builder,
    name: str,
    party: str,
    clean: tuple[Example, ...],
    trigger: Trigger,
    suspect: str,
    target: Member | None = None,
    matched: str | None = None,
) -> str:
    """target: whose payload is forgotten, by objectives that need one (None: nobody's)."""
    defender = builder.scenario.defender
    budget = Budget(defender.steps, defender.learning_rate, defender.batch_size)
    seed = seeds.integer(builder.seed, "defender")
    part, layers = defender.objective, defender.layers
    told = target if part.part_class.needs_payload else None
    brief = Brief(Path(), clean, trigger, budget, seed, told.payload if told else None)
    values = {**dataclasses.asdict(budget), "warmup": 20}
    training = builder.training(values, adapts=True, adapter=defender.adapter)
    job = UnlearnJob(part.name, part.params, brief, training, poisoned=True, layers=layers)
    spec = {
        "objective": part.dump(),
        "clean": digest([dataclasses.asdict(example) for example in clean]),
        "trigger": trigger.key,
        "code": [code_of(part.part_class), code_of(type(trigger))],
        "world": builder.world_spec,
        "training": dataclasses.asdict(training),
        "seed": seed,
        "numerics": builder.numerics,
        **({"layers": layers} if layers else {}),
        **({"payload": _payload_spec(builder, told)} if told else {}),
    }
    seen = ["the suspect model", f"{len(clean)} clean prompts", f"trigger {trigger.key}"]
    saw = (*seen, f"the payload of {told.name}") if told else tuple(seen)
    parents = {"model": suspect, **({"matched": matched} if matched else {})}
    return builder.add("unlearn", name, party, spec, parents, job, budget.steps, saw)


def _payload_spec(builder: Builder, member: Member) -> dict[str, Any]:
    part = member.actor.payload
    files = data_files(part.dump(), builder.root)
    return {"payload": part.dump(), "files": files, "code": code_of(part.part_class)}
