"""What the defences do to the suspect, and the controls beside the main one."""

from __future__ import annotations

import dataclasses
from itertools import cycle, islice

from arena import registry, seeds
from arena.api.trigger import Trigger
from arena.api.values import Example
from arena.errors import ArenaError
from arena.planning.actors import PlannedActor
from arena.planning.builder import Builder
from arena.planning.decoys import plant_and_unlearn
from arena.planning.discovery import discover
from arena.planning.unlearning import Order, section_of, unlearn
from arena.scenario.defence import Defence
from arena.scenario.parts import Part


def defend(builder: Builder, suspect: str) -> None:
    """Every defence on the same suspect; the main one with its clean fine-tune and its shams."""
    main = builder.scenario.defender
    for name, defence in builder.scenario.defences.items():
        if defence.intelligence == "disclosed":
            for member in _targets(builder, defence):
                judged = defence is main
                (_judge if judged else _contend)(builder, name, defence, member, suspect)
            continue
        clean = _examples(builder, defence)
        if defence is main:
            _control(builder, defence, clean, suspect)
        _undisclosed(builder, name, defence, clean, suspect)


def _targets(builder: Builder, defence: Defence) -> list[PlannedActor]:
    return [m for m in builder.actors.members if defence.target in ("each", m.name)]


def _undisclosed(
    builder: Builder, name: str, defence: Defence, clean: tuple[Example, ...], suspect: str
) -> None:
    """Add the rows of a defence without a disclosed trigger."""
    if defence.intelligence == "decoy":
        plant_and_unlearn(builder, name, defence, clean, suspect)
        return
    order = Order(name, "defender", defence, suspect, clean)
    if defence.discovery is not None:
        # natural prompts, planted triggers included: only training must not meet them
        rng = seeds.rng(builder.seed, "traffic")
        share = builder.actors.defender_share
        traffic = builder.corpus.natural(share, defence.examples, rng)
        search = discover(
            builder,
            name,
            defence.discovery,
            traffic,
            suspect,
            section_of(builder.scenario, defence),
        )
        order = dataclasses.replace(order, search=search)
    builder.row("defended", name, None, unlearn(builder, order), {"defence": name})


def _contend(
    builder: Builder, name: str, defence: Defence, target: PlannedActor, suspect: str
) -> None:  # fmt: skip
    """Add the row of a league's defence with a disclosed trigger: one run, no controls."""
    clean = _examples(builder, defence, target)
    label, key = f"{name}:{target.name}", target.trigger.key
    order = Order(label, "defender", defence, suspect, clean, target.trigger, target)
    detail = {"trigger": key, "defence": name}
    builder.row("defended", label, target.name, unlearn(builder, order), detail)


def _judge(
    builder: Builder, defence_name: str, defence: Defence, target: PlannedActor, suspect: str
) -> None:
    """The main defence on one trigger, between its controls."""
    clean = _examples(builder, defence, target)
    controls = builder.scenario.controls
    _control(builder, defence, clean, suspect, None if _same_for_all(builder) else target)
    name = f"unlearn:{target.name}"
    order = Order(name, "defender", defence, suspect, clean, target.trigger, target)
    unlearned = unlearn(builder, order)
    for k, sham in enumerate(_shams(builder, target)):
        label = f"sham:{target.name}:{k}"
        model = unlearn(
            builder,
            dataclasses.replace(
                order,
                name=label,
                party="arena",
                trigger=sham,
                matched=unlearned if controls.sham_matched else None,
            ),
        )
        builder.row("sham", label, target.name, model, {"trigger": sham.key})
    detail = {"trigger": target.trigger.key, "defence": defence_name}
    builder.row("unlearned", name, target.name, unlearned, detail)


def _control(
    builder: Builder,
    defence: Defence,
    clean: tuple[Example, ...],
    suspect: str,
    target: PlannedActor | None = None,
) -> None:
    """The clean fine-tune at the defence's budget; one for all, or for a target's prompts."""
    if not builder.scenario.controls.clean_finetune:
        return
    name = "control" if target is None else f"control:{target.name}"
    if any(row.name == name for row in builder.rows):
        return
    label = "clean fine-tune" + ("" if target is None else f" for {target.name}")
    order = Order(label, "arena", _as_clean(builder, defence), suspect, clean)
    model = unlearn(builder, order)
    builder.row("control", name, target.name if target else None, model)


def _as_clean(builder: Builder, defence: Defence) -> Defence:
    """As many steps on clean prompts only: the same run whatever the defence's objective is."""
    clean = registry.get("objective", "clean_finetune")
    return defence.model_copy(
        update={
            "objective": Part("objective", "clean_finetune", clean.Params()),  # type: ignore[attr-defined]
            "steps": defence.steps_within(builder.scenario.training_passes),
            "compute": None,
        }
    )


def _shams(builder: Builder, target: PlannedActor) -> tuple[Trigger, ...]:
    rng = seeds.rng(builder.seed, "shams", target.name)
    wanted = builder.scenario.controls.shams
    return target.trigger.lookalikes(wanted, "sham", rng, builder.actors.keys)


def _same_for_all(builder: Builder) -> bool:
    """Whether every target's trigger marks all of the defender's examples: then one
    clean fine-tune is the control of all."""
    share = builder.actors.defender_share
    return all(m.trigger.can_mark(e) for m in builder.actors.members for e in share)


def _examples(
    builder: Builder, defence: Defence, target: PlannedActor | None = None
) -> tuple[Example, ...]:  # fmt: skip
    """The defender's clean prompts (that the disclosed trigger can mark, if one is); none carries
    any planted trigger, its own decoys' among them, so that only generalization can reach the
    others."""
    share = builder.actors.defender_share
    able = tuple(e for e in share if target is None or target.trigger.can_mark(e))
    if not able:
        whose = target.name if target else None
        raise ArenaError(f"none of the defender's examples can be marked by {whose!r}")
    decoys = builder.actors.decoys_of(defence.decoys) if defence.decoys else ()
    planted = [member.trigger for member in (*builder.actors.members, *decoys)]
    drawn = builder.clean_prompts(able, 2 * defence.examples)
    kept = [e for e in drawn if not any(trigger.present(e) for trigger in planted)]
    if not kept:
        raise ArenaError("each of the defender's clean prompts carries a planted trigger already")
    return tuple(islice(cycle(kept), defence.examples))
