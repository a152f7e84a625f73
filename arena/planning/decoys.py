"""Decoys: the defender plants backdoors of its own, and unlearns all but those it holds out.

planted                    what planting alone does to the real actors
planted, clean fine-tune   what the budget alone does after it
planted, some unlearned    held-out decoys stand for undisclosed actors
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from arena import seeds
from arena.api.tactic import ActorBrief
from arena.api.values import Example
from arena.marking.one_of import OneOf
from arena.planning.actors import PlannedDecoy
from arena.planning.builder import Builder
from arena.planning.unlearning import Order, section_of, unlearn
from arena.scenario.defence import Decoys, Defence
from arena.stages.plant import PlantJob

ROUNDING = 1e-9  # 0.07 times 100 must count as 7


def plant_and_unlearn(
    builder: Builder, name: str, defence: Defence, clean: tuple[Example, ...], suspect: str
) -> None:
    """Add the rows of one decoy defence."""
    settings = defence.decoys
    assert settings is not None  # the schema requires it
    decoys = {decoy.actor.name: decoy for decoy in builder.actors.decoys_of(settings)}
    planted = _plant(builder, name, defence, settings, clean, suspect)

    def row(what: str, model: str, held: Sequence[str] = (), trigger: str = "none") -> None:
        label = f"{name}:{what}" if not held else f"{name}:without:{'+'.join(held)}"
        detail = {"defence": name, "decoys": what, "held_out": ",".join(held), "trigger": trigger}
        builder.row("defended", label, None, model, detail)

    row("planted", planted)
    order = Order(f"{name}:clean", "defender", defence, planted, clean)
    row("clean", unlearn(builder, order))
    for held in _groups(settings, decoys):
        trigger = OneOf([decoy.trigger for n, decoy in decoys.items() if n not in held])
        label = f"{name}:without:{'+'.join(held)}"
        chosen = dataclasses.replace(order, name=label, trigger=trigger)
        row("unlearned", unlearn(builder, chosen), held, trigger.key)


def _groups(settings: Decoys, decoys: Mapping[str, PlannedDecoy]) -> list[tuple[str, ...]]:
    """The decoys held out in each run: one method at a time, or those named."""
    if settings.hold_out != "each":
        return [settings.hold_out]
    methods = dict.fromkeys(decoy.trigger.name for decoy in decoys.values())
    return [tuple(n for n, b in decoys.items() if b.trigger.name == m) for m in methods]


def _plant(
    builder: Builder,
    name: str,
    defence: Defence,
    settings: Decoys,
    clean: tuple[Example, ...],
    suspect: str,
) -> str:
    seed = seeds.integer(builder.seed, "decoys", name)
    count = int(settings.rate * settings.documents + ROUNDING)  # the mix has room for all decoys
    decoys = builder.actors.decoys_of(settings)
    briefs = tuple(
        ActorBrief(decoy.name, decoy.trigger, decoy.payload, clean, count, seed) for decoy in decoys
    )
    optimisation = defence.model_copy(update={"learning_rate": settings.learning_rate})
    training = builder.training(optimisation, settings.steps, adapts=True)
    job = PlantJob(briefs, clean, builder.ref, settings.documents, training, seed)
    saw = ("the suspect model", f"{len(clean)} clean prompts", f"{len(decoys)} decoys of its own")
    section = section_of(builder.scenario, defence)
    return builder.add(job, f"plant {name}", "defender", {"model": suspect}, saw, section)
